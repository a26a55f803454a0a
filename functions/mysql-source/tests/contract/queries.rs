//! Queries, views, several columns of timestamps, and columns by table.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use sluice_source::error::Next;
use sluice_testkit::MemoryJournal;

use crate::late::ways;
use crate::stage::{Stage, on_both};

const SHOP: &str = "CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer INT NOT NULL, \
     made DATETIME(3) NOT NULL, changed DATETIME(3) NULL, KEY (made)); \
     CREATE TABLE customers (id INT PRIMARY KEY, name TEXT NOT NULL, tags JSON); \
     INSERT INTO customers VALUES (7, 'Ada', '[1]')";
const JOIN: &str = "SELECT o.id, c.name, c.tags FROM orders o JOIN customers c ON c.id = o.customer WHERE c.name <> 'x'";

fn row(id: u32) -> String {
    format!("INSERT INTO orders VALUES ({id}, 7, '2026-01-01 00:00:0{id}', NULL)")
}

#[test]
fn a_query_is_read_like_a_table() {
    on_both("query", async |stage| {
        stage.say(&format!("{SHOP}; {}; {}; {}", row(1), row(2), row(3))).await;
        let options = [
            ("mode", "incrementing"),
            ("incrementing.column.name", "id"),
            ("query", JOIN),
            ("topic.prefix", "joined"),
            ("batch.max.rows", "2"),
        ];
        let journal = MemoryJournal::default();
        let told = stage.told(&journal, &options).await;
        let values: Vec<_> = told.iter().map(|told| told.value.as_str()).collect();
        let value = |id| format!(r#"{{"id":{id},"name":"Ada","tags":[1]}}"#);
        assert_eq!(values, [value(1), value(2), value(3)]);
        assert_eq!((told[0].topic.as_str(), told[0].key.as_deref()), ("joined", None));
        let offsets: Vec<_> = journal.offsets().into_iter().collect();
        let (key, offset) = (r#"["c",{"query":"query"}]"#, r#"{"incrementing":3}"#);
        assert_eq!(offsets, [(key.to_owned(), offset.to_owned())]);
        stage.say(&row(5)).await;
        assert_eq!(stage.values(&journal, &options).await, [value(5)]);
    });
}

#[test]
fn a_query_waits_for_those_who_write_to_its_tables() {
    on_both("query_late", async |stage| {
        for way in ways(stage, "timestamp") {
            stage.say(&format!("DROP TABLE IF EXISTS orders, customers; {SHOP}")).await;
            let options = [
                ("mode", "incrementing"),
                ("incrementing.column.name", "id"),
                ("query", JOIN),
                ("topic.prefix", "joined"),
                ("late.commits", way),
            ];
            waits(stage, &options, way).await;
        }
        let refused = [
            ("mode", "incrementing"),
            ("incrementing.column.name", "id"),
            ("query", JOIN),
            ("topic.prefix", "joined"),
            ("late.commits", "table-lock"),
        ];
        let error = stage.poll(&MemoryJournal::default(), &refused).await.expect_err("no table");
        assert!(error.message.contains("it works only with tables, not with a query"), "{error}");
    });
}

/// A row of an open transaction is not passed by a later one.
async fn waits(stage: &Stage, options: &[(&str, &str)], what: &str) {
    let journal = MemoryJournal::default();
    let mut late = stage.connect().await;
    late.query_drop(format!("START TRANSACTION; {}", row(1))).await.expect("a row");
    stage.say(&row(2)).await;
    let waiting = stage.poll_for(Duration::from_secs(1), &journal, options).await;
    let waiting = waiting.expect("an outcome");
    assert!(!waiting.is_done && waiting.error().is_none(), "{what}: {waiting:?}");
    assert_eq!(journal.take(), [], "{what}");
    late.query_drop("COMMIT").await.expect("a commit");
    late.disconnect().await.expect("goodbye");
    assert_eq!(stage.values(&journal, options).await.len(), 2, "{what}");
}

#[test]
fn a_view_is_read_if_it_is_asked_for() {
    on_both("view", async |stage| {
        stage.say(&format!("{SHOP}; CREATE VIEW v AS SELECT id, made FROM orders")).await;
        let options = |types: &'static str, way: &'static str| {
            [
                ("mode", "incrementing"),
                ("incrementing.column.name", "id"),
                ("table.whitelist", "v"),
                ("table.types", types),
                ("late.commits", way),
            ]
        };
        let none = stage.poll(&MemoryJournal::default(), &options("TABLE", "auto")).await;
        let none = none.expect_err("no table").message;
        assert!(none.contains("no table that this account sees"), "{none}");
        for way in ways(stage, "incrementing") {
            stage.say("DELETE FROM orders").await;
            waits(stage, &options("TABLE,VIEW", way), way).await;
        }
    });
}

#[test]
fn the_first_timestamp_that_is_set_counts() {
    on_both("coalesce", async |stage| {
        stage.say(&format!("{SHOP}; {}; {}", row(1), row(2))).await;
        let options = [
            ("mode", "timestamp"),
            ("timestamp.column.name", "changed, made"),
            ("table.whitelist", "orders"),
        ];
        let journal = MemoryJournal::default();
        let told = stage.told(&journal, &options).await;
        assert_eq!(told.len(), 2);
        assert_eq!(told[1].timestamp, Some(1_767_225_602_000));
        stage.say("UPDATE orders SET changed = '2026-01-01 00:00:09' WHERE id = 1").await;
        let told = stage.told(&journal, &options).await;
        assert_eq!(told.len(), 1);
        assert!(told[0].value.starts_with(r#"{"id":1,"#), "{told:?}");
        assert_eq!(told[0].timestamp, Some(1_767_225_609_000));
    });
}

#[test]
fn rows_without_a_timestamp_are_counted() {
    on_both("no_time", async |stage| {
        stage.say(&format!("{SHOP}; {}; {}; {}", row(1), row(2), row(3))).await;
        stage.say("UPDATE orders SET changed = made WHERE id = 2").await;
        let options = [
            ("mode", "timestamp"),
            ("timestamp.column.name", "changed"),
            ("table.whitelist", "orders"),
            ("validate.non.null", "false"),
        ];
        let (told, warnings) = stage.told_with_warnings(&options).await;
        assert_eq!(told.len(), 1);
        assert!(warnings.contains("2 rows have no timestamp and are never read"), "{warnings}");
        let plan = "it needs an index on (`changed`, `id`); the server plans table=orders type=ALL";
        assert!(warnings.contains(plan), "{warnings}");
    });
}

#[test]
fn rows_with_a_timestamp_of_zero_are_counted() {
    on_both("zero_time", async |stage| {
        for kind in ["DATETIME NOT NULL", "DATETIME NULL"] {
            stage
                .say(&format!(
                    "SET sql_mode = ''; DROP TABLE IF EXISTS t; \
                     CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, ts {kind}, KEY (ts)); \
                     INSERT INTO t (ts) VALUES ('0000-00-00 00:00:00'), ('2026-01-01')"
                ))
                .await;
            let options = [
                ("mode", "timestamp"),
                ("timestamp.column.name", "ts"),
                ("table.whitelist", "t"),
                ("validate.non.null", "false"),
            ];
            let (told, warnings) = stage.told_with_warnings(&options).await;
            assert_eq!(told.len(), 1, "{kind}");
            let zero = "1 rows have a timestamp of zero and are never read";
            assert!(warnings.contains(zero), "{kind}: {warnings}");
        }
    });
}

/// A time that the server does not set may be too early, or too late.
#[test]
fn a_time_that_an_application_sets_is_doubted() {
    on_both("app_time", async |stage| {
        let ts = "TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)";
        stage
            .say(&format!(
                "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, app DATETIME NOT NULL, server {ts}, KEY (app), KEY (server)); \
                 INSERT INTO t (app) VALUES ('2099-01-01')"
            ))
            .await;
        let by = |column| {
            [("mode", "timestamp"), ("timestamp.column.name", column), ("table.whitelist", "t")]
        };
        let (told, warnings) = stage.told_with_warnings(&by("app")).await;
        assert_eq!(told, [], "its time has not come");
        for words in ["column `app` has no CURRENT_TIMESTAMP", "s ahead of the server's clock"] {
            assert!(warnings.contains(words), "nothing of {words} in {warnings}");
        }
        assert_eq!(stage.told_with_warnings(&by("server")).await.1, "");
    });
}

#[test]
fn each_table_has_its_own_columns() {
    on_both("mapped", async |stage| {
        stage
            .say(
                "CREATE TABLE a (n INT AUTO_INCREMENT PRIMARY KEY); CREATE TABLE b (m INT PRIMARY KEY); \
                 INSERT INTO a VALUES (1); INSERT INTO b VALUES (2)",
            )
            .await;
        let mapping = r"source_mapped\.a:n,.*\.b:m";
        let options = [
            ("mode", "incrementing"),
            ("table.include.list", r"source_mapped\.[ab]"),
            ("incrementing.column.mapping", mapping),
        ];
        let (told, warnings) = stage.told_with_warnings(&options).await;
        // A table whose rows may be read at once comes before one that waits for a writer elsewhere on the server.
        let mut told: Vec<_> = told.iter().map(|told| told.value.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, [r#"{"m":2}"#, r#"{"n":1}"#]);
        assert!(warnings.contains("column `m` is not AUTO_INCREMENT"), "{warnings}");
        assert!(!warnings.contains("column `n`"), "{warnings}");
    });
}

#[test]
fn an_id_that_two_rows_may_have_is_refused() {
    on_both("twice", async |stage| {
        stage
            .say("CREATE TABLE t (id INT NOT NULL, part INT NOT NULL, PRIMARY KEY (id, part))")
            .await;
        let options = [
            ("mode", "incrementing"),
            ("incrementing.column.name", "id"),
            ("table.whitelist", "t"),
        ];
        let error = stage.refused(&options).await;
        assert!(error.next == Next::Stop && error.message.contains("no unique index"), "{error}");
        stage.say("ALTER TABLE t ADD UNIQUE KEY (id)").await;
        assert_eq!(stage.values(&MemoryJournal::default(), &options).await.len(), 0);
    });
}

#[test]
fn a_suffix_stands_behind_each_page() {
    on_both("suffix", async |stage| {
        stage.say(&format!("{SHOP}; {}", row(1))).await;
        let by = |suffix: &'static str| {
            [("mode", "incrementing"), ("table.whitelist", "orders"), ("query.suffix", suffix)]
        };
        let journal = MemoryJournal::default();
        assert_eq!(stage.values(&journal, &by("LOCK IN SHARE MODE")).await.len(), 1);
        stage.say(&row(2)).await;
        let outcome = stage.poll(&journal, &by("NONSENSE")).await.expect("an outcome");
        assert!(outcome.error().is_some_and(|error| error.message.contains("(1064)")));
    });
}

#[test]
fn rows_are_read_no_faster_than_asked_for() {
    on_both("pace", async |stage| {
        stage.say(&format!("{SHOP}; {}; {}; {}; {}", row(1), row(2), row(3), row(4))).await;
        let options = [
            ("mode", "incrementing"),
            ("table.whitelist", "orders"),
            ("late.commits", "delay"),
            ("max.rows.per.second", "2"),
        ];
        let start = tokio::time::Instant::now();
        let told = stage.values(&MemoryJournal::default(), &options).await;
        assert_eq!(told.len(), 4);
        let took = start.elapsed();
        assert!(took >= Duration::from_secs(1), "the second page waits for the first: {took:?}");
    });
}
