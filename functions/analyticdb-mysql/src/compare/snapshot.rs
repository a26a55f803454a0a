//! A connection that reads, and how it ends: the server must not go on with what nobody waits for.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use sluice_bridge::model::failure::SinkError;

use crate::connection::config::Connection;
use crate::connection::profile::Profile;
use crate::connection::session::{Peer, Session};
use crate::fault;
use sluice_mysql::connect;

/// What the text of a value depends on, and what could hide rows, is set here, whatever the server
/// is set to.
const SETTINGS: &str = "SET NAMES utf8mb4; \
     SET SESSION sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00', autocommit = 1, \
     sql_auto_is_null = 0, sql_safe_updates = 0, sql_big_selects = 1, \
     sql_select_limit = 18446744073709551615; \
     SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";
/// A limit of time for statements is not meant for this one: the invocation has its own. MySQL has
/// the one variable, MariaDB the other.
const LIMITS: [&str; 2] =
    ["SET SESSION max_execution_time = 0", "SET SESSION max_statement_time = 0"];
const BEGIN: &str = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
const PLAIN: [&str; 2] = ["SET NAMES utf8mb4", "SET SESSION time_zone = '+00:00'"];

/// A connection in a transaction. Dropped before its end, it has the server stop.
pub(super) struct Running {
    pub(super) conn: Option<Conn>,
    pub(super) profile: Profile,
    peer: Option<Peer>,
    connection: Connection,
}

impl Running {
    /// Connects and takes a snapshot, where the server has any.
    pub(super) async fn begin(connection: &Connection) -> Result<Self, SinkError> {
        let mut conn = connect(&connection.server).await?;
        let profile = Profile::detect(&mut conn, connection.dialect).await?;
        let mut peer = None;
        if profile.transactional {
            for limit in LIMITS {
                let _ = conn.query_drop(limit).await;
            }
            for statement in [SETTINGS, BEGIN] {
                say(&mut conn, statement).await?;
            }
            peer = Peer::of(&mut conn).await;
        } else {
            for statement in PLAIN {
                say(&mut conn, statement).await?;
            }
        }
        Ok(Self { conn: Some(conn), profile, peer, connection: connection.clone() })
    }

    /// The connection.
    pub(super) fn conn(&mut self) -> Result<&mut Conn, SinkError> {
        Session::present(&mut self.conn)
    }

    /// Hangs up, where all that was asked is answered.
    pub(super) async fn end(mut self) {
        self.peer = None;
        if let Some(conn) = self.conn.take() {
            let _ = conn.disconnect().await;
        }
    }

    /// Stops a statement whose other rows are of no interest.
    pub(super) async fn stop(mut self) {
        self.conn = None;
        if let Some(peer) = self.peer.take() {
            peer.kill(&self.connection).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.conn = None;
        if let Some(peer) = self.peer.take() {
            let connection = self.connection.clone();
            tokio::spawn(async move { peer.kill(&connection).await });
        }
    }
}

async fn say(conn: &mut Conn, statement: &str) -> Result<(), SinkError> {
    conn.query_drop(statement).await.map_err(|error| fault::classify_outside_rows(&error))
}
