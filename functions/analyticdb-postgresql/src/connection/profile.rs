//! The capabilities of a server. They are queried once for each connection, and all SQL that differs between
//! servers depends on them.
//!
//! Source for Greenplum, from which AnalyticDB for PostgreSQL comes: `parser/analyze.c`, `parser/kwlist.h`
//! and `catalog/pg_class.h` of its version 6.

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::{Opt, Settings};
use sluice_sql::options::dialect_name;
use tokio_postgres::Client;

use crate::fault;

/// `dialect.name`
pub(crate) const DIALECT_NAME: Opt = dialect_name(
    "The kind of server: `postgres`, `adb-pg-6`, `adb-pg-7` (AnalyticDB for PostgreSQL), or `auto`, which asks the server.",
);

/// The server's kind as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Auto,
    Postgres,
    AnalyticDb,
}

impl Dialect {
    /// Reads `dialect.name`, and reports a problem with it.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let choices = [
            ("auto", Dialect::Auto),
            ("postgres", Dialect::Postgres),
            // According to the documentation, both have the same capabilities.
            ("adb-pg-6", Dialect::AnalyticDb),
            ("adb-pg-7", Dialect::AnalyticDb),
        ];
        settings.choice(&DIALECT_NAME, &choices)
    }
}

/// The capabilities of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Profile {
    /// Whether the server has `INSERT … ON CONFLICT`. Without it, only one session at a time writes to a
    /// table.
    pub(crate) on_conflict: bool,
    /// Whether one statement may write twice, such as an INSERT with an UPDATE in its WITH clause.
    pub(crate) writes_twice: bool,
    /// Whether the server can report the outcome of a transaction.
    pub(crate) tells_outcome: bool,
    /// Whether PL/pgSQL blocks can be run, which find refused rows on the server.
    pub(crate) runs_blocks: bool,
    /// Whether rows are distributed over segments by a key, and short statements need the other planner.
    pub(crate) distributed: bool,
}

/// `txid_status` exists in the newer version, but its result for a transaction over several segments is not
/// documented.
const ANALYTIC_DB: Profile = Profile {
    on_conflict: true,
    writes_twice: false,
    tells_outcome: false,
    runs_blocks: false,
    distributed: true,
};

/// ON CONFLICT came with 9.5. A server with a back-port of it has this keyword, which Greenplum 6 does not.
const CAPABILITIES_QUERY: &str = "
SELECT pg_catalog.version(),
       pg_catalog.current_setting('server_version_num')::int,
       pg_catalog.current_setting('server_version_num')::int >= 90500
         OR EXISTS (SELECT FROM pg_catalog.pg_get_keywords() WHERE word = 'conflict'),
       EXISTS (SELECT FROM pg_catalog.pg_language AS l WHERE lanname = 'plpgsql'
               AND pg_catalog.has_language_privilege(l.oid, 'USAGE'))";

impl Profile {
    /// Queries the server.
    ///
    /// # Errors
    /// The query fails.
    pub(crate) async fn detect(client: &Client, dialect: Dialect) -> Result<Self, SinkError> {
        let rows = client.query_typed(CAPABILITIES_QUERY, &[]).await;
        let rows = rows.map_err(|error| fault::classify_outside_rows(&error))?;
        let row = rows
            .first()
            .ok_or_else(|| SinkError::fatal("the server does not report its version"))?;
        let of = Self::of(dialect, row.get(0), row.get(1), row.get(2));
        Ok(Self { runs_blocks: of.runs_blocks && row.get(3), ..of })
    }

    fn of(dialect: Dialect, shown: &str, version: i32, on_conflict: bool) -> Self {
        let is_greenplum = shown.contains("Greenplum");
        match dialect {
            Dialect::AnalyticDb => ANALYTIC_DB,
            Dialect::Auto if is_greenplum => Self { on_conflict, ..ANALYTIC_DB },
            Dialect::Auto | Dialect::Postgres => Self {
                on_conflict,
                writes_twice: true,
                tells_outcome: version >= 100_000,
                runs_blocks: on_conflict,
                distributed: false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_decides() {
        let auto = |shown, version, conflict| Profile::of(Dialect::Auto, shown, version, conflict);
        let postgres = auto("PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64", 150_018, true);
        assert!(postgres.on_conflict && postgres.writes_twice && postgres.tells_outcome);
        assert!(!auto("PostgreSQL 9.6.24 on x86_64-pc-linux-gnu", 90_624, true).tells_outcome);
        let shown = "PostgreSQL 9.4.26 (Greenplum Database 6.24.3 build commit:25d3498) on x86_64";
        let greenplum = auto(shown, 90_426, false);
        assert_eq!(greenplum, Profile { on_conflict: false, ..ANALYTIC_DB });
        assert_eq!(auto(shown, 90_426, true), ANALYTIC_DB);
    }

    #[test]
    fn what_is_configured_wins() {
        let postgres = Profile::of(Dialect::Postgres, "Greenplum", 120_012, true);
        assert!(!postgres.distributed && postgres.writes_twice);
        assert_eq!(Profile::of(Dialect::AnalyticDb, "PostgreSQL 15", 150_000, true), ANALYTIC_DB);
    }
}
