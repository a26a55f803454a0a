//! What is said for each way of writing, and what comes of it.

use sluice_bridge::model::failure::Fault;
use sluice_bridge::run::outcome::Outcome;

use crate::scene::{KEEPS, play};
use crate::support::{self, BY_KEY, INSERT, Options, UPDATE, UPSERT, all_written, deliver};

const BY_PLACE: Options<'_> =
    &[("insert.mode", "upsert"), ("pk.mode", "kafka"), ("errors.tolerance", "all")];

#[test]
fn each_operation_has_a_statement_that_is_documented() {
    play("adb_operations", async |scene| {
        scene.table("id BIGINT PRIMARY KEY, a VARCHAR(50), b BIGINT DEFAULT 7", KEEPS).await;
        let values = [r#"{"id":1,"a":"x","b":1}"#, r#"{"id":2,"a":"y","b":2}"#];
        assert_eq!(scene.write(INSERT, values).await, Ok(all_written(2)));
        assert_eq!(scene.verbs(), ["INSERT INTO"]);

        let values = [r#"{"id":1,"a":"z","b":11}"#, r#"{"id":3,"a":null,"b":null}"#];
        assert_eq!(scene.write(UPSERT, values).await, Ok(all_written(2)));
        assert_eq!(scene.verbs(), ["REPLACE INTO"]);
        assert_eq!(scene.rows().await, ["1 z 11", "2 y 2", "3 ∅ ∅"]);

        let values = [r#"{"id":1,"a":"p"}"#, r#"{"id":4,"a":"q"}"#];
        assert_eq!(scene.write(UPSERT, values).await, Ok(all_written(2)));
        assert_eq!(scene.verbs(), ["INSERT INTO … ON DUPLICATE"]);
        assert_eq!(scene.rows().await, ["1 p 11", "2 y 2", "3 ∅ ∅", "4 q 7"]);

        let values = [r#"{"id":1,"b":5}"#, r#"{"id":9,"b":5}"#];
        let found = || Outcome { written: 1, filtered: 1, ..Outcome::default() };
        for _ in 0..2 {
            assert_eq!(scene.write(UPDATE, values).await, Ok(found()), "found, changed or not");
            assert_eq!(scene.verbs(), ["UPDATE `t`"]);
        }
        let values = [r#"{"id":1}"#, r#"{"id":9}"#];
        assert_eq!(scene.write(UPDATE, values).await, Ok(found()), "nothing to set");
        assert_eq!(scene.verbs(), ["SELECT 1"]);
        assert_eq!(scene.rows().await, ["1 p 5", "2 y 2", "3 ∅ ∅", "4 q 7"]);

        let deletes = [("1", None), ("9", None), ("4", None)];
        assert_eq!(scene.write_keyed(BY_KEY, &deletes).await, Ok(all_written(3)));
        assert_eq!(scene.verbs(), ["DELETE FROM"]);
        assert_eq!(scene.rows().await, ["2 y 2", "3 ∅ ∅"]);
    });
}

#[test]
fn keys_come_from_wherever_they_may() {
    play("adb_keys", async |scene| {
        scene.table("a BIGINT", KEEPS).await;
        let values = [r#"{"a":1}"#, r#"{"a":1}"#];
        assert_eq!(scene.write(INSERT, values).await, Ok(all_written(2)));
        assert_eq!(scene.rows().await, ["1", "1"], "pk.mode=none");

        let place = "__connect_topic VARCHAR(50), __connect_partition INT, __connect_offset BIGINT";
        let key = "PRIMARY KEY (__connect_topic, __connect_partition, __connect_offset)";
        scene.table(&format!("{place}, a BIGINT, {key}"), KEEPS).await;
        for _ in 0..2 {
            assert_eq!(scene.write(BY_PLACE, values).await, Ok(all_written(2)));
            assert_eq!(scene.rows().await, ["t 0 0 1", "t 0 1 1"], "pk.mode=kafka");
        }

        scene.table("k VARCHAR(50), n BIGINT, a BIGINT, PRIMARY KEY (k, n)", KEEPS).await;
        let one = r#"{"k":"it's; \\","n":1}"#;
        let records = [(one, Some(r#"{"a":1}"#)), (r#"{"k":"b","n":1}"#, Some("{}"))];
        assert_eq!(scene.write_keyed(BY_KEY, &records).await, Ok(all_written(2)));
        assert_eq!(scene.rows().await, ["b 1 ∅", r"it's; \ 1 1"], "pk.mode=record_key");
        assert_eq!(scene.write_keyed(BY_KEY, &[(one, None)]).await, Ok(all_written(1)));
        assert_eq!(scene.rows().await, ["b 1 ∅"]);
    });
}

/// The server drops it without a word, so the account has it as written.
#[test]
fn an_insert_whose_key_is_there_counts_as_written_and_changes_nothing() {
    play("adb_taken", async |scene| {
        scene.table("id BIGINT PRIMARY KEY, a VARCHAR(50)", KEEPS).await;
        let first = [r#"{"id":1,"a":"first"}"#];
        assert_eq!(scene.write(INSERT, first).await, Ok(all_written(1)));
        let values = [r#"{"id":1,"a":"x"}"#, r#"{"id":2,"a":"own"}"#, r#"{"id":2,"a":"again"}"#];
        for _ in 0..2 {
            assert_eq!(scene.write(INSERT, values).await, Ok(all_written(3)));
            assert_eq!(scene.rows().await, ["1 first", "2 own"]);
        }
    });
}

#[test]
fn an_upsert_of_nothing_but_a_key_keeps_the_row() {
    play("adb_key_alone", async |scene| {
        scene.table("id BIGINT PRIMARY KEY, a VARCHAR(50)", KEEPS).await;
        assert_eq!(scene.write(UPSERT, [r#"{"id":1,"a":"x"}"#]).await, Ok(all_written(1)));
        let _ = scene.verbs();
        let values = [r#"{"id":1}"#, r#"{"id":2}"#];
        assert_eq!(scene.write(UPSERT, values).await, Ok(all_written(2)));
        assert_eq!(scene.verbs(), ["INSERT INTO"]);
        assert_eq!(scene.rows().await, ["1 x", "2 ∅"]);
    });
}

/// A column without a default: the vendor's words for an upsert would refuse what is only a change.
#[test]
fn an_upsert_that_leaves_out_what_is_required_changes_what_is_there() {
    play("adb_required", async |scene| {
        scene.table("id BIGINT PRIMARY KEY, a BIGINT NOT NULL, b BIGINT", KEEPS).await;
        assert_eq!(scene.write(UPSERT, [r#"{"id":1,"a":1,"b":1}"#]).await, Ok(all_written(1)));
        let outcome = scene.write(UPSERT, [r#"{"id":1,"b":2}"#, r#"{"id":2,"b":2}"#]).await;
        assert_eq!(support::refused(&outcome), [(1, Some("1364"))]);
        assert_eq!(scene.rows().await, ["1 1 2"]);
    });
}

#[test]
fn many_deletes_go_in_few_statements() {
    play("adb_deletes", async |scene| {
        scene.table("id BIGINT PRIMARY KEY", KEEPS).await;
        scene.stage.sql("INSERT INTO t SELECT seq FROM seq_1_to_451").await;
        let keys: Vec<String> = (1..=450).map(|id| id.to_string()).collect();
        let deletes: Vec<(&str, Option<&str>)> =
            keys.iter().map(|key| (key.as_str(), None)).collect();
        assert_eq!(scene.write_keyed(BY_KEY, &deletes).await, Ok(all_written(450)));
        let said = scene.stand_in.said();
        let deletes = said.iter().filter(|sql| sql.starts_with("DELETE")).count();
        assert!((1..=5).contains(&deletes), "{deletes}");
        assert_eq!(scene.rows().await, ["451"]);
    });
}

#[test]
fn a_session_is_set_up_once_and_asked_no_variable() {
    play("adb_session", async |scene| {
        scene.table("id BIGINT PRIMARY KEY", KEEPS).await;
        let mut sink = scene.sink();
        deliver(&mut sink, "t", UPSERT, [r#"{"id":1}"#]).await.expect("it is written");
        let words = [
            "SET NAMES utf8mb4",
            "SET SESSION sql_mode = ",
            "SET SESSION time_zone = '+00:00'",
            "SELECT TABLE_NAME, ",
            "REPLACE INTO `t` ",
        ];
        let said = scene.stand_in.said();
        assert!(
            said.iter().map(String::as_str).zip(words).all(|(sql, word)| sql.starts_with(word))
        );
        assert_eq!(said.len(), words.len(), "{said:#?}");
        deliver(&mut sink, "t", UPSERT, [r#"{"id":2}"#]).await.expect("it is written");
        assert_eq!(scene.stand_in.said().len(), 2, "the catalog, the row");
        assert_eq!(scene.stand_in.connections(), 1);
    });
}

#[test]
fn a_server_that_says_what_it_is_needs_no_option() {
    play("adb_auto", async |scene| {
        scene.table("id BIGINT PRIMARY KEY", KEEPS).await;
        scene.stand_in.answer_questions();
        let mut sink = scene.sink_of("auto");
        let outcome = deliver(&mut sink, "t", UPSERT, [r#"{"id":1}"#]).await;
        assert_eq!(outcome, Ok(all_written(1)));
        assert_eq!(scene.verbs(), ["SHOW VARIABLES", "REPLACE INTO"]);
    });
}

#[test]
fn exactly_once_is_refused_before_anything_is_written() {
    let url = ("connection.url", "mysql://user@host/database");
    let once = ("exactly.once.enabled", "true");
    let refused = support::configure(&[url, once, ("dialect.name", "adb-mysql")]);
    let problem = refused.expect_err("it cannot be kept");
    assert!(problem.contains("exactly.once.enabled=true needs transactions"), "{problem}");

    play("adb_once", async |scene| {
        scene.table("id BIGINT PRIMARY KEY", KEEPS).await;
        scene.stand_in.answer_questions();
        let mut sink = scene.sink_of("auto");
        let rules = [once, ("name", "orders"), ("errors.tolerance", "all")];
        let outcome = deliver(&mut sink, "t", &rules, [r#"{"id":1}"#]).await;
        let error = outcome.expect_err("it cannot be kept").error;
        assert_eq!(error.fault, Fault::Fatal);
        assert!(
            error
                .to_string()
                .contains("needs transactions, which are not available with AnalyticDB"),
            "{error}"
        );
        assert_eq!(scene.rows().await, Vec::<String>::new());
    });
}
