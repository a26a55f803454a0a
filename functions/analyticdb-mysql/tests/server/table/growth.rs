//! `auto.create` and `auto.evolve` where a record asks for what no table can have: it is a letter, and
//! the others are written.

use sluice_bridge::model::failure::Fault;
use sluice_testkit::{EventBuilder, invocation};

use crate::support::{INSERT, Options, all_written, everywhere, refused};

const CREATE: Options<'_> = &[("auto.create", "true"), ("errors.tolerance", "all")];
const EVOLVE: Options<'_> = &[("auto.evolve", "true"), ("errors.tolerance", "all")];
const BOTH: Options<'_> =
    &[("auto.create", "true"), ("auto.evolve", "true"), ("errors.tolerance", "all")];

/// The server takes the two keys for one column.
#[test]
fn two_keys_that_are_one_column() {
    everywhere("growth_same", async |stage| {
        for bad in [
            r#"{"id":2,"ID":5}"#,
            r#"{"id":2,"color":1,"Color":2}"#,
            r#"{"id":2,"Color":1,"color":2}"#,
            r#"{"id":2,"É":1,"é":2}"#,
            r#"{"id":2,"İ":1,"i":2}"#,
            r#"{"id":2,"ΟΔΟΣ":1,"οδοσ":2}"#,
            r#"{"id":2,"ΟΔΟΣ":1,"οδος":2,"οδοσ":3}"#,
            r#"{"id":2,"ǆ":1,"ǅ":2}"#,
            r#"{"id":2,"K":1,"k":2}"#,
        ] {
            for options in [EVOLVE, BOTH] {
                stage.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY)").await;
                let values = [r#"{"id":1}"#, bad, r#"{"id":3,"size":1}"#];
                let outcome = stage.deliver("t", options, values).await;
                assert_eq!(refused(&outcome), [(1, None)], "{bad}: {outcome:?}");
                let told = &outcome.unwrap().failures[0].cause.message;
                assert!(told.contains("the same column as"), "{told}");
                assert_eq!(stage.column("SELECT id FROM t").await, ["1", "3"], "{bad}");
            }
        }
    });
}

/// In different records they are spellings of one column; what differs in more is two columns.
#[test]
fn keys_that_are_two_columns_or_one() {
    everywhere("growth_apart", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY)").await;
        let values = [
            r#"{"id":1,"color":1}"#,
            r#"{"id":2,"Color":2}"#,
            r#"{"id":3,"é":1,"e":2,"ß":3,"ss":4,"ı":5}"#,
        ];
        assert_eq!(stage.deliver("t", EVOLVE, values).await, Ok(all_written(3)));
        assert_eq!(stage.column("SELECT color FROM t ORDER BY id").await, ["1", "2", "∅"]);
        let rows = stage.rows("SELECT `é`, `e`, `ß`, `ss`, `ı` FROM t WHERE id = 3").await;
        assert_eq!(rows, [["1", "2", "3", "4", "5"]]);
    });
}

#[test]
fn names_that_no_column_can_have() {
    everywhere("growth_names", async |stage| {
        let long = "x".repeat(65);
        let names = [
            "DB_ROW_ID",
            "db_trx_id",
            "Db_Roll_Ptr",
            "a ",
            "a\\t",
            "a\\u0000",
            "🦀",
            "",
            " ",
            &long,
        ];
        for options in [EVOLVE, BOTH] {
            stage.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY)").await;
            let bad = names.iter().enumerate();
            let bad = bad.map(|(id, name)| format!(r#"{{"id":{id},"{name}":1}}"#));
            let good = [r#"{"id":77,"size":1}"#.to_owned()];
            let outcome = stage.deliver("t", options, bad.chain(good)).await;
            let expected: Vec<_> = (0..names.len()).map(|id| (id, None)).collect();
            assert_eq!(refused(&outcome), expected, "{outcome:?}");
            assert_eq!(stage.rows("SELECT * FROM t").await, [["77", "1"]]);
        }
    });
}

/// One that MariaDB keeps for itself and MySQL does not: the server says so.
#[test]
fn a_name_that_one_server_refuses() {
    everywhere("growth_fts", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY)").await;
        let values =
            [r#"{"id":1,"FTS_DOC_ID":1}"#, r#"{"id":2,"size":1}"#, r#"{"id":3,"fts_doc_id":1}"#];
        let outcome = stage.deliver("t", EVOLVE, values).await;
        if stage.is_mariadb() {
            assert_eq!(refused(&outcome), [(0, None), (2, None)]);
            assert_eq!(stage.rows("SELECT * FROM t").await, [["2", "1"]]);
        } else {
            assert_eq!(outcome, Ok(all_written(3)));
        }
    });
}

/// A record of as many keys.
fn wide(id: usize, keys: usize, prefix: &str, value: &str) -> String {
    let keys: Vec<String> = (0..keys).map(|nth| format!(r#""{prefix}{nth}":{value}"#)).collect();
    format!(r#"{{"id":{id},{}}}"#, keys.join(","))
}

#[test]
fn more_columns_than_a_table_can_have() {
    everywhere("growth_wide", async |stage| {
        for (keys, value) in [(2_000, "1"), (1_100, r#""text""#), (1_500, "null")] {
            for options in [EVOLVE, BOTH] {
                stage.sql("DROP TABLE IF EXISTS t").await;
                if options == EVOLVE {
                    stage.sql("CREATE TABLE t (id int PRIMARY KEY)").await;
                }
                let values = [
                    r#"{"id":1,"color":"red"}"#.to_owned(),
                    wide(2, keys, "k", value),
                    r#"{"id":3,"size":1}"#.to_owned(),
                ];
                let outcome = stage.deliver("t", options, &values).await;
                let bad = if value == "null" { vec![] } else { vec![(1, None)] };
                assert_eq!(refused(&outcome), bad, "{keys} {value} {options:?}");
                let rows =
                    stage.rows("SELECT id, color, size FROM t WHERE id <> 2 ORDER BY id").await;
                assert_eq!(rows, [["1", "red", "∅"], ["3", "∅", "1"]]);
            }
        }
        // Of many that ask for much, those are written that still fit.
        stage.sql("DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY)").await;
        let values = (0..4).map(|id| wide(id, 400, &format!("r{id}k"), "1"));
        let outcome = stage.deliver("t", EVOLVE, values).await;
        let written = outcome.as_ref().map_or(0, |outcome| outcome.written);
        assert!((1..=2).contains(&written), "{outcome:?}");
        assert_eq!(refused(&outcome).len(), 4 - written);
        // A table that is full takes no more columns, and records that need none.
        let full = stage.deliver("t", EVOLVE, [wide(8, 900, "z", "1"), r#"{"id":9}"#.into()]).await;
        assert_eq!(refused(&full), [(0, None)]);
    });
}

/// A topic of a longer name than a table can have.
#[test]
fn a_topic_that_is_too_long_for_a_table() {
    everywhere("growth_topic", async |stage| {
        let long = "x".repeat(65);
        let event = EventBuilder::msk()
            .values(&long, 0, [r#"{"id":1}"#, "not JSON"])
            .values("t", 0, [r#"{"id":1}"#])
            .values(&"y".repeat(64), 0, [r#"{"id":1}"#]);
        for keyed in [
            &[][..],
            &[("insert.mode", "upsert"), ("pk.mode", "record_value"), ("pk.fields", "id")],
        ] {
            let rules = invocation::rules(&[CREATE, keyed].concat());
            let outcome = invocation::deliver(&mut stage.sink(), &event.build(), &rules).await;
            assert_eq!(refused(&outcome), [(0, None), (1, None)]);
            let told = &outcome.as_ref().unwrap().failures[0].cause.message;
            assert!(told.contains("64 characters"), "{told}");
            let told = &outcome.as_ref().unwrap().failures[1].cause.message;
            assert!(told.contains("not JSON"), "{told}");
            assert_eq!(outcome.unwrap().written, 2);
            stage.sql(&format!("DROP TABLE t; DROP TABLE {}", "y".repeat(64))).await;
        }
        // A name that the configuration gives is nobody's record's fault.
        let crab = [CREATE, &[("table.name.format", "🦀")]].concat();
        let error = stage.deliver("t", &crab, [r#"{"id":1}"#]).await.expect_err("no name").error;
        assert_eq!(error.fault, Fault::Fatal);
    });
}

/// Records that do not tell what their table needs are told so, and those that come later make it.
#[test]
fn records_that_do_not_tell_a_key() {
    everywhere("growth_no_key", async |stage| {
        let options = [CREATE, &[("insert.mode", "upsert"), ("pk.mode", "record_key")]].concat();
        for values in [&[r#"{"v":1}"#][..], &["{}", r#"{"v":1}"#]] {
            let outcome = stage.deliver("t", &options, values).await;
            let expected: Vec<_> = (0..values.len()).map(|nth| (nth, None)).collect();
            assert_eq!(refused(&outcome), expected);
            let told = &outcome.unwrap().failures[0].cause.message;
            assert!(told.contains("table \"t\" does not exist and cannot be created"), "{told}");
        }
        let strict = [&options[..], &[("errors.tolerance", "none")]].concat();
        let given_back = stage.deliver("t", &strict, ["{}"]).await.expect_err("one is refused");
        assert_eq!(given_back.culprit.map(|culprit| culprit.0), Some(0));
        assert!(stage.rows("SHOW TABLES").await.is_empty());
        assert!(stage.deliver("t", INSERT, ["{}"]).await.is_err());
    });
}
