//! A panic is a failed invocation, not a broken function.

use std::time::Duration;

use sluice_testkit::{MemorySink, Method, Moment, Trouble};
use tokio::time::timeout;

use crate::stand::{GOOD, REFUSED, Setting, event, panics_once, run};

/// The sink in memory takes no `begin` while a work is open, so that one left by the panic
/// would be noticed.
#[test]
fn the_next_invocation_finds_nothing_of_it() {
    for reports in [false, true] {
        run(async {
            let setting = Setting { reports, ..Setting::default() };
            let mut stand = setting.stand_with(panics_once, |_, _| None);
            let seen = stand.invoke(&event(&[GOOD, GOOD])).await;
            assert_eq!(seen.error().kind.name(), "Sluice.Panic");
            assert!(stand.journal().moments().is_empty());

            let seen = stand.invoke(&event(&[r#"{"note":"later"}"#])).await;
            assert_eq!(seen.counts(), [1, 0, 0, 0]);
            assert_eq!(seen.line["cold_start"], false);
            assert_eq!(stand.database.rows("t"), [[None, Some("later".to_owned())]]);
            assert_eq!(stand.database.changes().len(), 1);
            assert_eq!(stand.journal().moments(), [Moment::Committed]);
        });
    }
}

#[test]
fn so_does_one_after_an_invocation_that_was_dropped() {
    run(async {
        let hang = |sink: MemorySink| sink.trouble(Method::Commit, 0, Trouble::Hang);
        let mut stand = Setting::default().stand_with(hang, |_, _| None);
        let batch = event(&[GOOD, REFUSED]);
        let dropped = timeout(Duration::from_secs(1), stand.invoke(&batch)).await;
        assert!(dropped.is_err(), "the commit hangs");
        let seen = stand.invoke(&batch).await;
        assert_eq!((seen.counts(), stand.rows()), ([1, 1, 0, 0], 1));
    });
}
