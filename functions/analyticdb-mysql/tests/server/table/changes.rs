//! Tables that change under a warm function: noticed at the next invocation, and held as they
//! are within one.

use std::time::Duration;

use bumpalo::Bump;
use mysql_async::prelude::Queryable;
use sluice_bridge::batch::Batch;
use sluice_bridge::cell::Cell;
use sluice_bridge::failure::{Cause, Fault, SinkError};
use sluice_bridge::sink::{Sink, Written};
use sluice_bridge::table::{Table, TableName};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::support::{
    INSERT, Options, UPDATE, UPSERT, admin, all_written, deliver, everywhere, refused,
};

/// A sink; once it has described the table `t`, somebody sets out to change that.
struct Meddled<S> {
    sink: S,
    server: String,
    database: String,
    change: String,
    changing: Option<JoinHandle<()>>,
    descriptions: u32,
}

impl<S> Meddled<S> {
    fn new(sink: S, server: &str, database: &str, change: &str) -> Self {
        let [server, database, change] = [server, database, change].map(str::to_owned);
        Self { sink, server, database, change, changing: None, descriptions: 0 }
    }

    /// Sends the change, and returns when it waits for the sink's lock.
    async fn meddle(&mut self) {
        let mut other = admin(&self.server).await;
        other.query_drop(format!("USE {}", self.database)).await.expect("it is there");
        let (id, statement) = (other.id(), self.change.clone());
        let changing = tokio::spawn(async move {
            other.query_drop(&statement).await.expect("the change is a good one");
        });
        let mut watch = admin(&self.server).await;
        let waits = format!(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST \
             WHERE ID = {id} AND STATE LIKE 'Waiting for table metadata lock'"
        );
        let waiting = async {
            while watch.query_first::<u32, _>(&waits).await.expect("a number") != Some(1) {
                assert!(!changing.is_finished(), "nothing kept it from changing: {}", self.change);
                sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = timeout(Duration::from_secs(20), waiting).await;
        assert!(waited.is_ok(), "neither done nor waiting");
        self.changing = Some(changing);
    }

    /// The sink, once the change has been made.
    async fn changed(self) -> S {
        self.changing.expect("a table was described").await.expect("it is changed in the end");
        self.sink
    }
}

impl<S: Sink> Sink for Meddled<S> {
    async fn begin(&mut self) -> Result<(), SinkError> {
        self.sink.begin().await
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        let table = self.sink.table(name).await?;
        self.descriptions += 1;
        if self.changing.is_none() {
            self.meddle().await;
        }
        Ok(table)
    }

    fn key_text<'e>(
        &self,
        table: &Table,
        column: usize,
        cell: Cell<'e>,
        arena: &'e Bump,
    ) -> Option<&'e str> {
        self.sink.key_text(table, column, cell, arena)
    }

    fn compares(&self, table: &Table, column: usize, cell: Cell<'_>) -> bool {
        self.sink.compares(table, column, cell)
    }

    fn check(&self, table: &Table, cells: &[Cell<'_>]) -> Result<(), Cause> {
        self.sink.check(table, cells)
    }

    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        self.sink.write(batch).await
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        self.sink.commit().await
    }

    async fn abandon(&mut self) {
        self.sink.abandon().await;
    }
}

/// Types that would take each other's spelling for something else. The writer is not made to
/// begin again for it: it came first.
#[test]
fn a_column_is_not_retyped_between_catalog_and_rows() {
    const RETYPED: [(&str, &str, &str, &str); 3] = [
        ("int", "varchar(9)", "7", "7"),
        ("datetime(6)", "date", "\"1970-01-02T23:59:59Z\"", "1970-01-02"),
        ("bigint", "double", "7", "7"),
    ];
    everywhere("changes_retyped", async |stage| {
        for (old, new, given, stored) in RETYPED {
            for options in [INSERT, UPSERT, UPDATE] {
                let create = format!("CREATE TABLE t (id int PRIMARY KEY, v {old})");
                stage.sql(&format!("DROP TABLE IF EXISTS t; {create}")).await;
                if options == UPDATE {
                    stage.sql("INSERT INTO t (id) VALUES (1)").await;
                }
                let change = format!("ALTER TABLE t MODIFY v {new}");
                let mut sink = Meddled::new(stage.sink(), &stage.server, &stage.database, &change);
                let value = format!(r#"{{"id":1,"v":{given}}}"#);
                let written = deliver(&mut sink, "t", options, [&value]).await;
                assert_eq!(written, Ok(all_written(1)), "{old} {options:?}");
                assert_eq!(sink.descriptions, 1, "{old} {options:?} came first and waited");
                sink.changed().await;
                assert_eq!(stage.column("SELECT v FROM t").await, [stored], "{old} {options:?}");
            }
        }
    });
}

/// A table that is exchanged for another in the middle of it gets no row meant for the first.
#[test]
fn a_table_is_not_swapped_between_catalog_and_rows() {
    everywhere("changes_swapped", async |stage| {
        for options in [INSERT, UPSERT] {
            stage
                .sql(
                    "DROP TABLE IF EXISTS t, old, new; CREATE TABLE t (id int PRIMARY KEY, v int); \
                     CREATE TABLE new (id int PRIMARY KEY, v varchar(9))",
                )
                .await;
            let change = "RENAME TABLE t TO old, new TO t";
            let mut sink = Meddled::new(stage.sink(), &stage.server, &stage.database, change);
            let written = deliver(&mut sink, "t", options, [r#"{"id":1,"v":7}"#]).await;
            assert_eq!(written, Ok(all_written(1)));
            sink.changed().await;
            assert_eq!(stage.rows("SELECT id, v FROM old").await, [["1", "7"]]);
        }
    });
}

/// What is rolled back for a bad row takes no table's lock with it.
#[test]
fn a_table_stays_as_it_is_while_bad_rows_are_found() {
    everywhere("changes_isolated", async |stage| {
        for options in [INSERT, UPSERT] {
            stage
                .sql("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v int, CHECK (v < 90))")
                .await;
            let bad = |id: u32| if id == 3 { 99 } else { id % 50 };
            let values = (0..900).map(|id| format!(r#"{{"id":{id},"v":{}}}"#, bad(id)));
            let change = "ALTER TABLE t ADD w int DEFAULT 5";
            let mut sink = Meddled::new(stage.sink(), &stage.server, &stage.database, change);
            let outcome = deliver(&mut sink, "t", options, values).await;
            assert_eq!(refused(&outcome).iter().map(|it| it.0).collect::<Vec<_>>(), [3]);
            sink.changed().await;
            assert_eq!(stage.column("SELECT COUNT(*) FROM t WHERE w = 5").await, ["899"]);
        }
    });
}

/// One warm sink, and a table that never stays the same: each change is known at once.
#[test]
fn every_change_is_known_at_the_next_invocation() {
    everywhere("changes_between", async |stage| {
        let steps: [(&str, Options<'_>, &str, &str); 12] = [
            ("CREATE TABLE t (id int PRIMARY KEY, v int)", UPSERT, r#""v":1"#, "1,1"),
            ("ALTER TABLE t ADD w varchar(9) DEFAULT 'd'", UPSERT, r#""v":2"#, "1,2,d"),
            ("ALTER TABLE t CHANGE v x int", UPSERT, r#""x":3,"w":"e""#, "1,3,e"),
            ("ALTER TABLE t MODIFY x bigint", UPSERT, r#""x":4000000000"#, "1,4000000000,e"),
            ("ALTER TABLE t MODIFY x text", UPSERT, r#""x":"4""#, "1,4,e"),
            ("ALTER TABLE t MODIFY x int", UPSERT, r#""x":5"#, "1,5,e"),
            ("ALTER TABLE t MODIFY x decimal(9,1)", UPDATE, r#""x":6.5"#, "1,6.5,e"),
            ("ALTER TABLE t MODIFY x decimal(9,3)", UPDATE, r#""x":6.125"#, "1,6.125,e"),
            ("ALTER TABLE t DROP x, ADD x date", UPSERT, r#""x":"2026-01-02""#, "1,e,2026-01-02"),
            (
                "DROP TABLE t; CREATE TABLE t (x int, w double, id int PRIMARY KEY)",
                INSERT,
                r#""x":7,"w":0.5"#,
                "7,0.5,1",
            ),
            (
                "CREATE TABLE n (w varchar(9), id bigint PRIMARY KEY, x text); RENAME TABLE t TO o, n TO t",
                INSERT,
                r#""x":"a","w":"b""#,
                "b,1,a",
            ),
            (
                "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (w, id)",
                UPSERT,
                r#""w":"b","x":"c""#,
                "b,1,c",
            ),
        ];
        let mut sink = stage.sink();
        for (change, options, members, row) in steps {
            stage.sql(change).await;
            let value = format!(r#"{{"id":1,{members}}}"#);
            let written = deliver(&mut sink, "t", options, [value]).await;
            assert_eq!(written, Ok(all_written(1)), "{change}");
            assert_eq!(stage.rows("SELECT * FROM t").await[0].join(","), row, "{change}");
        }
    });
}

/// A column that is gone is the record's fault from then on, and a table that is gone nobody's.
#[test]
fn what_is_gone_is_known_at_the_next_invocation() {
    everywhere("changes_gone", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v int)").await;
        let mut sink = stage.sink();
        let value = [r#"{"id":1,"v":1}"#];
        assert_eq!(deliver(&mut sink, "t", UPSERT, value).await, Ok(all_written(1)));
        stage.sql("ALTER TABLE t DROP v").await;
        assert_eq!(refused(&deliver(&mut sink, "t", UPSERT, value).await), [(0, None)]);
        stage.sql("ALTER TABLE t ADD v int").await;
        assert_eq!(deliver(&mut sink, "t", UPSERT, value).await, Ok(all_written(1)));
        stage.sql("RENAME TABLE t TO o").await;
        let error = deliver(&mut sink, "t", UPSERT, value).await.expect_err("it is gone").error;
        assert_eq!(error.fault, Fault::Fatal);
        assert!(error.to_string().contains("\"t\" does not exist"), "{error}");
        stage.sql("RENAME TABLE o TO t").await;
        assert_eq!(deliver(&mut sink, "t", UPSERT, value).await, Ok(all_written(1)));
    });
}

/// Statements of many rows stay prepared on a warm connection; the table they are for changes.
#[test]
fn many_rows_before_and_after_a_change() {
    everywhere("changes_prepared", async |stage| {
        let mut sink = stage.sink();
        for (change, stored) in [
            ("CREATE TABLE t (id int PRIMARY KEY, v int)", "7"),
            ("ALTER TABLE t MODIFY v varchar(9)", "7"),
            ("ALTER TABLE t ADD w int FIRST", "7"),
            ("DROP TABLE t; CREATE TABLE t (v decimal(5,2), id bigint PRIMARY KEY)", "7.00"),
            ("ALTER TABLE t ADD CHECK (v <> 8), MODIFY v double", "7"),
        ] {
            stage.sql(change).await;
            for options in [INSERT, UPSERT] {
                if options == INSERT {
                    stage.sql("DELETE FROM t").await;
                }
                let values = (0..1_200).map(|id| format!(r#"{{"id":{id},"v":7}}"#));
                assert_eq!(deliver(&mut sink, "t", options, values).await, Ok(all_written(1_200)));
            }
            assert_eq!(stage.column("SELECT DISTINCT v FROM t").await, [stored], "{change}");
        }
    });
}
