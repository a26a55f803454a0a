//! What a person is told: the column, the table, and whose limit it was.

use sluice_bridge::model::failure::Fault;

use crate::support::{INSERT, UPSERT, deliver, on_stage, refused};

/// However a refused row is found, its letter names the column, and never one of a temporary table.
#[test]
fn every_refused_value_names_its_column() {
    on_stage("words_column", async |stage| {
        let cases =
            [("doc jsonb", r#""\u0000""#, "22P05"), ("doc bit varying(3)", r#""12""#, "22P02")];
        for (declared, bad, code) in cases {
            for (rows, bad_rows) in [(12, 1), (12, 8), (1_200, 1), (1_200, 8), (1_200, 40)] {
                for options in [INSERT, UPSERT] {
                    stage
                        .sql(&format!(
                            "CREATE TABLE t (id int PRIMARY KEY, a text, b int, {declared})"
                        ))
                        .await;
                    let step = rows / bad_rows;
                    let value = |id: usize| {
                        let doc = if id.is_multiple_of(step) && id / step < bad_rows {
                            bad
                        } else {
                            "true"
                        };
                        format!(r#"{{"id":{id},"a":"x","b":1,"doc":{doc}}}"#)
                    };
                    let outcome = stage.deliver("t", options, (0..rows).map(value)).await;
                    let outcome = outcome.expect("bad rows are no fault");
                    let context = format!("{declared}, {bad_rows} of {rows}, {options:?}");
                    assert_eq!(outcome.failures.len(), bad_rows, "{context}");
                    for failure in &outcome.failures {
                        let cause = &failure.cause;
                        assert_eq!(cause.code.as_deref(), Some(code), "{context}: {cause:?}");
                        assert_eq!(cause.column.as_deref(), Some("doc"), "{context}: {cause:?}");
                        assert!(cause.message.starts_with("column \"doc\""), "{cause}");
                    }
                    stage.sql("DROP TABLE t").await;
                }
            }
        }
    });
}

/// So it does where the server reads several columns.
#[test]
fn a_refused_value_among_several_names_its_column() {
    on_stage("words_several", async |stage| {
        let good = ["1.2.3.4", "101", "{}", "a & b"];
        let bad = ["1.2.3", "102", "\\u0000", "a &"];
        let names = ["net", "bits", "doc", "query"];
        for (rows, step) in [(1, 1), (12, 12), (12, 3), (1_200, 150), (1_200, 20)] {
            for options in [INSERT, UPSERT] {
                stage
                    .sql(
                        "CREATE TABLE t (id int PRIMARY KEY, a text, net inet, bits bit varying(3), \
                         doc jsonb, query tsquery, other inet)",
                    )
                    .await;
                let is_bad = |id: usize| id.is_multiple_of(step);
                let value = |id: usize| {
                    let part = |nth: usize| match is_bad(id) && nth == id / step % 4 {
                        true => bad[nth],
                        false => good[nth],
                    };
                    let parts = (0..4).map(|nth| format!(r#""{}":"{}""#, names[nth], part(nth)));
                    let parts = parts.collect::<Vec<_>>().join(",");
                    format!(r#"{{"id":{id},"a":"x",{parts},"other":null}}"#)
                };
                let outcome = stage.deliver("t", options, (0..rows).map(value)).await;
                let outcome = outcome.expect("bad rows are no fault");
                let context = format!("every {step} of {rows}, {options:?}");
                let found: Vec<usize> = outcome.failures.iter().map(|it| it.record).collect();
                assert_eq!(found, (0..rows).step_by(step).collect::<Vec<_>>(), "{context}");
                for failure in &outcome.failures {
                    let expected = names[failure.record / step % 4];
                    let cause = &failure.cause;
                    assert_eq!(cause.column.as_deref(), Some(expected), "{context}: {cause:?}");
                }
                let left = (rows - found.len()).to_string();
                assert_eq!(stage.column("SELECT count(*) FROM t").await, [left], "{context}");
                stage.sql("DROP TABLE t").await;
            }
        }
    });
}

#[test]
fn a_missing_index_names_table_and_columns() {
    on_stage("words_index", async |stage| {
        stage.sql("CREATE TABLE t (a int, \"B\" int, v text)").await;
        let options = [UPSERT, &[("pk.fields", "a,B")]].concat();
        for rows in [1, 1_200] {
            let values = (0..rows).map(|id| format!(r#"{{"a":{id},"B":1,"v":"x"}}"#));
            let given_back = stage.deliver("t", &options, values).await;
            let error = given_back.expect_err("there is no index").error;
            assert_eq!((error.fault, error.cause.code.as_deref()), (Fault::Fatal, Some("42P10")));
            let told = error.to_string();
            assert!(
                told.contains(
                    "table \"t\" has no primary key or unique index on exactly (\"a\", \"B\")"
                ),
                "{told}"
            );
        }
    });
}

#[test]
fn a_timeout_within_a_function_is_told_as_one() {
    on_stage("words_timeout", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY); \
                 CREATE FUNCTION doze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN new; END $$; \
                 CREATE TRIGGER d BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE doze()",
            )
            .await;
        for options in [INSERT, UPSERT] {
            let options = [options, &[("max.retries", "0")]].concat();
            let mut sink = stage.sink_with(&["statement_timeout=500ms"]);
            let given_back = deliver(&mut sink, "t", &options, [r#"{"id":1}"#]).await;
            let error = given_back.expect_err("it takes too long").error;
            assert_eq!(error.fault, Fault::Transient);
            // On a slow machine the statement did not come as far as the function.
            let told = error.to_string();
            assert!(
                told.contains("statement_timeout") || told.contains("statement timeout"),
                "{told}"
            );
        }
    });
}

/// A code of the author's own is a row's refusal however many rows there are; one that looks so and
/// is not of RAISE is nobody's.
#[test]
fn a_triggers_own_code_costs_the_row() {
    on_stage("words_own", async |stage| {
        stage
            .sql(
                "CREATE TABLE t (id int PRIMARY KEY, v text); \
                 CREATE FUNCTION pick() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE found int; BEGIN \
                   IF new.v = 'own' THEN RAISE 'not this one' USING ERRCODE = 'UQ001'; END IF; \
                   IF new.v = 'strict' THEN SELECT 1 INTO STRICT found WHERE false; END IF; \
                   IF new.v = 'assert' THEN ASSERT false; END IF; \
                   RETURN new; END $$; \
                 CREATE TRIGGER p BEFORE INSERT ON t FOR EACH ROW EXECUTE PROCEDURE pick()",
            )
            .await;
        for options in [INSERT, UPSERT] {
            let value = |id: usize| {
                let word =
                    ["own", "strict", "assert", "fine"].get(id / 3).copied().unwrap_or("fine");
                format!(r#"{{"id":{id},"v":"{word}"}}"#)
            };
            let outcome = stage.deliver("t", options, (0..40).map(value)).await;
            let codes = ["UQ001", "P0002", "P0004"];
            let expected: Vec<_> = (0..9).map(|id| (id, Some(codes[id / 3]))).collect();
            assert_eq!(refused(&outcome), expected);
            assert_eq!(stage.column("SELECT count(*) FROM t").await, ["31"]);
            stage.sql("TRUNCATE t").await;
        }
    });
}
