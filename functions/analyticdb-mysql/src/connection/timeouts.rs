//! How long a statement may be kept waiting, and what the session is told of it.
//!
//! "innodb_lock_wait_timeout" and "lock_wait_timeout" in the manuals of MySQL and MariaDB, which
//! count whole seconds; "max_statement_time" in MariaDB's. MySQL's `max_execution_time` stops
//! nothing but a SELECT.

use sluice_bridge::options::{Opt, Settings};
use sluice_sql::options::{lock_timeout, milliseconds, statement_timeout};

use crate::connection::profile::Dialect;

/// `lock.timeout.ms`
pub(crate) const LOCK_TIMEOUT: Opt = lock_timeout(
    "How long a statement waits for somebody else's lock, of a row or of the table, before it is tried again (error 1205), in milliseconds; the server counts whole seconds, so it is rounded up to one. `0` leaves that to the server. AnalyticDB is told nothing of it.",
);
/// `statement.timeout.ms`
pub(crate) const STATEMENT_TIMEOUT: Opt = statement_timeout(
    "MariaDB alone: how long a statement may take before it is tried again (error 1969), in milliseconds; `0` leaves that to the server. MySQL and AnalyticDB have no such limit for a statement that writes, so it is refused there. The invocation's own deadline stops a statement in any case.",
);

/// As long as `lock_wait_timeout` may be: a year.
const LONGEST: u32 = 31_536_000;

/// What a statement is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// For a lock, in seconds; 0 leaves it to the server.
    lock: u32,
    /// For anything, in milliseconds; 0 leaves it to the server.
    statement: u32,
}

impl Waiting {
    /// Reads the options, noting every problem.
    pub(crate) fn from_settings(settings: &mut Settings, dialect: Dialect) -> Self {
        let lock = milliseconds(settings, &LOCK_TIMEOUT);
        let statement = milliseconds(settings, &STATEMENT_TIMEOUT);
        if statement > 0 && matches!(dialect, Dialect::MySql | Dialect::AnalyticDb) {
            settings.problem(Self::UNKNOWN);
        }
        Self { lock: lock.div_ceil(1_000).min(LONGEST), statement }
    }

    /// Why `statement.timeout.ms` cannot be kept.
    const UNKNOWN: &str = "statement.timeout.ms needs MariaDB: no other server limits the time of a statement that writes";

    /// What to SET for the session, `name = value` each; nothing for AnalyticDB, whose variables
    /// are not documented.
    ///
    /// # Errors
    /// What the server cannot do, as far as it was unknown at the start. `dialect` is the
    /// server's own then, never `Auto`.
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
            // In seconds, to the microsecond.
            let (seconds, rest) = (self.statement / 1_000, self.statement % 1_000);
            variables.push(format!("max_statement_time = {seconds}.{rest:03}"));
        }
        Ok(variables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(lock: &str, statement: &str, dialect: Dialect) -> Result<Waiting, String> {
        let pairs = [("lock.timeout.ms", lock), ("statement.timeout.ms", statement)];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut settings = Settings::new(&[&LOCK_TIMEOUT, &STATEMENT_TIMEOUT], pairs);
        let waiting = Waiting::from_settings(&mut settings, dialect);
        settings.check().map_err(|problems| problems.to_string()).map(|()| waiting)
    }

    #[test]
    fn a_lock_is_waited_for_in_whole_seconds_of_at_least_one() {
        let set = |lock| waiting(lock, "", Dialect::Auto).unwrap().variables(Dialect::MySql);
        let seconds = |n: u32| {
            Ok(vec![format!("innodb_lock_wait_timeout = {n}"), format!("lock_wait_timeout = {n}")])
        };
        assert_eq!(set(""), seconds(10));
        assert_eq!(set("1"), seconds(1));
        assert_eq!(set("1001"), seconds(2));
        assert_eq!(set("4294967295"), seconds(4_294_968));
        assert_eq!(set("0"), Ok(vec![]));
        assert!(waiting("1s", "", Dialect::Auto).unwrap_err().contains("lock.timeout.ms"));
    }

    #[test]
    fn only_mariadb_limits_a_statement() {
        let auto = waiting("0", "1500", Dialect::Auto).unwrap();
        assert_eq!(auto.variables(Dialect::MariaDb), Ok(vec!["max_statement_time = 1.500".into()]));
        for dialect in [Dialect::MySql, Dialect::AnalyticDb] {
            assert!(auto.variables(dialect).unwrap_err().contains("MariaDB"));
            assert!(waiting("", "1500", dialect).unwrap_err().contains("MariaDB"));
        }
        let untouched = waiting("", "", Dialect::AnalyticDb).unwrap();
        assert_eq!(
            untouched.variables(Dialect::AnalyticDb),
            Ok(vec![]),
            "its variables are unknown"
        );
    }
}
