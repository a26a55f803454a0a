//! What a server can do, as data: one decision for each connection. Statements ask here which of
//! the dialects they have to speak, and nowhere else.
//!
//! Of Greenplum, which AnalyticDB for PostgreSQL comes from: `parser/analyze.c`, `parser/kwlist.h`
//! and `catalog/pg_class.h` of its version 6.

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::{Opt, Settings};
use sluice_sql::options::dialect_name;
use tokio_postgres::Client;

use crate::fault;

/// `dialect.name`
pub(crate) const DIALECT_NAME: Opt = dialect_name(
    "What the server is: `postgres`, `adb-pg-6`, `adb-pg-7`, or `auto`, which asks it.",
);

/// What the configuration says of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Auto,
    Postgres,
    AnalyticDb,
}

impl Dialect {
    /// Reads `dialect.name`, noting its problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let choices = [
            ("auto", Dialect::Auto),
            ("postgres", Dialect::Postgres),
            // As far as is documented, both can do the same.
            ("adb-pg-6", Dialect::AnalyticDb),
            ("adb-pg-7", Dialect::AnalyticDb),
        ];
        settings.choice(&DIALECT_NAME, &choices)
    }
}

/// The capabilities that statements depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Profile {
    /// `INSERT … ON CONFLICT`. Without it the writers of a table take turns.
    pub(crate) on_conflict: bool,
    /// Whether one statement may write twice, as an UPDATE in the WITH of an INSERT does.
    pub(crate) writes_twice: bool,
    /// Whether it can be asked what became of a transaction.
    pub(crate) tells_outcome: bool,
    /// Whether a block of PL/pgSQL can be run, which isolates bad rows where they are.
    pub(crate) runs_blocks: bool,
    /// Whether rows live on segments, by a key, and short statements want the other planner.
    pub(crate) distributed: bool,
}

/// `txid_status` is there in the newer one too, but what it says of a transaction that spans
/// segments is not documented.
const ANALYTIC_DB: Profile = Profile {
    on_conflict: true,
    writes_twice: false,
    tells_outcome: false,
    runs_blocks: false,
    distributed: true,
};

/// ON CONFLICT came with 9.5; a grammar that has it back-ported has this keyword, which that of
/// Greenplum 6 has not.
const QUESTION: &str = "
SELECT pg_catalog.version(),
       pg_catalog.current_setting('server_version_num')::int,
       pg_catalog.current_setting('server_version_num')::int >= 90500
         OR EXISTS (SELECT FROM pg_catalog.pg_get_keywords() WHERE word = 'conflict'),
       EXISTS (SELECT FROM pg_catalog.pg_language AS l WHERE lanname = 'plpgsql'
               AND pg_catalog.has_language_privilege(l.oid, 'USAGE'))";

impl Profile {
    /// Asks the server.
    ///
    /// # Errors
    /// Whatever befalls a first query.
    pub(crate) async fn detect(client: &Client, dialect: Dialect) -> Result<Self, SinkError> {
        let rows = client.query_typed(QUESTION, &[]).await;
        let rows = rows.map_err(|error| fault::classify_outside_rows(&error))?;
        let row =
            rows.first().ok_or_else(|| SinkError::fatal("the server does not say what it is"))?;
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
