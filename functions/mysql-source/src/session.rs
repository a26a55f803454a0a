//! A connection that reads, and what its server is.

use std::fmt;

use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, Params};
use sluice_mysql::{Server, connect};
use sluice_source::error::{Next, SourceError};

use crate::fault::classify;

/// Settings that must not depend on the server. A lock on a table is waited for as shortly as the server can: other
/// tables are read on the same connection. Moments are in UTC, text is in UTF-8, and every statement sees what is
/// committed when it begins, and nothing after.
const SETTINGS: &str = "SET NAMES utf8mb4; \
     SET SESSION time_zone = '+00:00', autocommit = 1, sql_mode = '', sql_auto_is_null = 0, \
     sql_big_selects = 1, sql_select_limit = 18446744073709551615, lock_wait_timeout = 1; \
     SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
/// MySQL caches what it knows of tables for a day.
const FRESH: &str = "SET SESSION information_schema_stats_expiry = 0";

/// What a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) is_maria: bool,
    /// The zone of sessions that do not set one, in microseconds east of UTC.
    pub(crate) default_offset: i64,
    /// Why writers may be elsewhere, in the server's own words.
    pub(crate) elsewhere: Option<String>,
    pub(crate) has_performance_schema: bool,
    /// Why there may be writers that this server does not show.
    pub(crate) doubts: Vec<String>,
}

/// A connection.
pub(crate) struct Session {
    conn: Conn,
}

impl Session {
    /// Connects, and makes the session what we count on.
    pub(crate) async fn open(server: &Server) -> Result<(Self, Kind), SourceError> {
        let mut session = Self { conn: connect(server).await? };
        // Before the zone is set, and with the settings in one round trip.
        let (version, offset, performance_schema): (String, i64, u8) = session
            .one(&format!(
                "SELECT CONCAT(@@version, ' ', @@version_comment), \
                 TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW()), @@performance_schema; {SETTINGS}"
            ))
            .await?;
        let is_maria = version.to_lowercase().contains("mariadb");
        if !is_maria {
            session.say(FRESH).await?;
        }
        let variables = session.variables().await?;
        let mut doubts = doubts(&variables);
        let elsewhere = match read_only(&variables) {
            Some(why) => Some(why),
            None => session.replicates(is_maria, &mut doubts).await?,
        };
        let kind = Kind {
            doubts,
            is_maria,
            default_offset: offset * 1_000_000,
            elsewhere,
            has_performance_schema: performance_schema != 0,
        };
        Ok((session, kind))
    }

    /// A connection that asks beside another one, to a server that is known already.
    pub(crate) async fn beside(server: &Server) -> Result<Self, SourceError> {
        let mut session = Self { conn: connect(server).await? };
        session.say(SETTINGS).await?;
        Ok(session)
    }

    /// A connection that reads tables beside another one.
    pub(crate) async fn reader(server: &Server, kind: &Kind) -> Result<Self, SourceError> {
        let mut session = Self::beside(server).await?;
        if !kind.is_maria {
            session.say(FRESH).await?;
        }
        Ok(session)
    }

    /// What the server is set to, as far as it says where rows are written.
    async fn variables(&mut self) -> Result<Vec<(String, String)>, SourceError> {
        const VARIABLES: &str = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('auto_increment_increment', \
             'wsrep_on', 'read_only', 'super_read_only', 'innodb_read_only')";
        self.conn.query(VARIABLES).await.map_err(|error| classify(&error))
    }

    /// Why those who write may not be on this server: a replica shows rows whose transactions run elsewhere.
    async fn replicates(
        &mut self,
        is_maria: bool,
        doubts: &mut Vec<String>,
    ) -> Result<Option<String>, SourceError> {
        let (question, right) = match is_maria {
            true => ("SHOW ALL SLAVES STATUS", "SLAVE MONITOR"),
            false => ("SHOW REPLICA STATUS", "REPLICATION CLIENT"),
        };
        let asked = self.conn.query::<mysql_async::Row, _>(question).await;
        match asked.map_err(|error| classify(&error)) {
            Ok(rows) => Ok((!rows.is_empty()).then(|| "it replicates another server".to_owned())),
            Err(error) if error.next == Next::Retry => Err(error),
            Err(error) => {
                doubts.push(format!(
                    "it is not known whether this server replicates another one, whose rows may be lost: \
                     {}; grant {right}",
                    error.message
                ));
                Ok(None)
            }
        }
    }

    /// Sends a statement without a result.
    pub(crate) async fn say(&mut self, sql: &str) -> Result<(), SourceError> {
        self.conn.query_drop(sql).await.map_err(|error| classify(&error))
    }

    /// The only row of an answer.
    pub(crate) async fn one<T: FromRow + Send + 'static>(
        &mut self,
        sql: &str,
    ) -> Result<T, SourceError> {
        let row = self.conn.query_first(sql).await.map_err(|error| classify(&error))?;
        row.ok_or_else(|| {
            SourceError::stop("the server answers nothing to a question about itself")
        })
    }

    /// All rows of an answer.
    pub(crate) async fn ask<T: FromRow + Send + 'static>(
        &mut self,
        sql: &str,
        params: impl Into<Params> + Send,
    ) -> Result<Vec<T>, SourceError> {
        self.conn.exec(sql, params).await.map_err(|error| classify(&error))
    }

    /// The connection itself.
    pub(crate) fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// The number by which the server knows the connection.
    pub(crate) fn id(&self) -> u64 {
        u64::from(self.conn.id())
    }

    /// Closes the connection.
    pub(crate) async fn close(self) {
        // A connection that is lost is closed too.
        let _ = self.conn.disconnect().await;
    }
}

/// Which variable says that this server is not written to. From MariaDB 12 on its value is a word: OFF, ON, NO_LOCK or
/// NO_LOCK_NO_ADMIN.
fn read_only(variables: &[(String, String)]) -> Option<String> {
    const FLAGS: [&str; 3] = ["read_only", "super_read_only", "innodb_read_only"];
    let mut flags = variables.iter().filter(|(name, _)| FLAGS.contains(&name.as_str()));
    let set = flags.find(|(_, value)| !["OFF", "0"].contains(&value.as_str()))?;
    Some(format!("{} is ON", set.0))
}

/// Settings of servers of which several are written to. They say nothing certain.
fn doubts(variables: &[(String, String)]) -> Vec<String> {
    let doubt = |(name, value): &(String, String)| {
        match (name.as_str(), value.as_str()) {
            ("wsrep_on", "ON") => Some(
                "this server is a node of a Galera cluster: rows that are written on another node may be lost"
                    .to_owned(),
            ),
            ("auto_increment_increment", step) if step != "1" => Some(format!(
                "auto_increment_increment is {step}: if another server writes to the same tables, ids do not rise, and \
                 its rows may be lost"
            )),
            _ => None,
        }
    };
    variables.iter().filter_map(doubt).collect()
}

/// That of a connection shows the password.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", &self.id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_only_read_says_so() {
        let why = |pairs: &[(&str, &str)]| {
            let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            read_only(&pairs.iter().map(own).collect::<Vec<_>>())
        };
        assert_eq!(
            why(&[("read_only", "OFF"), ("innodb_read_only", "OFF"), ("wsrep_on", "ON")]),
            None
        );
        assert_eq!(why(&[("read_only", "ON")]).as_deref(), Some("read_only is ON"));
        assert_eq!(why(&[("read_only", "NO_LOCK")]).as_deref(), Some("read_only is ON"));
        let innodb = [("read_only", "OFF"), ("innodb_read_only", "ON")];
        assert_eq!(why(&innodb).as_deref(), Some("innodb_read_only is ON"));
    }
}
