//! Rows that the table itself refuses: each costs itself and nothing else.

use sluice_testkit::{EventBuilder, invocation};

use crate::support::{INSERT, Options, Stage, UPSERT, everywhere, refused};

/// Where the bad rows are, among so many.
const PLACES: [(usize, &[usize]); 8] = [
    (1, &[0]),
    (2, &[0]),
    (2, &[1]),
    (10, &[3, 9]),
    (900, &[0]),
    (900, &[899]),
    (2_600, &[0, 1, 1_000, 1_001, 2_599]),
    (2_600, &[1_300]),
];

/// Delivers rows to a table that refuses those whose `v` is `bad`, by both ways in.
async fn check(stage: &mut Stage, setup: &str, code: &str) {
    for (options, (count, bad)) in
        [INSERT, UPSERT].into_iter().flat_map(|options| PLACES.map(|place| (options, place)))
    {
        stage.sql(&format!("DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS other; {setup}")).await;
        let value = |id: usize| match bad.contains(&id) {
            true => format!(r#"{{"id":{id},"v":"bad"}}"#),
            false => format!(r#"{{"id":{id},"v":"v{}"}}"#, id % 10),
        };
        let outcome = stage.deliver("t", options, (0..count).map(value)).await;
        let expected: Vec<_> = bad.iter().map(|&id| (id, Some(code))).collect();
        assert_eq!(refused(&outcome), expected, "{setup}: {options:?}, {count}");
        for failure in &outcome.as_ref().expect("refused rows are no fault").failures {
            let message = &failure.cause.message;
            assert!(!message.contains("bad"), "quotes the value: {message}");
        }
        let stored = "SELECT COUNT(*), COUNT(DISTINCT id), SUM(v = 'bad') FROM t";
        let left = (count - bad.len()).to_string();
        let wrong = if count == bad.len() { "∅" } else { "0" };
        assert_eq!(
            stage.rows(stored).await,
            [[&*left, &*left, wrong]],
            "{setup}: {options:?}, {count}"
        );
    }
}

#[test]
fn a_check() {
    everywhere("refused_check", async |stage| {
        let setup =
            "CREATE TABLE t (id int PRIMARY KEY, v varchar(9), CONSTRAINT good CHECK (v <> 'bad'))";
        check(stage, setup, stage.either("3819", "4025")).await;
        let outcome = stage.deliver("t", UPSERT, [r#"{"id":1,"v":"bad"}"#]).await.unwrap();
        let message = &outcome.failures[0].cause.message;
        assert!(message.contains("\"good\""), "{message}");
    });
}

#[test]
fn a_foreign_key() {
    everywhere("refused_reference", async |stage| {
        let names: Vec<String> = (0..10).map(|n| format!("('v{n}')")).collect();
        let setup = format!(
            "CREATE TABLE other (v varchar(9) PRIMARY KEY); INSERT INTO other VALUES {}; \
             CREATE TABLE t (id int PRIMARY KEY, v varchar(9), \
             CONSTRAINT known FOREIGN KEY (v) REFERENCES other (v))",
            names.join(",")
        );
        check(stage, &setup, "1452").await;
        let outcome = stage.deliver("t", UPSERT, [r#"{"id":1,"v":"bad"}"#]).await.unwrap();
        let message = &outcome.failures[0].cause.message;
        assert!(message.contains("\"known\""), "{message}");
    });
}

#[test]
fn a_generated_column() {
    everywhere("refused_generated", async |stage| {
        let setup = "CREATE TABLE t (id int PRIMARY KEY, v varchar(9), \
             n int GENERATED ALWAYS AS (10 / (v <> 'bad')) STORED)";
        check(stage, setup, "1365").await;
    });
}

#[test]
fn a_partition_that_there_is_not() {
    everywhere("refused_partition", async |stage| {
        let labels: Vec<String> = (0..10).map(|n| format!("'v{n}'")).collect();
        let setup = format!(
            "CREATE TABLE t (id int, v varchar(9), PRIMARY KEY (id, v)) \
             PARTITION BY LIST COLUMNS (v) (PARTITION p VALUES IN ({}))",
            labels.join(",")
        );
        check(stage, &setup, "1526").await;
    });
}

/// What some storage engines do: rows before the bad one have stayed, and none may be doubled.
#[test]
fn engines_that_keep_what_a_failing_statement_has_done() {
    everywhere("refused_engines", async |stage| {
        let engines = stage.either(&["MyISAM", "MEMORY"][..], &["MyISAM", "MEMORY", "Aria"][..]);
        for engine in engines {
            for key in ["PRIMARY KEY", "UNIQUE"] {
                let setup = format!(
                    "CREATE TABLE t (id int {key}, v varchar(9), CHECK (v <> 'bad')) ENGINE={engine}"
                );
                let code = stage.either("3819", "4025");
                if key == "PRIMARY KEY" {
                    check(stage, &setup, code).await;
                    continue;
                }
                stage.sql(&format!("DROP TABLE IF EXISTS t; {setup}")).await;
                let value =
                    |id| format!(r#"{{"id":{id},"v":"{}"}}"#, if id == 700 { "bad" } else { "x" });
                // Twice: an upsert doubles nothing.
                let by_id = [UPSERT, &[("pk.fields", "id")]].concat();
                for _ in 0..2 {
                    let outcome = stage.deliver("t", &by_id, (0..1_500).map(value)).await;
                    assert_eq!(refused(&outcome), [(700, Some(code))]);
                    assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["1499"]);
                }
            }
            // Without anything unique a doubled row shows.
            stage
                .sql(&format!(
                    "DROP TABLE IF EXISTS t; CREATE TABLE t (id int, v varchar(9), CHECK (v <> 'bad')) ENGINE={engine}"
                ))
                .await;
            let value =
                |id| format!(r#"{{"id":{id},"v":"{}"}}"#, if id % 700 == 7 { "bad" } else { "x" });
            let outcome = stage.deliver("t", INSERT, (0..1_500).map(value)).await;
            assert_eq!(refused(&outcome).len(), 3);
            let rows = "SELECT COUNT(*), COUNT(DISTINCT id) FROM t";
            assert_eq!(stage.rows(rows).await, [["1497", "1497"]], "{engine}");
        }
    });
}

/// The same beneath a view, which hides it.
#[test]
fn a_view_of_an_engine_without_transactions() {
    everywhere("refused_view", async |stage| {
        stage
            .sql(
                "CREATE TABLE beneath (id int, v varchar(9), CHECK (v <> 'bad')) ENGINE=MyISAM; \
                 CREATE VIEW t AS SELECT * FROM beneath",
            )
            .await;
        let value =
            |id| format!(r#"{{"id":{id},"v":"{}"}}"#, if id % 700 == 7 { "bad" } else { "x" });
        let outcome = stage.deliver("t", INSERT, (0..1_500).map(value)).await;
        assert_eq!(refused(&outcome).len(), 3);
        let rows = "SELECT COUNT(*), COUNT(DISTINCT id) FROM t";
        assert_eq!(stage.rows(rows).await, [["1497", "1497"]]);
    });
}

/// Rows that an index cannot hold, or the table as a whole.
#[test]
fn a_row_too_large_for_the_table() {
    everywhere("refused_large", async |stage| {
        // Beyond what fits a page beside each other, each in the page itself.
        let columns: Vec<String> =
            (0..40).map(|nth| format!("c{nth} varchar(250) CHARACTER SET latin1")).collect();
        stage
            .sql(&format!(
                "SET SESSION innodb_strict_mode = 0; \
                 CREATE TABLE t (id int PRIMARY KEY, {}) ROW_FORMAT=DYNAMIC",
                columns.join(", ")
            ))
            .await;
        let wide: Vec<String> =
            (0..40).map(|nth| format!(r#""c{nth}":"{}""#, "x".repeat(250))).collect();
        let values = [
            r#"{"id":1,"c0":"a"}"#.to_owned(),
            format!(r#"{{"id":2,{}}}"#, wide.join(",")),
            r#"{"id":3,"c0":"a"}"#.to_owned(),
        ];
        for options in [INSERT, UPSERT] {
            stage.sql("DELETE FROM t").await;
            let outcome = stage.deliver("t", options, &values).await;
            assert_eq!(refused(&outcome), [(1, Some("1118"))]);
            assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["2"]);
        }
    });
}

/// What the index of a document's parts has no form for. MariaDB has no such index.
#[test]
fn an_object_among_the_parts_that_an_index_holds() {
    everywhere("refused_parts", async |stage| {
        if stage.is_mariadb() {
            return;
        }
        for part in ["UNSIGNED", "CHAR(9)"] {
            stage
                .sql(&format!(
                    "DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, j json, \
                     INDEX parts ((CAST(j->'$.a' AS {part} ARRAY))))"
                ))
                .await;
            let values =
                [r#"{"a":[1]}"#, r#"{"a":[{"b":1}]}"#, r#"{"a":{"b":1}}"#, r#"{"a":[[1]]}"#];
            let values =
                values.iter().enumerate().map(|(id, j)| format!(r#"{{"id":{id},"j":{j}}}"#));
            let bad = [(1, Some("3908")), (2, Some("1235")), (3, Some("3908"))];
            for options in [INSERT, UPSERT] {
                stage.sql("DELETE FROM t").await;
                let outcome = stage.deliver("t", options, values.clone()).await;
                assert_eq!(refused(&outcome), bad);
            }
        }
    });
}

/// One bad row without tolerance: nothing is left, and the record is named.
#[test]
fn without_tolerance_nothing_stays() {
    const STRICT: [Options<'_>; 2] =
        [&[], &[("insert.mode", "upsert"), ("pk.mode", "record_value")]];
    everywhere("refused_strict", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v varchar(9), CHECK (v <> 'bad'))").await;
        for options in STRICT {
            for (count, bad) in
                [(1, 0), (2, 1), (900, 450), (3_000, 0), (3_000, 1_700), (3_000, 2_999)]
            {
                let value =
                    |id| format!(r#"{{"id":{id},"v":"{}"}}"#, if id == bad { "bad" } else { "x" });
                let mut sink = stage.sink();
                let values = (0..count).map(value);
                let given_back = crate::support::deliver(&mut sink, "t", options, values)
                    .await
                    .expect_err("a row is bad");
                let code = Some(stage.either("3819", "4025"));
                assert_eq!(given_back.error.cause.code.as_deref(), code);
                let culprit = given_back.culprit.map(|(record, _)| record);
                assert_eq!(culprit, Some(bad), "{options:?}, {count}");
                assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["0"], "{options:?}");
                let again = crate::support::deliver(&mut sink, "t", INSERT, [r#"{"id":1}"#]).await;
                assert!(again.is_ok(), "{again:?}");
                stage.sql("DELETE FROM t").await;
            }
        }
    });
}

/// A tree whose keys run against its growth, put and taken down in the order of its records.
#[test]
fn a_tree_whose_keys_fall() {
    everywhere("refused_tree", async |stage| {
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES t (id))")
            .await;
        for depth in [2, 30, 1_200] {
            // Each refers to the one before it, of a higher key; one refers to nobody's.
            let value = |nth: usize| match nth {
                0 => format!(r#"{{"id":{depth},"parent":null}}"#),
                nth if nth == depth - 1 => r#"{"id":1,"parent":999999}"#.to_owned(),
                nth if nth % 40 == 0 => format!(r#"{{"id":{},"parent":null}}"#, depth - nth),
                nth => format!(r#"{{"id":{},"parent":{}}}"#, depth - nth, depth - nth + 1),
            };
            for options in [UPSERT, INSERT] {
                let outcome = stage.deliver("t", options, (0..depth).map(value)).await;
                assert_eq!(refused(&outcome), [(depth - 1, Some("1452"))], "{options:?} {depth}");
                let count = stage.column("SELECT COUNT(*) FROM t").await;
                assert_eq!(count, [(depth - 1).to_string()]);
                // The last to come is the first to go.
                let event = (2..=depth).fold(EventBuilder::msk(), |event, id| {
                    let record = event.next("t", 0).key(id.to_string());
                    event.record(record)
                });
                let rules = invocation::rules(crate::support::BY_KEY);
                let outcome = invocation::deliver(&mut stage.sink(), &event.build(), &rules).await;
                assert_eq!(refused(&outcome), []);
                assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["0"]);
            }
        }
    });
}
