//! The capabilities of a server. They are queried once for each connection, or set by an option.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::{Opt, Settings};
use sluice_sql::options::dialect_name;

use crate::fault;

/// `dialect.name`
pub(crate) const DIALECT_NAME: Opt = dialect_name(
    "The kind of server: `mysql`, `mariadb`, `adb-mysql` (AnalyticDB for MySQL), or `auto`, which asks the server.",
);

/// The server's kind as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Auto,
    MySql,
    MariaDb,
    AnalyticDb,
}

impl Dialect {
    /// Reads `dialect.name`, and reports a problem with it.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let choices = [
            ("auto", Dialect::Auto),
            ("mysql", Dialect::MySql),
            ("mariadb", Dialect::MariaDb),
            ("adb-mysql", Dialect::AnalyticDb),
        ];
        settings.choice(&DIALECT_NAME, &choices)
    }
}

/// How many rows at a time are sent to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// One statement that contains the values of many rows as text.
    Text,
    /// One prepared statement for one row, and the values of many rows: `COM_STMT_BULK_EXECUTE`.
    Bulk,
}

/// The capabilities of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) load: Load,
    /// The dialect in use; never `Auto`.
    pub(crate) dialect: Dialect,
    /// Whether the server has MariaDB's catalog.
    pub(crate) is_mariadb: bool,
    /// Whether the connector uses transactions. Without them, each message has one statement, in the SQL that
    /// the vendor documents.
    pub(crate) transactional: bool,
    /// Whether GET DIAGNOSTICS has the number of the row that failed.
    pub(crate) reports_row: bool,
    /// The maximum length of a statement in bytes.
    pub(crate) max_statement_bytes: usize,
    /// The collation that distinguishes any two texts, for new key columns. `None` if none needs to be named.
    pub(crate) exact_collation: Option<&'static str>,
    /// Whether TEXT, BLOB and JSON columns can have a default, which is an expression in parentheses.
    pub(crate) has_default_expressions: bool,
    /// Whether the catalog has the spatial reference system of a column.
    pub(crate) has_spatial_references: bool,
    /// Whether table names are case-sensitive.
    pub(crate) has_case_sensitive_names: bool,
    /// Whether the binary log is statement-based, which does not allow READ COMMITTED.
    pub(crate) has_statement_log: bool,
    /// Whether the server refuses NULL in a NOT NULL TIMESTAMP. MariaDB stores the current time in its place,
    /// whatever its variables are.
    pub(crate) refuses_null_timestamp: bool,
}

/// The vendor's limit for a statement is 16 MB; the rest is a reserve.
const ANALYTIC_DB: Profile = Profile {
    load: Load::Text,
    dialect: Dialect::AnalyticDb,
    is_mariadb: false,
    transactional: false,
    reports_row: false,
    max_statement_bytes: 15 << 20,
    exact_collation: None,
    has_default_expressions: false,
    has_spatial_references: false,
    has_case_sensitive_names: true,
    has_statement_log: false,
    refuses_null_timestamp: true,
};

/// A variable that does not exist on a server is no error in this statement.
const VARIABLES_QUERY: &str = "SHOW VARIABLES WHERE Variable_name IN ('version', 'version_comment', \
     'max_allowed_packet', 'lower_case_table_names', 'binlog_format', \
     'explicit_defaults_for_timestamp')";

/// If `max_join_size` is small, the server also counts the rows of its own views and refuses to show its
/// variables.
const BIG_SELECTS: &str = "SET SESSION sql_big_selects = 1";

/// The smallest default packet size of all servers ("max_allowed_packet", MySQL 5.6 and later).
const DEFAULT_PACKET: usize = 4 << 20;

impl Profile {
    /// Queries the server, unless the configured dialect does not support the query.
    ///
    /// # Errors
    /// The query fails.
    pub(crate) async fn detect(conn: &mut Conn, dialect: Dialect) -> Result<Self, SinkError> {
        if dialect == Dialect::AnalyticDb {
            return Ok(ANALYTIC_DB);
        }
        let mut answer = conn.query(VARIABLES_QUERY).await;
        if answer.as_ref().is_err_and(fault::is_too_big) {
            conn.query_drop(BIG_SELECTS).await.ok();
            answer = conn.query(VARIABLES_QUERY).await;
        }
        let answer = answer.map_err(|error| fault::classify_outside_rows(&error))?;
        match dialect_mismatch(dialect, &answer) {
            Some(why) => Err(SinkError::fatal(why)),
            None => Ok(Self::of(dialect, &answer)),
        }
    }

    fn of(dialect: Dialect, variables: &[(String, String)]) -> Self {
        let find = |name: &str| find(variables, name);
        let (version, name) = (find("version"), server_name(variables));
        let dialect = match dialect {
            Dialect::Auto if name.contains("analyticdb") => Dialect::AnalyticDb,
            Dialect::Auto if name.contains("mariadb") => Dialect::MariaDb,
            Dialect::Auto => Dialect::MySql,
            known => known,
        };
        if dialect == Dialect::AnalyticDb {
            return ANALYTIC_DB;
        }
        // A different dialect may be configured than the server has. It decides how rows are sent.
        let is_mariadb = dialect == Dialect::MariaDb || name.contains("mariadb");
        let number = version_numbers(version);
        let has_bulk = dialect == Dialect::MariaDb && number >= [10, 2, 0];
        Self {
            load: if has_bulk { Load::Bulk } else { Load::Text },
            dialect,
            is_mariadb,
            transactional: true,
            reports_row: is_mariadb && number >= [10, 7, 0],
            // The packet header and the rest of the statement need some bytes.
            max_statement_bytes: find("max_allowed_packet")
                .parse()
                .unwrap_or(DEFAULT_PACKET)
                .saturating_sub(1024),
            exact_collation: Some(match is_mariadb {
                true if number >= [10, 2, 0] => "utf8mb4_nopad_bin",
                false if number >= [8, 0, 17] => "utf8mb4_0900_bin",
                _ => "utf8mb4_bin",
            }),
            has_default_expressions: number >= if is_mariadb { [10, 2, 1] } else { [8, 0, 13] },
            has_spatial_references: !is_mariadb && number >= [8, 0, 3],
            has_case_sensitive_names: !matches!(find("lower_case_table_names"), "1" | "2"),
            has_statement_log: find("binlog_format") == "STATEMENT",
            refuses_null_timestamp: !is_mariadb && find("explicit_defaults_for_timestamp") != "OFF",
        }
    }
}

/// Explains why a server cannot be the configured MariaDB: it does not have MariaDB's catalog. All MariaDB
/// versions in use start at 10.
fn dialect_mismatch(dialect: Dialect, variables: &[(String, String)]) -> Option<String> {
    let version = find(variables, "version");
    let is_older = (1..10).contains(&version_numbers(version)[0])
        && !server_name(variables).contains("mariadb");
    (dialect == Dialect::MariaDb && is_older).then(|| {
        format!("dialect.name=mariadb does not match the server, whose version is {version}: set it to mysql or auto")
    })
}

/// The version and version comment of the server, because the version alone may be changed to suit clients.
fn server_name(variables: &[(String, String)]) -> String {
    let words = ["version", "version_comment"].map(|name| find(variables, name));
    words.join(" ").to_lowercase()
}

fn find<'v>(variables: &'v [(String, String)], name: &str) -> &'v str {
    let found = variables.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map_or("", |(_, value)| value.as_str())
}

/// The numbers in `10.11.19-MariaDB-log`, or in `5.5.5-10.11.19-MariaDB`, which MariaDB sends to old clients.
fn version_numbers(version: &str) -> [u32; 3] {
    let version = version.strip_prefix("5.5.5-").unwrap_or(version);
    let mut parts =
        version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(dialect: Dialect, version: &str, comment: &str) -> Profile {
        let told = [("version", version), ("version_comment", comment)];
        Profile::of(dialect, &told.map(|(name, value)| (name.to_owned(), value.to_owned())))
    }

    #[test]
    fn what_a_server_says_decides() {
        let maria = of(Dialect::Auto, "10.11.19-MariaDB-0+deb12u1", "Debian 12");
        assert!(maria.load == Load::Bulk && maria.reports_row && maria.transactional);
        assert_eq!(maria.exact_collation, Some("utf8mb4_nopad_bin"));
        assert!(!of(Dialect::Auto, "5.5.5-10.6.16-MariaDB-log", "Source").reports_row);
        let mysql = of(Dialect::Auto, "9.7.4-2", "(Debian)");
        assert!(mysql.load == Load::Text && !mysql.reports_row && mysql.transactional);
        assert_eq!(mysql.exact_collation, Some("utf8mb4_0900_bin"));
        assert_eq!(of(Dialect::Auto, "5.7.44-log", "MySQL").exact_collation, Some("utf8mb4_bin"));
        assert_eq!(of(Dialect::Auto, "5.1.73", "AnalyticDB for MySQL"), ANALYTIC_DB);
    }

    #[test]
    fn a_mysql_that_is_called_mariadb_is_told_so() {
        let why = |dialect, version: &str| {
            dialect_mismatch(dialect, &[("version".into(), version.into())])
        };
        let told = why(Dialect::MariaDb, "9.7.4-2").unwrap_or_default();
        assert!(told.contains("does not match the server, whose version is 9.7.4-2"));
        for version in ["10.11.19-MariaDB", "5.5.5-10.11.19-MariaDB", "12.0.2", "", "proxy"] {
            assert_eq!(why(Dialect::MariaDb, version), None);
        }
        assert_eq!(why(Dialect::MySql, "9.7.4-2"), None);
        assert_eq!(why(Dialect::Auto, "9.7.4-2"), None);
    }

    #[test]
    fn what_is_configured_wins() {
        assert_eq!(of(Dialect::MySql, "10.11.19-MariaDB", "").load, Load::Text);
        assert_eq!(of(Dialect::MariaDb, "10.11.19", "AnalyticDB").load, Load::Bulk);
    }
}
