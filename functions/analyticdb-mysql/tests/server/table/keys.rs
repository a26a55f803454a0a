//! Rows found by their key: upserts, updates, tombstones.

use sluice_bridge::model::failure::Fault;
use sluice_testkit::{EventBuilder, invocation};

use crate::support::{BY_KEY, INSERT, Options, UPDATE, UPSERT, all_written, everywhere, refused};

/// Upserts of half a row in thousands, of which half are there.
#[test]
fn many_upserts_that_leave_something_out() {
    everywhere("table_partial_many", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, must text NOT NULL, may int)").await;
        let whole = (0..1500).map(|id| format!(r#"{{"id":{},"must":"m","may":0}}"#, 2 * id));
        assert_eq!(stage.deliver("t", UPSERT, whole).await, Ok(all_written(1500)));
        let half = (0..3000).map(|id| format!(r#"{{"id":{id},"may":{id}}}"#));
        let outcome = stage.deliver("t", UPSERT, half).await;
        let odd: Vec<_> = (0..1500).map(|id| (2 * id + 1, Some("1364"))).collect();
        assert_eq!(refused(&outcome), odd);
        let rows = "SELECT COUNT(*), SUM(may = id), SUM(must = 'm') FROM t";
        assert_eq!(stage.rows(rows).await, [["1500", "1500", "1500"]]);
    });
}

/// Updates in thousands, of which a few find nothing and a few are refused by the server.
#[test]
fn many_updates() {
    everywhere("table_update_many", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v int, CHECK (v < 100000))").await;
        let all = (0..3000).map(|id| format!(r#"{{"id":{id},"v":0}}"#));
        assert_eq!(stage.deliver("t", UPSERT, all).await, Ok(all_written(3000)));
        let values = (0..3000).map(|nth| match nth {
            7 | 1500 | 2999 => format!(r#"{{"id":{nth},"v":100000}}"#),
            8 | 1501 => format!(r#"{{"id":-{nth},"v":1}}"#),
            _ => format!(r#"{{"id":{nth},"v":{nth}}}"#),
        });
        let outcome = stage.deliver("t", UPDATE, values).await;
        let code = Some(stage.either("3819", "4025"));
        assert_eq!(refused(&outcome), [(7, code), (1500, code), (2999, code)]);
        let outcome = outcome.unwrap();
        assert_eq!((outcome.written, outcome.filtered), (2995, 2));
        let rows = "SELECT COUNT(*), SUM(v = id) FROM t";
        assert_eq!(stage.rows(rows).await, [["3000", "2995"]]);
    });
}

/// The server would compare text with a number as numbers, and find more than was meant.
#[test]
fn a_number_does_not_find_the_text_that_looks_like_it() {
    everywhere("table_key_coerced", async |stage| {
        for (mode, value) in [(UPDATE, Some("new")), (BY_KEY, Some("new")), (BY_KEY, None)] {
            stage
                .sql("DROP TABLE IF EXISTS t; CREATE TABLE t (k varchar(9) PRIMARY KEY, v text)")
                .await;
            stage.sql("INSERT INTO t VALUES ('7', 'old'), ('07', 'old'), ('7.0', 'old'), ('7x', 'old')").await;
            let outcome = if mode == UPDATE {
                stage.deliver("t", UPDATE, [r#"{"k":7,"v":"new"}"#]).await
            } else {
                stage.deliver_key("t", r#"{"k":7}"#, value.map(|_| r#"{"v":"new"}"#)).await
            };
            assert_eq!(outcome, Ok(all_written(1)), "{value:?}");
            let others = "SELECT COUNT(*) FROM t WHERE k <> '7' AND v = 'old'";
            assert_eq!(stage.column(others).await, ["3"], "{value:?}");
            let changed = stage.column("SELECT v FROM t WHERE k = '7'").await;
            assert_eq!(changed, value.map(str::to_owned).into_iter().collect::<Vec<_>>());
        }
    });
}

/// More tombstones than one statement takes, of composite keys, among rows that stay.
#[test]
fn many_tombstones() {
    everywhere("table_tombstones", async |stage| {
        stage.sql("CREATE TABLE t (a int, b varchar(9), PRIMARY KEY (a, b))").await;
        let all = (0..1500).map(|id| format!(r#"{{"a":{},"b":"k{}"}}"#, id / 10, id % 10));
        assert_eq!(stage.deliver("t", UPSERT, all).await, Ok(all_written(1500)));
        let event = (0..1500).filter(|id| id % 3 > 0).fold(EventBuilder::msk(), |event, id| {
            let key = format!(r#"{{"b":"k{}","a":{}}}"#, id % 10, id / 10);
            let record = event.next("t", 0).key(key);
            event.record(record)
        });
        let rules = invocation::rules(BY_KEY);
        let outcome = invocation::deliver(&mut stage.sink(), &event.build(), &rules).await;
        assert_eq!(outcome, Ok(all_written(1000)));
        let left = "SELECT COUNT(*), SUM((a * 10 + SUBSTR(b, 2)) % 3 = 0) FROM t";
        assert_eq!(stage.rows(left).await, [["500", "500"]]);
    });
}

/// Without an index that tells them apart, rows of one key would pile up.
#[test]
fn an_upsert_needs_something_unique() {
    everywhere("table_no_index", async |stage| {
        let by_id: Options<'_> = &[("pk.fields", "id")];
        for (indexes, is_enough) in [
            ("", false),
            (", KEY (id)", false),
            (", UNIQUE KEY (id, v(5))", false),
            (", UNIQUE KEY (id, n)", false),
            (", UNIQUE KEY (id)", true),
            (", PRIMARY KEY (n), UNIQUE KEY (id)", true),
        ] {
            stage.sql("DROP TABLE IF EXISTS t").await;
            let columns = "id int NOT NULL, n int NOT NULL DEFAULT 0, v varchar(50)";
            stage.sql(&format!("CREATE TABLE t ({columns}{indexes})")).await;
            let outcome =
                stage.deliver("t", &[UPSERT, by_id].concat(), [r#"{"id":1,"v":"a"}"#]).await;
            if is_enough {
                assert_eq!(outcome, Ok(all_written(1)), "{indexes}");
            } else {
                let error = outcome.expect_err(indexes).error;
                assert_eq!(error.fault, Fault::Fatal);
                assert!(
                    error.to_string().contains("no primary key or unique index on exactly `id`")
                );
            }
        }
    });
}

/// A unique index may be of columns that may be null, and then holds nulls in any number.
#[test]
fn a_unique_key_that_may_be_null() {
    everywhere("table_nullable", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (n int AUTO_INCREMENT PRIMARY KEY, k varchar(9) UNIQUE, v text); \
                 INSERT INTO t (k, v) VALUES (NULL, 'a'), (NULL, 'b'), ('x', 'c')",
            )
            .await;
        let by_k = [UPSERT, &[("pk.fields", "k")]].concat();
        let values = [r#"{"k":"x","v":"C"}"#, r#"{"k":"y","v":"D"}"#, r#"{"k":null,"v":"E"}"#];
        let outcome = stage.deliver("t", &by_k, values).await;
        assert_eq!(refused(&outcome), [(2, None)]);
        let rows = stage.rows("SELECT k, v FROM t ORDER BY n").await;
        assert_eq!(rows, [["∅", "a"], ["∅", "b"], ["x", "C"], ["y", "D"]]);
    });
}

/// A key that its column keeps in another length than it came in: filled up, or without its blanks.
#[test]
fn a_key_is_found_as_its_column_keeps_it() {
    everywhere("table_kept_keys", async |stage| {
        for (kind, kept, given) in [
            ("binary(4)", "x'01020000'", "AQI="),
            ("char(4)", "'ab'", "ab  "),
            ("char(4)", "'ab'", "ab"),
        ] {
            stage.sql("DROP TABLE IF EXISTS t").await;
            stage.sql(&format!("CREATE TABLE t (k {kind} PRIMARY KEY, v int)")).await;
            stage.sql(&format!("INSERT INTO t VALUES ({kept}, 1)")).await;
            let changed = format!(r#"{{"k":"{given}","v":2}}"#);
            assert_eq!(stage.deliver("t", UPDATE, [&changed]).await, Ok(all_written(1)), "{kind}");
            assert_eq!(stage.column("SELECT v FROM t").await, ["2"], "{kind}");
            assert_eq!(stage.deliver("t", UPSERT, [&changed]).await, Ok(all_written(1)), "{kind}");
            assert_eq!(stage.column("SELECT v FROM t").await, ["2"], "{kind}");
            let key = format!(r#"{{"k":"{given}"}}"#);
            let body = EventBuilder::msk().keyed("t", 0, [(key, None)]).build();
            let outcome =
                invocation::deliver(&mut stage.sink(), &body, &invocation::rules(BY_KEY)).await;
            assert_eq!(outcome, Ok(all_written(1)), "{kind}");
            assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["0"], "{kind}");
        }
    });
}

/// A key that no record can give is the table's fault.
#[test]
fn a_key_that_the_server_makes() {
    everywhere("keys_made", async |stage| {
        let generated = "CREATE TABLE t (a int, id int AS (a + 1) STORED, PRIMARY KEY (id))";
        let hidden =
            "SET SESSION sql_generate_invisible_primary_key = 1; CREATE TABLE t (a int UNIQUE)";
        let setups = stage.either(vec![generated, hidden], vec![]);
        for setup in setups {
            stage.sql(&format!("DROP TABLE IF EXISTS t; {setup}")).await;
            let outcome = stage.deliver("t", UPSERT, [r#"{"a":1}"#, r#"{"a":2,"id":3}"#]).await;
            let error = outcome.expect_err("no record has such a key").error;
            assert_eq!(error.fault, Fault::Fatal, "{setup}: {error}");
            assert!(error.to_string().contains("pk.fields"), "{error}");
            let outcome = stage.deliver("t", INSERT, [r#"{"a":1}"#]).await;
            assert_eq!(outcome, Ok(all_written(1)), "{setup}");
        }
        stage.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (a int UNIQUE, v int)").await;
        let by_a = [UPSERT, &[("pk.fields", "a")]].concat();
        assert_eq!(stage.deliver("t", &by_a, [r#"{"a":1,"v":2}"#]).await, Ok(all_written(1)));
    });
}
