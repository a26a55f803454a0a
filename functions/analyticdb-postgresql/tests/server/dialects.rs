//! Servers that know less than PostgreSQL, through a stand-in that says what it does not prove.

use analyticdb_postgresql::PostgresSink;
use sluice_bridge::model::failure::Fault;
use sluice_bridge::run::outcome::Outcome;
use sluice_testkit::{EventBuilder, invocation};

use crate::stand_in::{Lineage, StandIn};
use crate::support::{
    BY_KEY, INSERT, Options, Stage, UPDATE, UPSERT, all_written, configure, deliver, on_stage,
    refused,
};

const LINEAGES: [Lineage; 2] = [Lineage::Greenplum6, Lineage::AnalyticDb];

fn sink(stage: &Stage, stand_in: &StandIn, dialect: &str) -> PostgresSink {
    let url = stand_in.before(&stage.url(&[]));
    configure(&[("connection.url", &url), ("dialect.name", dialect)]).expect("the options are good")
}

/// How many of the statements hold some words.
fn count(said: &[String], words: &str) -> usize {
    said.iter().filter(|sql| sql.contains(words)).count()
}

/// Detected or told, the dialect is spoken: in each way in, for rows that are new, changed,
/// half given and deleted.
#[test]
fn every_way_in_is_understood() {
    on_stage("dialects_ways", async |stage| {
        let dialects = [
            (Lineage::Greenplum6, "auto"),
            (Lineage::AnalyticDb, "auto"),
            (Lineage::AnalyticDb, "adb-pg-6"),
            (Lineage::AnalyticDb, "adb-pg-7"),
        ];
        for (lineage, dialect) in dialects {
            stage.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, must text NOT NULL, may text)").await;
            let stand_in = StandIn::of(lineage).await;
            let mut sink = sink(stage, &stand_in, dialect);
            let steps: [(Options<'_>, &[&str]); 5] = [
                (INSERT, &[r#"{"id":1,"must":"a"}"#, r#"{"id":2,"must":"b","may":"c"}"#]),
                (UPSERT, &[r#"{"id":1,"must":"A","may":"x"}"#, r#"{"id":3,"must":"d","may":"y"}"#]),
                // The row is there, and keeps what is not given.
                (UPSERT, &[r#"{"id":3,"may":"z"}"#, r#"{"id":2,"may":"C"}"#]),
                (UPSERT, &[r#"{"id":4,"must":"e"}"#]),
                (UPDATE, &[r#"{"id":4,"may":"f"}"#]),
            ];
            for (options, values) in steps {
                let written = deliver(&mut sink, "t", options, values).await;
                assert_eq!(
                    written,
                    Ok(all_written(values.len())),
                    "{lineage:?} {dialect} {options:?}"
                );
            }
            let rows = [["1", "A", "x"], ["2", "b", "C"], ["3", "d", "z"], ["4", "e", "f"]];
            assert_eq!(stage.rows("SELECT * FROM t ORDER BY id").await, rows, "{lineage:?}");
            let half = [r#"{"id":9,"may":"no such row"}"#];
            assert_eq!(refused(&deliver(&mut sink, "t", UPSERT, half).await), [(0, Some("23502"))]);
            let missing = deliver(&mut sink, "t", UPDATE, half).await;
            assert_eq!(missing, Ok(Outcome { filtered: 1, ..Outcome::default() }));
            let said = stand_in.said();
            // Of the one connection the first transaction, and all that came after it.
            assert_eq!(count(&said, "SET LOCAL optimizer = off"), 7, "{said:#?}");
            assert_eq!(count(&said, "txid_"), 0, "nobody could say what became of it");
            let has = lineage == Lineage::AnalyticDb;
            assert_eq!(count(&said, "ON CONFLICT") > 0, has);
            assert_eq!(count(&said, "LOCK TABLE") > 0, !has);
        }
    });
}

/// Over a temporary table that lies where its rows will go.
#[test]
fn a_large_upsert_is_merged_where_its_rows_are() {
    on_stage("dialects_stage", async |stage| {
        for lineage in LINEAGES {
            stage.sql("DROP TABLE IF EXISTS t; CREATE TABLE t (v text NOT NULL, id int PRIMARY KEY, CHECK (id <> 700))").await;
            let stand_in = StandIn::of(lineage).await;
            let mut sink = sink(stage, &stand_in, "auto");
            for round in ["a", "b"] {
                let value = |id| format!(r#"{{"id":{id},"v":"{round}"}}"#);
                let outcome = deliver(&mut sink, "t", UPSERT, (0..2_000).map(value)).await;
                assert_eq!(refused(&outcome), [(700, Some("23514"))]);
                let stored = format!("SELECT count(*) FROM t WHERE v = '{round}'");
                assert_eq!(stage.column(&stored).await, ["1999"]);
            }
            let said = stand_in.said();
            assert!(count(&said, "DISTRIBUTED BY (c1)") > 1, "{said:#?}");
        }
    });
}

/// A table that is only appended to takes no ON CONFLICT, and the catalog says which one is.
#[test]
fn a_table_that_is_only_appended_to() {
    on_stage("dialects_appended", async |stage| {
        let create = "DROP TABLE IF EXISTS appended; CREATE TABLE appended (id int, v text)";
        stage.sql(create).await;
        let stand_in = StandIn::of(Lineage::AnalyticDb).await;
        let mut sink = sink(stage, &stand_in, "auto");
        let by_id = [UPSERT, &[("pk.fields", "id")]].concat();
        for v in ["a", "b"] {
            for count in [2, 1_200] {
                let values = (0..count).map(|id| format!(r#"{{"id":{id},"v":"{v}"}}"#));
                let written = deliver(&mut sink, "appended", &by_id, values).await;
                assert_eq!(written, Ok(all_written(count)));
            }
            let rows = format!("SELECT count(*) FROM appended WHERE v = '{v}'");
            assert_eq!(stage.column(&rows).await, ["1200"]);
        }
    });
}

#[test]
fn deletes_and_puts_keep_their_order() {
    on_stage("dialects_deletes", async |stage| {
        for lineage in LINEAGES {
            stage
                .sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v text, w text)")
                .await;
            stage.sql("INSERT INTO t VALUES (1, 'old', 'old'), (2, 'old', 'old')").await;
            let stand_in = StandIn::of(lineage).await;
            let mut sink = sink(stage, &stand_in, "auto");
            let mut event = EventBuilder::msk();
            for (key, value) in [("1", None), ("1", Some(r#"{"v":"new"}"#)), ("2", None)] {
                let record = event.next("t", 0).key(key);
                event = event.record(match value {
                    Some(value) => record.value(value),
                    None => record,
                });
            }
            let (body, rules) = (event.build(), invocation::rules(BY_KEY));
            let written = invocation::deliver(&mut sink, &body, &rules).await;
            assert_eq!(written, Ok(all_written(3)));
            assert_eq!(stage.rows("SELECT * FROM t").await, [["1", "new", "∅"]]);
        }
    });
}

/// Many sinks at once put the same new keys, without ON CONFLICT to fall back on: each record is
/// written, and none becomes a letter for having come second.
#[test]
fn without_on_conflict_writers_take_turns() {
    on_stage("dialects_turns", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
        let stand_in = StandIn::of(Lineage::Greenplum6).await;
        for round in 0..12 {
            let from = round * 1_200;
            let count = [1, 3, 1_200][round % 3];
            let sinks = (0..4).map(|writer| {
                let mut sink = sink(stage, &stand_in, "auto");
                async move {
                    let value = |id| format!(r#"{{"id":{id},"v":"{writer}"}}"#);
                    deliver(&mut sink, "t", UPSERT, (from..from + count).map(value)).await
                }
            });
            for written in futures_util::future::join_all(sinks).await {
                assert_eq!(written, Ok(all_written(count)));
            }
            let rows = format!("SELECT count(*), count(DISTINCT v) FROM t WHERE id >= {from}");
            assert_eq!(stage.rows(&rows).await, [[count.to_string(), "1".to_owned()]]);
        }
    });
}

/// What the server cannot do is nobody's row's fault.
#[test]
fn a_wrong_dialect_is_fatal() {
    on_stage("dialects_wrong", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v text)").await;
        let stand_in = StandIn::of(Lineage::Greenplum6).await;
        let mut wrong = sink(stage, &stand_in, "adb-pg-6");
        let given_back = deliver(&mut wrong, "t", UPSERT, [r#"{"id":1}"#]).await;
        assert_eq!(given_back.expect_err("it has no ON CONFLICT").error.fault, Fault::Fatal);
        let wrong = configure(&[("connection.url", &stage.url(&[])), ("dialect.name", "oracle")]);
        assert!(wrong.expect_err("it is none").contains("adb-pg-7"));
    });
}
