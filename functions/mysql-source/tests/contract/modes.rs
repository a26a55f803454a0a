//! What each mode finds new.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use sluice_source::error::Next;
use sluice_testkit::MemoryJournal;

use crate::stage::on_both;

const T: (&str, &str) = ("table.whitelist", "t");
const INCREMENTING: [(&str, &str); 3] = [("mode", "incrementing"), T, ("batch.max.rows", "2")];
const TIMESTAMP: [(&str, &str); 4] =
    [("mode", "timestamp"), ("timestamp.column.name", "ts"), T, ("batch.max.rows", "2")];

#[test]
fn incrementing_tells_each_row_once_with_its_key() {
    on_both("incrementing", async |stage| {
        let journal = MemoryJournal::default();
        stage
            .say("CREATE TABLE t (id BIGINT AUTO_INCREMENT PRIMARY KEY, v INT); INSERT INTO t (v) VALUES (7), (8), (9)")
            .await;
        let told = stage.told(&journal, &INCREMENTING).await;
        let values: Vec<_> = told.iter().map(|told| told.value.as_str()).collect();
        assert_eq!(values, [r#"{"id":1,"v":7}"#, r#"{"id":2,"v":8}"#, r#"{"id":3,"v":9}"#]);
        assert_eq!(told[2].key.as_deref(), Some(r#"{"id":3}"#));
        assert_eq!((told[0].topic.as_str(), journal.commits()), ("t", 2));
        let key = format!(r#"["c",{{"protocol":"1","table":"{}.t"}}]"#, stage.database);
        assert_eq!(journal.offsets()[&key], r#"{"incrementing":3}"#);
        assert_eq!(stage.values(&journal, &INCREMENTING).await, Vec::<String>::new());
        stage.say("INSERT INTO t (v) VALUES (1); UPDATE t SET v = 0 WHERE id = 1").await;
        assert_eq!(stage.values(&journal, &INCREMENTING).await, [r#"{"id":4,"v":1}"#]);
    });
}

#[test]
fn rows_of_one_moment_are_never_cut() {
    on_both("moments", async |stage| {
        // With an integer key, with a key of text, and without one.
        for key in ["id INT AUTO_INCREMENT PRIMARY KEY", "id VARCHAR(9) PRIMARY KEY", "id INT"] {
            let journal = MemoryJournal::default();
            stage
                .say(&format!(
                    "SET time_zone = '+00:00'; DROP TABLE IF EXISTS t; CREATE TABLE t ({key}, ts DATETIME(3) NOT NULL, KEY (ts)); \
                     INSERT INTO t VALUES (1, '2026-01-01 00:00:00.001'), (2, '2026-01-01 00:00:00.002'), \
                     (3, '2026-01-01 00:00:00.002'), (4, '2026-01-01 00:00:00.002'), (5, '2026-01-01 00:00:00.003')"
                ))
                .await;
            let told = stage.told(&journal, &TIMESTAMP).await;
            assert_eq!(told.len(), 5, "{key}: {told:?}");
            assert_eq!(told[4].timestamp, Some(1_767_225_600_003));
            let offset = r#"{"timestamp_nanos":3000000,"timestamp":1767225600003}"#;
            assert_eq!(journal.offsets().into_values().collect::<Vec<_>>(), [offset]);
            stage.say("UPDATE t SET ts = '2026-01-01 00:00:01' WHERE id = 2").await;
            let told = stage.told(&journal, &TIMESTAMP).await;
            assert_eq!(told.len(), 1, "{key}");
        }
    });
}

#[test]
fn a_pass_reads_the_whole_table_each_time() {
    const BULK: [(&str, &str); 3] = [("mode", "bulk"), T, ("batch.max.rows", "2")];
    on_both("pass", async |stage| {
        for key in ["id INT PRIMARY KEY", "id VARCHAR(9) PRIMARY KEY", "id INT"] {
            stage
                .say(&format!("DROP TABLE IF EXISTS t; CREATE TABLE t ({key}); INSERT INTO t VALUES (1), (2), (3)"))
                .await;
            let journal = MemoryJournal::default();
            for _ in 0..2 {
                assert_eq!(stage.told(&journal, &BULK).await.len(), 3, "{key}");
            }
            assert!(journal.offsets().is_empty(), "{key}");
        }
    });
}

#[test]
fn columns_that_come_and_go_are_followed() {
    on_both("columns", async |stage| {
        let journal = MemoryJournal::default();
        stage.say("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT); INSERT INTO t (v) VALUES (1)").await;
        let (source, rules) = stage.source(&INCREMENTING);
        let mut poll =
            sluice_source::poll::Poll::open(source, journal.clone(), rules).await.expect("a poll");
        let mut changes = vec![];
        for change in [
            "INSERT INTO t (v) VALUES (2)",
            "ALTER TABLE t ADD w JSON; INSERT INTO t (w) VALUES ('[1]')",
            "ALTER TABLE t DROP v, RENAME COLUMN w TO x; INSERT INTO t (x) VALUES ('[2]')",
            "ALTER TABLE t MODIFY x LONGTEXT CHARACTER SET utf8mb4; INSERT INTO t (x) VALUES ('[3]')",
        ] {
            stage.say(change).await;
            let until = tokio::time::Instant::now() + Duration::from_secs(9);
            let outcome = poll.run(until).await.expect("it goes on");
            assert_eq!(outcome.error(), None, "{change}");
            changes.extend(journal.take().into_iter().map(|told| told.value));
        }
        poll.close().await;
        let told = [
            r#"{"id":1,"v":1}"#,
            r#"{"id":2,"v":2}"#,
            r#"{"id":3,"v":null,"w":[1]}"#,
            r#"{"id":4,"x":[2]}"#,
            r#"{"id":5,"x":"[3]"}"#,
        ];
        assert_eq!(changes, told);
        let notes = poll.warnings().join("\n");
        assert!(
            notes.contains("new columns `w`") && notes.contains("columns gone `v`, `w`"),
            "{notes}"
        );
    });
}

#[test]
fn a_table_that_was_emptied_is_noticed() {
    on_both("emptied", async |stage| {
        let journal = MemoryJournal::default();
        stage.say("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY); INSERT INTO t VALUES (), (), ()").await;
        assert_eq!(stage.values(&journal, &INCREMENTING).await.len(), 3);
        stage.say("DELETE FROM t").await;
        assert_eq!(stage.values(&journal, &INCREMENTING).await.len(), 0, "ids go on");
        stage.say("TRUNCATE t; INSERT INTO t VALUES ()").await;
        let told = stage.poll(&journal, &INCREMENTING).await.expect("an outcome").error();
        let told = told.expect("an error").message;
        assert!(told.contains("it was emptied or created again"), "{told}");
        let restarts = [&INCREMENTING[..], &[("table.recreated", "restart")]].concat();
        assert_eq!(stage.values(&journal, &restarts).await, [r#"{"id":1}"#]);
    });
}

#[test]
fn what_cannot_be_read_without_loss_is_refused() {
    on_both("refused", async |stage| {
        for (table, options, why) in [
            ("id INT PRIMARY KEY", &INCREMENTING[..], "no AUTO_INCREMENT column"),
            ("id INT AUTO_INCREMENT PRIMARY KEY, ts DATETIME", &TIMESTAMP[..], "may be NULL"),
            (
                "id INT AUTO_INCREMENT PRIMARY KEY, ts DATE NOT NULL",
                &TIMESTAMP[..],
                "is not a TIMESTAMP or DATETIME",
            ),
            ("id INT AUTO_INCREMENT PRIMARY KEY, x INT", &TIMESTAMP[..], "has no column `ts`"),
        ] {
            stage.say(&format!("DROP TABLE IF EXISTS t; CREATE TABLE t ({table})")).await;
            let error = stage.refused(options).await;
            assert!(error.next == Next::Stop && error.message.contains(why), "{error}");
        }
        let nothing = [("mode", "bulk"), ("table.whitelist", "other")];
        let error = stage.poll(&MemoryJournal::default(), &nothing).await.expect_err("no table");
        assert!(error.message.contains("no table that this account sees"), "{error}");
        stage
            .say("DROP TABLE t; CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE = MyISAM")
            .await;
        let error = stage.refused(&INCREMENTING).await;
        assert!(error.message.contains("only InnoDB"), "{error}");
        stage.say("DROP TABLE t; CREATE TABLE t (id INT PRIMARY KEY, ts DATETIME NOT NULL)").await;
        let zone = [&TIMESTAMP[..], &[("db.timezone", "+08:00")]].concat();
        let error = stage.refused(&zone).await;
        assert!(error.message.contains("db.timezone says +08:00"), "{error}");
    });
}

#[test]
fn a_table_that_is_refused_does_not_keep_the_others_from_being_read() {
    on_both("one_refused", async |stage| {
        stage
            .say(
                "CREATE TABLE bad (id INT PRIMARY KEY); CREATE TABLE old (id INT AUTO_INCREMENT PRIMARY KEY) \
                 ENGINE = MyISAM; CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY); INSERT INTO t VALUES (1); \
                 CREATE TABLE gone (id INT AUTO_INCREMENT PRIMARY KEY); \
                 CREATE VIEW broken AS SELECT * FROM gone; DROP TABLE gone",
            )
            .await;
        let options = [
            ("mode", "incrementing"),
            ("table.whitelist", "bad,old,t,broken"),
            ("table.types", "TABLE,VIEW"),
        ];
        let journal = MemoryJournal::default();
        for rows in [1, 0] {
            let outcome = stage.poll(&journal, &options).await.expect("an outcome");
            assert_eq!(journal.take().len(), rows);
            let told = outcome.error().expect("an error").message;
            let database = &stage.database;
            for words in ["bad: it has no AUTO_INCREMENT", "old: its engine is MyISAM", "broken: "]
            {
                let words = format!("table {database}.{words}");
                assert!(told.contains(&words), "nothing of {words} in {told}");
            }
        }
    });
}

#[test]
fn ids_that_connect_cannot_keep_are_refused() {
    on_both("large_ids", async |stage| {
        let mut conn = stage.connect().await;
        let sql = "CREATE TABLE t (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY); INSERT INTO t VALUES (1), (9223372036854775808)";
        conn.query_drop(sql).await.expect("a table");
        conn.disconnect().await.expect("goodbye");
        let outcome =
            stage.poll(&MemoryJournal::default(), &INCREMENTING).await.expect("an outcome");
        let told = outcome.error().expect("an error").message;
        assert!(told.contains("above 9223372036854775807"), "{told}");
    });
}

/// Where no id is needed, a key that has no place in an offset orders nothing.
#[test]
fn a_key_of_large_numbers_is_read_by_the_other_modes() {
    on_both("large_keys", async |stage| {
        const BULK: [(&str, &str); 2] = [("mode", "bulk"), T];
        for kind in ["BIGINT UNSIGNED", "DECIMAL(20)"] {
            for (most, options) in [
                ("2", &BULK[..]),
                ("9223372036854775808", &BULK[..]),
                ("9223372036854775808", &TIMESTAMP[..]),
            ] {
                stage
                    .say(&format!(
                        "DROP TABLE IF EXISTS t; CREATE TABLE t (id {kind} PRIMARY KEY, ts DATETIME NOT NULL, KEY (ts)); \
                         INSERT INTO t VALUES (1, '2026-01-01'), ({most}, '2026-01-01')"
                    ))
                    .await;
                let told = stage.told(&MemoryJournal::default(), options).await;
                assert_eq!(told.len(), 2, "{kind} {most}");
            }
        }
    });
}

#[test]
fn a_table_that_begins_now_begins_once() {
    on_both("begins", async |stage| {
        let journal = MemoryJournal::default();
        let now = [&TIMESTAMP[..], &[("timestamp.initial", "-1")]].concat();
        stage
            .say(
                "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, \
                 ts TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), KEY (ts)); INSERT INTO t () VALUES ()",
            )
            .await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(stage.told(&journal, &now).await.len(), 0, "older rows are not told");
        stage.say("INSERT INTO t () VALUES ()").await;
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        let told = stage.values(&journal, &now).await;
        assert!(told.len() == 1 && told[0].starts_with("{\"id\":2,"), "{told:?}");
    });
}
