//! A connection that reads from a snapshot, and how it ends: the server must stop a query whose result is not
//! needed any more.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use sluice_bridge::model::failure::SinkError;

use crate::connection::config::Connection;
use crate::connection::connect::connect;
use crate::connection::profile::Profile;
use crate::connection::session::{ConnectionId, Session};
use crate::fault;

/// Sets what the text of a value depends on and what could hide rows, whatever the server's settings are.
const SETTINGS: &str = "SET NAMES utf8mb4; \
     SET SESSION sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00', autocommit = 1, \
     sql_auto_is_null = 0, sql_safe_updates = 0, sql_big_selects = 1, \
     sql_select_limit = 18446744073709551615; \
     SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";
/// Statement time limits do not apply here, because the invocation has its own deadline. MySQL has the first
/// variable, MariaDB the second.
const LIMITS: [&str; 2] =
    ["SET SESSION max_execution_time = 0", "SET SESSION max_statement_time = 0"];
const BEGIN: &str = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
const PLAIN: [&str; 2] = ["SET NAMES utf8mb4", "SET SESSION time_zone = '+00:00'"];

/// A connection in a transaction. If it is dropped before its end, the server is told to stop.
pub(super) struct Snapshot {
    pub(super) conn: Option<Conn>,
    pub(super) profile: Profile,
    connection_id: Option<ConnectionId>,
    connection: Connection,
}

impl Snapshot {
    /// Connects and begins a snapshot, if the server has snapshots.
    pub(super) async fn begin(connection: &Connection) -> Result<Self, SinkError> {
        let mut conn = connect(connection).await?;
        let profile = Profile::detect(&mut conn, connection.dialect).await?;
        let mut connection_id = None;
        if profile.transactional {
            for limit in LIMITS {
                let _ = conn.query_drop(limit).await;
            }
            for statement in [SETTINGS, BEGIN] {
                execute(&mut conn, statement).await?;
            }
            connection_id = ConnectionId::of(&mut conn).await;
        } else {
            for statement in PLAIN {
                execute(&mut conn, statement).await?;
            }
        }
        Ok(Self { conn: Some(conn), profile, connection_id, connection: connection.clone() })
    }

    /// The connection.
    pub(super) fn conn(&mut self) -> Result<&mut Conn, SinkError> {
        Session::conn_of(&mut self.conn)
    }

    /// Closes the connection after all results are read.
    pub(super) async fn end(mut self) {
        self.connection_id = None;
        if let Some(conn) = self.conn.take() {
            let _ = conn.disconnect().await;
        }
    }

    /// Stops a statement whose remaining rows are not needed.
    pub(super) async fn stop(mut self) {
        self.conn = None;
        if let Some(connection_id) = self.connection_id.take() {
            connection_id.kill(&self.connection).await;
        }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.conn = None;
        if let Some(connection_id) = self.connection_id.take() {
            let connection = self.connection.clone();
            tokio::spawn(async move { connection_id.kill(&connection).await });
        }
    }
}

async fn execute(conn: &mut Conn, statement: &str) -> Result<(), SinkError> {
    conn.query_drop(statement).await.map_err(|error| fault::classify_outside_rows(&error))
}
