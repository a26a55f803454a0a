//! A connection, what its server can do, and how transactions begin and end on it.

use std::fmt;
use std::time::Duration;

use mysql_async::Conn;
use mysql_async::consts::StatusFlags;
use mysql_async::prelude::Queryable;
use sluice_bridge::model::failure::SinkError;
use tokio::time::timeout;

use crate::connection::config::Connection;
use crate::connection::profile::Profile;
use crate::fault;
use crate::values::sql_literal::Escapes;
use sluice_mysql::{ALIVE_WITHIN, connect, is_alive};

/// Everybody may look for connections of their own user.
const PEERS: &str = "SELECT ID, HOST FROM information_schema.PROCESSLIST WHERE ID = ";

const POLITE: Duration = Duration::from_secs(1);

/// What no server may decide for us: what becomes of a value its column cannot hold, what a zero
/// or a null stands for, what characters are, whether keys are minded.
const STRICT: &str = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
     ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'";
/// What every transaction begins with. A server that has come to be only readable refuses it, and so
/// a connection from before is given up for another, which may find the new primary.
pub(crate) const BEGIN: &str = "START TRANSACTION READ WRITE";
/// Set before a batch, so that it is written whole or not at all.
pub(crate) const SAVEPOINT: &str = "SAVEPOINT sluice_batch";
pub(crate) const UNDO: &str = "ROLLBACK TO SAVEPOINT sluice_batch";

const CHARACTERS: &str = "SET NAMES utf8mb4";
/// What every supported server has and lets everybody set for a session: what a statement reads and
/// changes, what ends a transaction, what an expression of the table's makes of a value, and in which
/// words errors come.
const OTHERS: &str = "SET SESSION autocommit = 1, sql_auto_is_null = 0, sql_safe_updates = 0, \
     sql_big_selects = 1, sql_select_limit = 18446744073709551615, \
     foreign_key_checks = 1, unique_checks = 1, completion_type = 'NO_CHAIN', \
     div_precision_increment = 4, default_week_format = 0, \
     lc_messages = 'en_US', lc_time_names = 'en_US', sql_quote_show_create = 1";
/// The same of MariaDB ("CONSTRAINT" of its manual), and room for the diagnostics that name a row.
const CHECKS: &str = "SET SESSION check_constraint_checks = 1, max_error_count = 64";

/// A connection and what is known of its server.
pub(crate) struct Session {
    /// Away while rows are on their way.
    pub(crate) conn: Option<Conn>,
    /// What the server knows the connection by, if it tells.
    pub(crate) peer: Option<Peer>,
    pub(crate) profile: Profile,
    pub(crate) escapes: Escapes,
    /// The offset from UTC that the session counts time with.
    offset: String,
}

impl Session {
    /// Connects, makes the session what we count on, and begins a transaction.
    ///
    /// # Errors
    /// Whose fault it is that it cannot.
    pub(crate) async fn open(connection: &Connection, offset: &str) -> Result<Self, SinkError> {
        let mut conn = connect(&connection.server).await?;
        let profile = Profile::detect(&mut conn, connection.dialect).await?;
        let mut settings = vec![CHARACTERS.to_owned(), STRICT.to_owned()];
        if profile.transactional {
            settings.push(OTHERS.to_owned());
            if profile.is_maria {
                settings.push(CHECKS.to_owned());
            }
            let isolation =
                if profile.logs_statements { "REPEATABLE READ" } else { "READ COMMITTED" };
            settings.push(format!("SET SESSION TRANSACTION ISOLATION LEVEL {isolation}"));
            let waiting =
                connection.waiting.variables(profile.dialect).map_err(SinkError::fatal)?;
            settings.extend(waiting.iter().map(|variable| format!("SET SESSION {variable}")));
        }
        // Where the server takes them together, they make one journey.
        if profile.transactional {
            settings = vec![settings.join("; ")];
        }
        for setting in settings {
            say(&mut conn, &setting).await?;
        }
        let escapes = match conn.last_ok_packet() {
            Some(ok)
                if ok.status_flags().contains(StatusFlags::SERVER_STATUS_NO_BACKSLASH_ESCAPES) =>
            {
                Escapes::None
            }
            _ => Escapes::Backslash,
        };
        let peer = if profile.transactional { Peer::of(&mut conn).await } else { None };
        let mut session = Self { conn: Some(conn), peer, profile, escapes, offset: String::new() };
        session.begin(offset).await?;
        Ok(session)
    }

    /// Begins a transaction, where there are any.
    ///
    /// # Errors
    /// Nothing was begun.
    pub(crate) async fn begin(&mut self, offset: &str) -> Result<(), SinkError> {
        self.count_time(offset).await?;
        match self.profile.transactional {
            true => say(self.conn()?, BEGIN).await,
            false => Ok(()),
        }
    }

    /// Whether a transaction may begin without anything said before it.
    pub(crate) fn counts_time_as(&self, offset: &str) -> bool {
        self.offset == offset
    }

    async fn count_time(&mut self, offset: &str) -> Result<(), SinkError> {
        if self.offset != offset {
            say(self.conn()?, &format!("SET SESSION time_zone = '{offset}'")).await?;
            offset.clone_into(&mut self.offset);
        }
        Ok(())
    }

    /// Begins on a connection kept from an earlier invocation; nothing where it has died since, of
    /// which a doubtful one has a while to convince us.
    pub(crate) async fn revive(mut self, offset: &str, doubtful: bool) -> Option<Self> {
        // Where nothing begins, nothing would be asked before the first row.
        let doubtful = doubtful || !self.profile.transactional;
        let conn = self.conn.as_mut()?;
        let alive = !conn.is_disconnected() && (!doubtful || is_alive(conn).await);
        if !alive {
            return None;
        }
        // One that was trusted without a question may have died since.
        let begun = timeout(ALIVE_WITHIN, self.begin(offset)).await;
        matches!(begun, Ok(Ok(()))).then_some(self)
    }

    /// Rolls back and keeps the connection, if that can be done in a while.
    pub(crate) async fn roll_back(mut self) -> Option<Self> {
        if self.profile.transactional {
            let undone = timeout(POLITE, self.conn.as_mut()?.query_drop("ROLLBACK")).await;
            matches!(undone, Ok(Ok(()))).then_some(self)
        } else {
            self.conn.is_some().then_some(self)
        }
    }

    /// The connection.
    ///
    /// # Errors
    /// It is away.
    pub(crate) fn conn(&mut self) -> Result<&mut Conn, SinkError> {
        Self::present(&mut self.conn)
    }

    /// The same, to be put back later.
    ///
    /// # Errors
    /// It is away.
    pub(crate) fn taken(conn: &mut Option<Conn>) -> Result<Conn, SinkError> {
        conn.take().ok_or_else(|| SinkError::transient("the connection is lost"))
    }

    /// The same, where the rest of the session is in use.
    ///
    /// # Errors
    /// It is away.
    pub(crate) fn present(conn: &mut Option<Conn>) -> Result<&mut Conn, SinkError> {
        conn.as_mut().ok_or_else(|| SinkError::transient("the connection is lost"))
    }
}

/// A connection's own would tell the password.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// A connection as its server sees it: by its number, and by the port that it comes from. On a server
/// that was started anew, or another that took its place, the number may be somebody else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Peer {
    id: u64,
    host: String,
}

impl Peer {
    /// The connection's own; nothing where the server does not tell.
    pub(crate) async fn of(conn: &mut Conn) -> Option<Self> {
        let (id, host) = conn.query_first(format!("{PEERS}CONNECTION_ID()")).await.ok()??;
        Some(Self { id, host })
    }

    /// Asks the server to stop what the connection is still about, and to forget it.
    pub(crate) async fn kill(self, connection: &Connection) {
        let killed = async {
            let mut conn = connect(&connection.server).await.ok()?;
            let known = conn.query_first(format!("{PEERS}{}", self.id)).await.ok()?;
            if known == Some((self.id, self.host)) {
                conn.query_drop(format!("KILL {}", self.id)).await.ok()?;
            }
            conn.disconnect().await.ok()
        };
        let _ = timeout(POLITE, killed).await;
    }
}

async fn say(conn: &mut Conn, sql: &str) -> Result<(), SinkError> {
    conn.query_drop(sql).await.map_err(|error| fault::classify_outside_rows(&error))
}
