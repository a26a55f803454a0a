//! Tables that are changed, dropped and created again while they are polled.

use std::time::Duration;

use sluice_source::error::Next;
use sluice_source::poll::Poll;
use sluice_testkit::MemoryJournal;
use tokio::time::{Instant, sleep};

use crate::stage::on_both;

const BY_ID: [(&str, &str); 2] = [("mode", "incrementing"), ("table.blacklist", "none")];
const TABLE: &str = "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)";

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(15)
}

#[test]
fn a_column_that_comes_between_two_pages_is_in_the_second() {
    on_both("between", async |stage| {
        stage.say(&format!("{TABLE}; INSERT INTO t VALUES (), (), (), (), (), ()")).await;
        // A page holds the rows of one second.
        let options = [&BY_ID[..], &[("max.rows.per.second", "1")]].concat();
        let journal = MemoryJournal::default();
        let (values, ()) = tokio::join!(stage.values(&journal, &options), async {
            while journal.commits() == 0 {
                sleep(Duration::from_millis(10)).await;
            }
            stage.say("ALTER TABLE t ADD v INT NOT NULL DEFAULT 7").await;
        });
        let has_it: Vec<bool> = values.iter().map(|value| value.contains(r#","v":7}"#)).collect();
        assert_eq!(has_it.len(), 6);
        assert_eq!((has_it[0], has_it[5]), (false, true), "{values:?}");
        assert!(has_it.is_sorted(), "{values:?}");
    });
}

#[test]
fn a_table_that_is_dropped_is_named_and_the_others_are_read() {
    on_both("dropped", async |stage| {
        stage.say(&format!("{TABLE}; CREATE TABLE other LIKE t; INSERT INTO t VALUES ()")).await;
        let journal = MemoryJournal::default();
        let (source, rules) = stage.source(&BY_ID);
        let mut poll = Poll::open(source, journal.clone(), rules).await.expect("it opens");
        assert_eq!(poll.run(soon()).await.expect("an outcome").error(), None);
        assert_eq!(journal.take().len(), 1);
        stage.say("DROP TABLE t; INSERT INTO other VALUES (), ()").await;
        let outcome = poll.run(soon()).await.expect("an outcome");
        let told = outcome.error().expect("an error").message;
        assert!(told.contains(&format!("table {}.t: ", stage.database)), "{told}");
        assert!(!told.contains(".other"), "{told}");
        assert_eq!(journal.take().len(), 2);
        poll.close().await;
    });
}

#[test]
fn a_table_that_is_made_again_is_noticed_while_it_is_polled() {
    on_both("again", async |stage| {
        for begins_again in
            ["TRUNCATE t", "DROP TABLE t; CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)"]
        {
            stage
                .say(&format!("DROP TABLE IF EXISTS t; {TABLE}; INSERT INTO t VALUES (), ()"))
                .await;
            let (source, rules) = stage.source(&BY_ID);
            let journal = MemoryJournal::default();
            let mut poll = Poll::open(source, journal.clone(), rules).await.expect("it opens");
            assert_eq!(poll.run(soon()).await.expect("an outcome").error(), None);
            stage.say(&format!("{begins_again}; INSERT INTO t VALUES ()")).await;
            let outcome = poll.run(soon()).await.expect("an outcome");
            let told = outcome.error().expect("an error").message;
            assert!(told.contains("it was emptied or created again"), "{begins_again}: {told}");
            poll.close().await;
        }
    });
}

#[test]
fn a_timestamp_that_changes_its_type_is_followed_by_the_next_invocation() {
    on_both("retyped", async |stage| {
        stage
            .say(
                "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, ts DATETIME(6) NOT NULL, KEY (ts)); \
                 INSERT INTO t (ts) VALUES ('2026-01-01 00:00:01')",
            )
            .await;
        let options =
            [("mode", "timestamp"), ("timestamp.column.name", "ts"), ("table.whitelist", "t")];
        let journal = MemoryJournal::default();
        let (source, rules) = stage.source(&options);
        let mut poll = Poll::open(source, journal.clone(), rules).await.expect("it opens");
        assert_eq!(poll.run(soon()).await.expect("an outcome").error(), None);
        stage
            .say(
                "ALTER TABLE t MODIFY ts DATETIME NOT NULL; \
                 INSERT INTO t (ts) VALUES ('2026-01-01 00:00:02')",
            )
            .await;
        let error = poll.run(soon()).await.expect_err("its bound was cut for other digits");
        assert_eq!(error.next, Next::Retry, "{error}");
        assert!(
            error.message.contains("column `ts`, which orders the rows, has changed"),
            "{error}"
        );
        assert_eq!(journal.take().len(), 1);
        assert_eq!(stage.values(&journal, &options).await.len(), 1);
    });
}

#[test]
fn a_column_that_orders_the_rows_and_goes_stops_its_table() {
    on_both("gone", async |stage| {
        let options = [
            ("mode", "timestamp+incrementing"),
            ("timestamp.column.name", "ts"),
            ("table.whitelist", "t"),
        ];
        stage
            .say("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, ts DATETIME NOT NULL, KEY (ts))")
            .await;
        let (source, rules) = stage.source(&options);
        let journal = MemoryJournal::default();
        let mut poll = Poll::open(source, journal.clone(), rules).await.expect("it opens");
        stage.say("ALTER TABLE t CHANGE ts changed DATETIME NOT NULL").await;
        let outcome = poll.run(soon()).await.expect("an outcome");
        let told = outcome.error().expect("an error").message;
        assert!(told.contains("'ts'") && told.contains("(1054)"), "{told}");
        poll.close().await;
    });
}
