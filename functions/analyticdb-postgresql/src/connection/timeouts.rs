//! How a transaction begins: its isolation, and how long it may be kept waiting. Whatever is set
//! is set for the transaction alone, for a pooler may give the connection to somebody else.

use sluice_bridge::options::{Opt, Settings};
use sluice_sql::options::{lock_timeout, milliseconds, statement_timeout};

/// `lock.timeout.ms`
pub(crate) const LOCK_TIMEOUT: Opt = lock_timeout(
    "How long a statement waits for somebody else's lock before it is tried again (SQLSTATE 55P03), in milliseconds; `0` leaves that to the server, and so does a `lock_timeout` in the URL's `options`.",
);
/// `statement.timeout.ms`
pub(crate) const STATEMENT_TIMEOUT: Opt = statement_timeout(
    "How long a statement may take before it is tried again (SQLSTATE 57014), in milliseconds; `0` leaves that to the server. The invocation's own deadline stops a statement in any case.",
);

/// The settings of the server and the options that give them.
const TIMEOUTS: [(&str, &Opt); 2] =
    [("lock_timeout", &LOCK_TIMEOUT), ("statement_timeout", &STATEMENT_TIMEOUT)];

/// The settings by which the server reads text, at the server's own defaults: a role, a database or
/// an address may set others, and a value has one meaning. Text without an offset is UTC, `1/2` is
/// January 2nd, the sign of an interval's part is its own, NULL in an array is no text, and XML may
/// be a fragment.
const READING: [(&str, &str); 5] = [
    ("TimeZone", "'UTC'"),
    ("DateStyle", "'ISO, MDY'"),
    ("IntervalStyle", "'postgres'"),
    ("array_nulls", "on"),
    ("xmloption", "content"),
];

/// The statements to begin with, noting every problem; `session` is what the URL sets.
///
/// Deferred constraints are checked with the statement, so that they too cost one row and not
/// the transaction.
pub(crate) fn statements(settings: &mut Settings, session: &str) -> String {
    let mut statements = "BEGIN ISOLATION LEVEL READ COMMITTED".to_owned();
    for (name, value) in READING {
        statements += &format!("; SET LOCAL {name} = {value}");
    }
    for (name, option) in TIMEOUTS {
        let count = milliseconds(settings, option);
        let is_theirs = session.contains(name) && settings.given(option).is_none();
        if count > 0 && !is_theirs {
            // The server counts in its int.
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
        let statements = statements(&mut settings, session);
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
