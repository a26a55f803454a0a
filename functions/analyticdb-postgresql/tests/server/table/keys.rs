//! Rows found by their key: upserts, updates, tombstones.

use sluice_testkit::{EventBuilder, invocation};

use crate::support::{BY_KEY, UPDATE, UPSERT, all_written, on_stage, refused};

/// `INSERT … ON CONFLICT` alone would refuse it before it finds the row.
#[test]
fn an_upsert_may_leave_out_what_a_domain_wants() {
    on_stage("table_partial", async |stage| {
        stage.sql("CREATE DOMAIN must AS inet NOT NULL; CREATE TABLE d (id int PRIMARY KEY, must must, may text)").await;
        stage.sql("INSERT INTO d VALUES (1, '::1', 'old')").await;
        let values = [r#"{"id":1,"may":"new"}"#, r#"{"id":2,"may":"no such row"}"#];
        assert_eq!(refused(&stage.deliver("d", UPSERT, values).await), [(1, Some("23502"))]);
        assert_eq!(stage.rows("SELECT * FROM d").await, [["1", "::1", "new"]]);
    });
}

/// One key in two spellings is one row, and the later record wins.
#[test]
fn two_spellings_of_one_key_keep_their_order() {
    on_stage("table_spellings", async |stage| {
        let spellings = [
            ("numeric", "1.0", "1"),
            ("numeric", "2", "2.0"),
            ("numeric", "2e3", "\" 2000.00\""),
            ("int", "\"03\"", "3"),
            ("int", "4", "\"04\""),
            ("bigint", "5.0", "5"),
            ("bigint", "-0", "0"),
            ("char(5)", "\"a  \"", "\"a\""),
            (
                "uuid",
                "\"0123ABCD-4567-89EF-0123-456789ABCDEF\"",
                "\"0123abcd456789ef0123456789abcdef\"",
            ),
            ("bytea", "\"AP8=\"", "\"\\\\x00ff\""),
            ("boolean", "\"yes\"", "true"),
            ("date", "\"2026-01-02T00:00:00Z\"", "\"2026-01-02\""),
            ("timestamptz", "\"2026-01-02T03:04:05+02:00\"", "\"2026-01-02T01:04:05Z\""),
            ("timestamp", "1767225600000", "\"2026-01-01\""),
            ("double precision", "0", "-0.0"),
            ("real", "0.5", "5e-1"),
            // Only the server knows that these are one key.
            ("inet", "\"10.0.0.1\"", "\"10.0.0.1/32\""),
            ("interval", "\"1 day\"", "\"24:00:00\""),
        ];
        let mut wrong = Vec::new();
        for (number, (kind, first, later)) in spellings.into_iter().enumerate() {
            for mode in [UPSERT, UPDATE] {
                let table = format!("t{number}");
                stage.sql(&format!("DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (k {kind} PRIMARY KEY, v text)")).await;
                let value = |key: &str, text: &str| format!(r#"{{"k":{key},"v":"{text}"}}"#);
                stage.deliver(&table, UPSERT, [value(first, "old")]).await.expect("it is there");
                for (first, later) in [(first, later), (later, first)] {
                    let values = [value(first, "first"), value(later, "later")];
                    let outcome = stage.deliver(&table, mode, values).await;
                    let stored = stage.column(&format!("SELECT v FROM {table}")).await;
                    if stored != ["later"] || outcome != Ok(all_written(2)) {
                        wrong.push((kind, first, later, stored));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "the earlier record won: {wrong:#?}");
    });
}

/// … and so does a tombstone of either.
#[test]
fn two_spellings_of_one_key_come_and_go_in_order() {
    on_stage("table_come_and_go", async |stage| {
        stage.sql("CREATE TABLE t (k inet PRIMARY KEY, v text)").await;
        let (one, other) = ("10.0.0.1/32", "10.0.0.1");
        let put = Some(r#"{"v":"new"}"#);
        for (records, rows) in [
            ([(one, put), (other, None)], 0),
            ([(one, None), (other, put)], 1),
            ([(other, None), (one, put)], 1),
        ] {
            let mut event = EventBuilder::msk();
            for (key, value) in records {
                let record = event.next("t", 0).key(key);
                event = event.record(match value {
                    Some(value) => record.value(value),
                    None => record,
                });
            }
            let rules = invocation::rules(BY_KEY);
            let outcome = invocation::deliver(&mut stage.sink(), &event.build(), &rules).await;
            assert_eq!(outcome, Ok(all_written(2)));
            assert_eq!(stage.column("SELECT v FROM t").await.len(), rows, "{records:?}");
        }
    });
}

/// Columns that an index only carries along are none of its key.
#[test]
fn included_columns_are_not_the_key() {
    on_stage("table_included", async |stage| {
        let create = "CREATE TABLE t (id int, note text, PRIMARY KEY (id) INCLUDE (note))";
        if stage.sql_since(110_000, create).await {
            assert_eq!(stage.deliver("t", UPSERT, [r#"{"id":1}"#]).await, Ok(all_written(1)));
        }
    });
}
