//! How long a statement may wait, and the session variables for it.
//!
//! Sources: "innodb_lock_wait_timeout" and "lock_wait_timeout" in the manuals of MySQL and MariaDB, which are
//! in whole seconds; "max_statement_time" in MariaDB's. MySQL's `max_execution_time` only stops a SELECT.

use sluice_bridge::options::{Opt, Settings};
use sluice_sql::options::{lock_timeout, milliseconds, statement_timeout};

use crate::connection::profile::Dialect;

/// `lock.timeout.ms`
pub(crate) const LOCK_TIMEOUT: Opt = lock_timeout(
    "How long a statement waits for a row lock or table lock of another session before it is retried (error 1205), in milliseconds, rounded up to whole seconds. `0` uses the server's own setting. Not used for AnalyticDB.",
);
/// `statement.timeout.ms`
pub(crate) const STATEMENT_TIMEOUT: Opt = statement_timeout(
    "MariaDB only: how long a statement may take before it is retried (error 1969), in milliseconds. `0` uses the server's own setting. MySQL and AnalyticDB have no such limit for a statement that writes, so other values are refused for them. The invocation's deadline stops a statement in any case.",
);

/// The maximum of `lock_wait_timeout`: a year, in seconds.
const LONGEST: u32 = 31_536_000;

/// How long a statement may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeouts {
    /// For a lock, in seconds; 0 keeps the server's setting.
    lock: u32,
    /// For the whole statement, in milliseconds; 0 keeps the server's setting.
    statement: u32,
}

impl Timeouts {
    /// Reads the options, and reports every problem.
    pub(crate) fn from_settings(settings: &mut Settings, dialect: Dialect) -> Self {
        let lock = milliseconds(settings, &LOCK_TIMEOUT);
        let statement = milliseconds(settings, &STATEMENT_TIMEOUT);
        if statement > 0 && matches!(dialect, Dialect::MySql | Dialect::AnalyticDb) {
            settings.problem(Self::UNKNOWN);
        }
        Self { lock: lock.div_ceil(1_000).min(LONGEST), statement }
    }

    /// Why `statement.timeout.ms` cannot be used.
    const UNKNOWN: &str = "statement.timeout.ms needs MariaDB: other servers have no time limit for a statement that writes";

    /// The variables to SET for the session, each as `name = value`. Empty for AnalyticDB, whose variables
    /// are not documented.
    ///
    /// # Errors
    /// The server does not support a limit. `dialect` is the server's own dialect, never `Auto`.
    pub(crate) fn variables(self, dialect: Dialect) -> Result<Vec<String>, &'static str> {
        if self.statement > 0 && dialect != Dialect::MariaDb {
            return Err(Self::UNKNOWN);
        }
        let mut variables = Vec::new();
        if self.lock > 0 && dialect != Dialect::AnalyticDb {
            variables.push(format!("innodb_lock_wait_timeout = {}", self.lock));
            variables.push(format!("lock_wait_timeout = {}", self.lock));
        }
        if self.statement > 0 {
            // In seconds, with decimal places.
            let (seconds, rest) = (self.statement / 1_000, self.statement % 1_000);
            variables.push(format!("max_statement_time = {seconds}.{rest:03}"));
        }
        Ok(variables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeouts(lock: &str, statement: &str, dialect: Dialect) -> Result<Timeouts, String> {
        let pairs = [("lock.timeout.ms", lock), ("statement.timeout.ms", statement)];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut settings = Settings::new(&[&LOCK_TIMEOUT, &STATEMENT_TIMEOUT], pairs);
        let timeouts = Timeouts::from_settings(&mut settings, dialect);
        settings.check().map_err(|problems| problems.to_string()).map(|()| timeouts)
    }

    #[test]
    fn a_lock_is_waited_for_in_whole_seconds_of_at_least_one() {
        let set = |lock| timeouts(lock, "", Dialect::Auto).unwrap().variables(Dialect::MySql);
        let seconds = |n: u32| {
            Ok(vec![format!("innodb_lock_wait_timeout = {n}"), format!("lock_wait_timeout = {n}")])
        };
        assert_eq!(set(""), seconds(10));
        assert_eq!(set("1"), seconds(1));
        assert_eq!(set("1001"), seconds(2));
        assert_eq!(set("4294967295"), seconds(4_294_968));
        assert_eq!(set("0"), Ok(vec![]));
        assert!(timeouts("1s", "", Dialect::Auto).unwrap_err().contains("lock.timeout.ms"));
    }

    #[test]
    fn only_mariadb_limits_a_statement() {
        let auto = timeouts("0", "1500", Dialect::Auto).unwrap();
        assert_eq!(auto.variables(Dialect::MariaDb), Ok(vec!["max_statement_time = 1.500".into()]));
        for dialect in [Dialect::MySql, Dialect::AnalyticDb] {
            assert!(auto.variables(dialect).unwrap_err().contains("MariaDB"));
            assert!(timeouts("", "1500", dialect).unwrap_err().contains("MariaDB"));
        }
        let untouched = timeouts("", "", Dialect::AnalyticDb).unwrap();
        assert_eq!(
            untouched.variables(Dialect::AnalyticDb),
            Ok(vec![]),
            "its variables are unknown"
        );
    }
}
