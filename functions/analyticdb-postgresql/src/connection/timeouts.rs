//! The statements that begin a transaction: its isolation level, its time limits and other settings. They are
//! set for the transaction only, because a pooler may give the connection to another client.

use sluice_bridge::options::{Opt, Settings};
use sluice_sql::options::{lock_timeout, milliseconds, statement_timeout};

/// `lock.timeout.ms`
pub(crate) const LOCK_TIMEOUT: Opt = lock_timeout(
    "How long a statement waits for a lock of another session before it is retried (SQLSTATE 55P03), in milliseconds. `0`, or a `lock_timeout` in the URL's `options`, uses the server's own setting.",
);
/// `statement.timeout.ms`
pub(crate) const STATEMENT_TIMEOUT: Opt = statement_timeout(
    "How long a statement may take before it is retried (SQLSTATE 57014), in milliseconds. `0` uses the server's own setting. The invocation's deadline stops a statement in any case.",
);

/// The server's settings, and the options that set them.
const TIMEOUTS: [(&str, &Opt); 2] =
    [("lock_timeout", &LOCK_TIMEOUT), ("statement_timeout", &STATEMENT_TIMEOUT)];

/// The settings that decide how the server reads text, with the server's own defaults. A role, a database or
/// a URL may set others, but a value must always have the same meaning. Text without an offset is UTC, `1/2`
/// is January 2nd, each part of an interval has its own sign, NULL in an array is a null, and XML may be a
/// fragment.
const INPUT_ERRORS: [(&str, &str); 5] = [
    ("TimeZone", "'UTC'"),
    ("DateStyle", "'ISO, MDY'"),
    ("IntervalStyle", "'postgres'"),
    ("array_nulls", "on"),
    ("xmloption", "content"),
];

/// The statements that begin a transaction. Reports every problem. `session` contains the options of the URL.
///
/// Deferred constraints are checked with each statement, so that they refuse one row and not the whole
/// transaction.
pub(crate) fn begin_statements(settings: &mut Settings, session: &str) -> String {
    let mut statements = "BEGIN ISOLATION LEVEL READ COMMITTED".to_owned();
    for (name, value) in INPUT_ERRORS {
        statements += &format!("; SET LOCAL {name} = {value}");
    }
    for (name, option) in TIMEOUTS {
        let count = milliseconds(settings, option);
        let is_set_by_url = session.contains(name) && settings.given(option).is_none();
        if count > 0 && !is_set_by_url {
            // The server's setting is a signed 32-bit integer.
            let count = count.min(i32::MAX as u32);
            statements += &format!("; SET LOCAL {name} = {count}");
        }
    }
    statements + "; SET CONSTRAINTS ALL IMMEDIATE"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(pairs: &[(&str, &str)], session: &str) -> String {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::new(&[&LOCK_TIMEOUT, &STATEMENT_TIMEOUT], pairs);
        let statements = begin_statements(&mut settings, session);
        settings.check().expect("no problem");
        statements
    }

    #[test]
    fn what_the_url_says_stays_unless_an_option_says_otherwise() {
        let lock = "; SET LOCAL lock_timeout = 10000;";
        assert!(begun(&[], "-csearch_path=a").contains(lock));
        let session = "-clock_timeout=50ms -cstatement_timeout=1s";
        assert!(!begun(&[], session).contains("timeout"));
        assert!(!begun(&[("lock.timeout.ms", "0")], "").contains("timeout"));
        let both = begun(&[("lock.timeout.ms", "7"), ("statement.timeout.ms", "8")], session);
        assert!(both.contains("lock_timeout = 7; SET LOCAL statement_timeout = 8;"), "{both}");
    }
}
