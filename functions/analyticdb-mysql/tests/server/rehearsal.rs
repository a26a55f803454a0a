//! Rows that are only tried out: their fate is told, and nothing of them stays.

use analyticdb_mysql::MySqlSink;
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{DryRun, Sink, Written};

use crate::support::{INSERT, Options, UPDATE, UPSERT, deliver, everywhere, refused};

/// A sink whose invocation is one that tries out.
struct Trial {
    sink: MySqlSink,
    why_not_tried: Option<String>,
}

impl Sink for Trial {
    async fn begin(&mut self) -> Result<(), SinkError> {
        self.sink.begin_dry_run(&[]).await
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        let table = self.sink.table(name).await?;
        self.why_not_tried = table.as_ref().and_then(|table| self.sink.why_not_tried(table));
        Ok(table)
    }

    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        self.sink.write(batch).await
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        let error = self.sink.commit().await.expect_err("it was only tried out");
        assert_eq!(error.fault, Fault::Fatal);
        self.sink.abandon().await;
        Ok(())
    }

    async fn abandon(&mut self) {
        self.sink.abandon().await;
    }
}

#[test]
fn what_is_tried_out_leaves_nothing() {
    everywhere("rehearsed", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v varchar(9), CHECK (v <> 'bad'))").await;
        stage.sql("INSERT INTO t VALUES (1, 'old')").await;
        for options in [INSERT, UPSERT, UPDATE] {
            for count in [2, 1_500] {
                let mut trial = Trial { sink: stage.sink(), why_not_tried: None };
                let value =
                    |id| format!(r#"{{"id":{id},"v":"{}"}}"#, if id == 1 { "bad" } else { "x" });
                let outcome = deliver(&mut trial, "t", options, (0..count).map(value)).await;
                assert_eq!(refused(&outcome).len(), 1, "{options:?} {count}");
                assert_eq!(trial.why_not_tried, None);
                assert_eq!(stage.rows("SELECT * FROM t").await, [["1", "old"]], "{options:?}");
                // The same sink goes on in earnest.
                let outcome =
                    deliver(&mut trial.sink, "t", UPSERT, [r#"{"id":1,"v":"old"}"#]).await;
                assert!(outcome.is_ok(), "{outcome:?}");
            }
        }
    });
}

/// What a rollback does not undo is not done, and that is said.
#[test]
fn what_would_stay_is_not_tried_out() {
    const CASES: [(&str, &str); 4] = [
        ("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v varchar(9))", "AUTO_INCREMENT"),
        ("CREATE TABLE t (id int PRIMARY KEY, v varchar(9)) ENGINE=MyISAM", "no transactions"),
        (
            "CREATE TABLE b (id int, v varchar(9)) ENGINE=MyISAM; CREATE VIEW t AS SELECT * FROM b",
            "a view",
        ),
        (
            "CREATE TABLE log (v varchar(9)) ENGINE=MyISAM; CREATE TABLE t (id int PRIMARY KEY, v varchar(9)); \
             CREATE TRIGGER n BEFORE INSERT ON t FOR EACH ROW INSERT INTO log VALUES (NEW.v)",
            "triggers",
        ),
    ];
    everywhere("rehearsed_not", async |stage| {
        for (create, reason) in CASES {
            stage.sql("DROP VIEW IF EXISTS t").await;
            stage
                .sql("DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS b; DROP TABLE IF EXISTS log")
                .await;
            stage.sql(create).await;
            let by_id: Options<'_> = &[("pk.fields", "id")];
            for options in [INSERT.to_vec(), [UPSERT, by_id].concat()] {
                for count in [1, 1_500] {
                    let mut trial = Trial { sink: stage.sink(), why_not_tried: None };
                    let value = |id: usize| {
                        let id = if id == 0 { "\"many\"".to_owned() } else { id.to_string() };
                        format!(r#"{{"id":{id},"v":"x"}}"#)
                    };
                    let outcome = deliver(&mut trial, "t", &options, (0..count).map(value)).await;
                    assert_eq!(refused(&outcome), [(0, None)], "{create}");
                    let why_not = trial.why_not_tried.expect("it is said");
                    assert!(why_not.contains(reason), "{why_not}");
                    assert_eq!(stage.column("SELECT COUNT(*) FROM t").await, ["0"], "{create}");
                }
            }
            if create.contains("AUTO_INCREMENT") {
                let written = stage.deliver("t", INSERT, [r#"{"v":"first"}"#]).await;
                assert!(written.is_ok());
                assert_eq!(stage.column("SELECT id FROM t").await, ["1"], "no number was used up");
            }
            if create.contains("log") {
                assert_eq!(stage.column("SELECT COUNT(*) FROM log").await, ["0"]);
            }
        }
    });
}
