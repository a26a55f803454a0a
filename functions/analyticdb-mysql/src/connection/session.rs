//! A connection with its server's capabilities, and how transactions begin and end on it.

use std::fmt;
use std::time::Duration;

use mysql_async::Conn;
use mysql_async::consts::StatusFlags;
use mysql_async::prelude::Queryable;
use sluice_bridge::model::failure::SinkError;
use tokio::time::timeout;

use crate::connection::config::Connection;
use crate::connection::connect::{ALIVE_TIMEOUT, connect, is_alive};
use crate::connection::profile::Profile;
use crate::fault;
use crate::values::sql_literal::Escapes;

/// Every user may see the connections of the same user.
const CONNECTIONS: &str = "SELECT ID, HOST FROM information_schema.PROCESSLIST WHERE ID = ";

const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The SQL mode, which must not depend on the server: it decides what happens to invalid values, zero dates
/// and nulls.
const SQL_MODE: &str = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
     ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'";
/// The statement that begins every transaction. A server that has become read-only refuses it. The connection
/// is then closed, and a new one may find the new primary.
pub(crate) const BEGIN: &str = "START TRANSACTION READ WRITE";
/// The savepoint before a batch, so that either all of the batch is written or nothing.
pub(crate) const SAVEPOINT: &str = "SAVEPOINT sluice_batch";
pub(crate) const ROLLBACK_TO_SAVEPOINT: &str = "ROLLBACK TO SAVEPOINT sluice_batch";

const CHARACTERS: &str = "SET NAMES utf8mb4";
/// Variables that every supported server has and every user may set for a session: what statements read and
/// change, what ends a transaction, how expressions in a table are computed, and the language of error
/// messages.
const VARIABLES: &str = "SET SESSION autocommit = 1, sql_auto_is_null = 0, sql_safe_updates = 0, \
     sql_big_selects = 1, sql_select_limit = 18446744073709551615, \
     foreign_key_checks = 1, unique_checks = 1, completion_type = 'NO_CHAIN', \
     div_precision_increment = 4, default_week_format = 0, \
     lc_messages = 'en_US', lc_time_names = 'en_US', sql_quote_show_create = 1";
/// Variables of MariaDB only ("CONSTRAINT" of its manual), and enough diagnostics to find the row that
/// failed.
const MARIADB_VARIABLES: &str = "SET SESSION check_constraint_checks = 1, max_error_count = 64";

/// A connection and its server's capabilities.
pub(crate) struct Session {
    /// `None` while a background task uses the connection.
    pub(crate) conn: Option<Conn>,
    /// The connection's identity at the server, if the server shows it.
    pub(crate) connection_id: Option<ConnectionId>,
    pub(crate) profile: Profile,
    pub(crate) escapes: Escapes,
    /// The session's `time_zone`.
    offset: String,
}

impl Session {
    /// Connects, sets the session's variables, and begins a transaction.
    ///
    /// # Errors
    /// The login or a statement fails.
    pub(crate) async fn open(connection: &Connection, offset: &str) -> Result<Self, SinkError> {
        let mut conn = connect(connection).await?;
        let profile = Profile::detect(&mut conn, connection.dialect).await?;
        let mut settings = vec![CHARACTERS.to_owned(), SQL_MODE.to_owned()];
        if profile.transactional {
            settings.push(VARIABLES.to_owned());
            if profile.is_mariadb {
                settings.push(MARIADB_VARIABLES.to_owned());
            }
            let isolation =
                if profile.has_statement_log { "REPEATABLE READ" } else { "READ COMMITTED" };
            settings.push(format!("SET SESSION TRANSACTION ISOLATION LEVEL {isolation}"));
            let timeouts =
                connection.timeouts.variables(profile.dialect).map_err(SinkError::fatal)?;
            settings.extend(timeouts.iter().map(|variable| format!("SET SESSION {variable}")));
        }
        // A server with multi-statements receives all settings in one round trip.
        if profile.transactional {
            settings = vec![settings.join("; ")];
        }
        for setting in settings {
            execute(&mut conn, &setting).await?;
        }
        let escapes = match conn.last_ok_packet() {
            Some(ok)
                if ok.status_flags().contains(StatusFlags::SERVER_STATUS_NO_BACKSLASH_ESCAPES) =>
            {
                Escapes::None
            }
            _ => Escapes::Backslash,
        };
        let connection_id =
            if profile.transactional { ConnectionId::of(&mut conn).await } else { None };
        let mut session =
            Self { conn: Some(conn), connection_id, profile, escapes, offset: String::new() };
        session.begin(offset).await?;
        Ok(session)
    }

    /// Begins a transaction, if the server has transactions.
    ///
    /// # Errors
    /// No transaction is open.
    pub(crate) async fn begin(&mut self, offset: &str) -> Result<(), SinkError> {
        self.set_offset(offset).await?;
        match self.profile.transactional {
            true => execute(self.conn()?, BEGIN).await,
            false => Ok(()),
        }
    }

    /// Whether the session already has this `time_zone`.
    pub(crate) fn has_offset(&self, offset: &str) -> bool {
        self.offset == offset
    }

    async fn set_offset(&mut self, offset: &str) -> Result<(), SinkError> {
        if self.offset != offset {
            execute(self.conn()?, &format!("SET SESSION time_zone = '{offset}'")).await?;
            offset.clone_into(&mut self.offset);
        }
        Ok(())
    }

    /// Begins a transaction on a connection from an earlier invocation. `None` if the connection is closed.
    /// If `doubtful` is set, the connection must answer a ping first.
    pub(crate) async fn reuse(mut self, offset: &str, doubtful: bool) -> Option<Self> {
        // Without transactions, no statement would test the connection before the first row.
        let doubtful = doubtful || !self.profile.transactional;
        let conn = self.conn.as_mut()?;
        let alive = !conn.is_disconnected() && (!doubtful || is_alive(conn).await);
        if !alive {
            return None;
        }
        // A connection that was not tested may still be closed.
        let begun = timeout(ALIVE_TIMEOUT, self.begin(offset)).await;
        matches!(begun, Ok(Ok(()))).then_some(self)
    }

    /// Rolls back and keeps the connection, if the server answers in time.
    pub(crate) async fn roll_back(mut self) -> Option<Self> {
        if self.profile.transactional {
            let undone = timeout(CLOSE_TIMEOUT, self.conn.as_mut()?.query_drop("ROLLBACK")).await;
            matches!(undone, Ok(Ok(()))).then_some(self)
        } else {
            self.conn.is_some().then_some(self)
        }
    }

    /// The connection.
    ///
    /// # Errors
    /// A background task has the connection, or it is lost.
    pub(crate) fn conn(&mut self) -> Result<&mut Conn, SinkError> {
        Self::conn_of(&mut self.conn)
    }

    /// The connection as a value, which the caller puts back later.
    ///
    /// # Errors
    /// A background task has the connection, or it is lost.
    pub(crate) fn take_conn(conn: &mut Option<Conn>) -> Result<Conn, SinkError> {
        conn.take().ok_or_else(|| SinkError::transient("the connection is lost"))
    }

    /// The connection, when the rest of the session is borrowed.
    ///
    /// # Errors
    /// A background task has the connection, or it is lost.
    pub(crate) fn conn_of(conn: &mut Option<Conn>) -> Result<&mut Conn, SinkError> {
        conn.as_mut().ok_or_else(|| SinkError::transient("the connection is lost"))
    }
}

/// Not derived, because the connection's `Debug` text contains the password.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("peer", &self.connection_id).finish_non_exhaustive()
    }
}

/// The identity of a connection at its server: its id and its client port. After a restart or a failover, the
/// id alone may belong to another connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectionId {
    id: u64,
    host: String,
}

impl ConnectionId {
    /// The identity of this connection; `None` if the server does not show it.
    pub(crate) async fn of(conn: &mut Conn) -> Option<Self> {
        let (id, host) = conn.query_first(format!("{CONNECTIONS}CONNECTION_ID()")).await.ok()??;
        Some(Self { id, host })
    }

    /// Tells the server to stop the connection's statement and to close the connection.
    pub(crate) async fn kill(self, connection: &Connection) {
        let killed = async {
            let mut conn = connect(connection).await.ok()?;
            let known = conn.query_first(format!("{CONNECTIONS}{}", self.id)).await.ok()?;
            if known == Some((self.id, self.host)) {
                conn.query_drop(format!("KILL {}", self.id)).await.ok()?;
            }
            conn.disconnect().await.ok()
        };
        let _ = timeout(CLOSE_TIMEOUT, killed).await;
    }
}

async fn execute(conn: &mut Conn, sql: &str) -> Result<(), SinkError> {
    conn.query_drop(sql).await.map_err(|error| fault::classify_outside_rows(&error))
}
