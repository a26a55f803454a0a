//! Tables that change under a warm function: noticed at the next invocation, and held as they
//! are within one.

use std::time::Duration;

use bumpalo::Bump;
use sluice_bridge::batch::Batch;
use sluice_bridge::cell::Cell;
use sluice_bridge::failure::{Cause, Fault, SinkError};
use sluice_bridge::sink::{Sink, Written};
use sluice_bridge::table::{Table, TableName};
use sluice_testkit::{EventBuilder, invocation};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::support::{
    INSERT, Options, UPDATE, UPSERT, admin, all_written, deliver, on_stage, refused,
};

/// A sink; once it has described the table `t`, somebody sets out to change that.
struct Meddled<S> {
    sink: S,
    schema: String,
    change: String,
    changing: Option<JoinHandle<()>>,
}

impl<S> Meddled<S> {
    fn new(sink: S, schema: &str, change: &str) -> Self {
        Self { sink, schema: schema.to_owned(), change: change.to_owned(), changing: None }
    }

    /// Sends the change, and returns when it waits for the sink's lock.
    async fn meddle(&mut self) {
        let other = admin().await;
        let statement = format!("SET search_path = {}; {}", self.schema, self.change);
        let pid = other.query_one("SELECT pg_backend_pid()", &[]).await.expect("it has one");
        let pid: i32 = pid.get(0);
        let changing = tokio::spawn(async move {
            other.batch_execute(&statement).await.expect("the change is a good one");
        });
        let watch = admin().await;
        let waits = "SELECT cardinality(pg_blocking_pids($1)) > 0";
        let waiting = async {
            while !watch.query_one(waits, &[&pid]).await.expect("a number").get::<_, bool>(0) {
                assert!(!changing.is_finished(), "nothing kept it from changing: {}", self.change);
                sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(
            timeout(Duration::from_secs(20), waiting).await.is_ok(),
            "neither done nor waiting"
        );
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
        if name.name == "t" {
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

/// Types of one width, so that the bytes of one would pass for the other.
const RETYPED: [(&str, &str, &str, &str); 5] = [
    ("int", "real USING v::real", "7", "7"),
    ("date", "int USING v - date '1970-01-01'", "\"1970-01-08\"", "7"),
    ("timestamp", "bigint USING extract(epoch FROM v)", "\"1970-01-01T00:00:07Z\"", "7"),
    ("bigint", "double precision", "7", "7"),
    ("text", "bytea USING convert_to(v, 'UTF8')", "\"7\"", "\\x37"),
];

#[test]
fn a_column_is_not_retyped_between_catalog_and_rows() {
    on_stage("changes_retyped", async |stage| {
        for (old, new, given, stored) in RETYPED {
            for options in [INSERT, UPSERT, UPDATE] {
                let create = format!("CREATE TABLE t (id int PRIMARY KEY, v {old})");
                stage.sql(&format!("DROP TABLE IF EXISTS t; {create}")).await;
                if options == UPDATE {
                    stage.sql("INSERT INTO t (id) VALUES (1)").await;
                }
                let change = format!("ALTER TABLE t ALTER v TYPE {new}");
                let mut sink = Meddled::new(stage.sink(), &stage.schema, &change);
                let value = format!(r#"{{"id":1,"v":{given}}}"#);
                let written = deliver(&mut sink, "t", options, [&value]).await;
                assert_eq!(written, Ok(all_written(1)), "{old} {options:?}");
                sink.changed().await;
                assert_eq!(stage.column("SELECT v FROM t").await, [stored], "{old} {options:?}");
            }
        }
    });
}

/// A table that is exchanged for another in the middle of it gets no row meant for the first.
#[test]
fn a_table_is_not_swapped_between_catalog_and_rows() {
    on_stage("changes_swapped", async |stage| {
        let changes = [
            "BEGIN; ALTER TABLE t RENAME TO old; ALTER TABLE new RENAME TO t; COMMIT",
            "BEGIN; ALTER TABLE t RENAME TO old; CREATE TABLE t (id int PRIMARY KEY, v real); COMMIT",
            "BEGIN; ALTER TABLE t RENAME v TO x; ALTER TABLE t RENAME w TO v; ALTER TABLE t RENAME TO old; COMMIT",
        ];
        for (place, change) in changes.into_iter().enumerate() {
            for options in [INSERT, UPSERT] {
                stage
                    .sql(
                        "DROP TABLE IF EXISTS t, old, new; CREATE TABLE t (id int PRIMARY KEY, v int, w real); \
                         CREATE TABLE new (id int PRIMARY KEY, v real)",
                    )
                    .await;
                let mut sink = Meddled::new(stage.sink(), &stage.schema, change);
                let written = deliver(&mut sink, "t", options, [r#"{"id":1,"v":7}"#]).await;
                assert_eq!(written, Ok(all_written(1)), "{change}");
                sink.changed().await;
                let column = ["v", "v", "x"][place];
                assert_eq!(
                    stage.rows(&format!("SELECT id, {column} FROM old")).await,
                    [["1", "7"]]
                );
            }
        }
    });
}

/// What is rolled back for a bad row takes no table's lock with it.
#[test]
fn a_table_stays_as_it_is_while_bad_rows_are_found() {
    on_stage("changes_isolated", async |stage| {
        for options in [INSERT, UPSERT] {
            for table in ["before", "t"] {
                stage
                    .sql(&format!(
                        "DROP TABLE IF EXISTS {table}; \
                         CREATE TABLE {table} (id int PRIMARY KEY, v int CHECK (v < 90))"
                    ))
                    .await;
            }
            let bad = |id: u32| if id == 3 { 99 } else { id };
            let values = || (1..6).map(|id| format!(r#"{{"id":{id},"v":{}}}"#, bad(id)));
            let body =
                EventBuilder::msk().values("before", 0, values()).values("t", 0, values()).build();
            let change = "ALTER TABLE t ALTER v TYPE real";
            let mut sink = Meddled::new(stage.sink(), &stage.schema, change);
            let outcome = invocation::deliver(&mut sink, &body, &invocation::rules(options)).await;
            assert_eq!(refused(&outcome), [(2, Some("23514")), (7, Some("23514"))]);
            sink.changed().await;
            assert_eq!(stage.column("SELECT v FROM t ORDER BY id").await, ["1", "2", "4", "5"]);
        }
    });
}

/// One warm sink, and a table that never stays the same: each change is known at once.
#[test]
fn every_change_is_known_at_the_next_invocation() {
    on_stage("changes_between", async |stage| {
        let steps: [(&str, Options<'_>, &str, &str); 12] = [
            ("CREATE TABLE t (id int PRIMARY KEY, v int)", UPSERT, r#""v":1"#, "(1,1)"),
            ("ALTER TABLE t ADD w text DEFAULT 'd'", UPSERT, r#""v":2"#, "(1,2,d)"),
            ("ALTER TABLE t RENAME v TO x", UPSERT, r#""x":3,"w":"e""#, "(1,3,e)"),
            ("ALTER TABLE t ALTER x TYPE bigint", UPSERT, r#""x":4000000000"#, "(1,4000000000,e)"),
            ("ALTER TABLE t ALTER x TYPE text", UPSERT, r#""x":"4""#, "(1,4,e)"),
            ("ALTER TABLE t ALTER x TYPE int USING x::int", UPSERT, r#""x":5"#, "(1,5,e)"),
            ("ALTER TABLE t ALTER x TYPE numeric(9,1)", UPDATE, r#""x":6.5"#, "(1,6.5,e)"),
            ("ALTER TABLE t ALTER x TYPE numeric(9,3)", UPDATE, r#""x":6.125"#, "(1,6.125,e)"),
            ("ALTER TABLE t DROP x, ADD x date", UPSERT, r#""x":"2026-01-02""#, "(1,e,2026-01-02)"),
            (
                "DROP TABLE t; CREATE TABLE t (x int, w real, id int PRIMARY KEY)",
                INSERT,
                r#""x":7,"w":0.5"#,
                "(7,0.5,1)",
            ),
            (
                "CREATE TABLE n (w text, id bigint PRIMARY KEY, x text); ALTER TABLE t RENAME TO o; \
                 ALTER TABLE n RENAME TO t",
                INSERT,
                r#""x":"a","w":"b""#,
                "(b,1,a)",
            ),
            (
                "ALTER TABLE t DROP CONSTRAINT n_pkey; ALTER TABLE t ADD PRIMARY KEY (w, id)",
                UPSERT,
                r#""w":"b","x":"c""#,
                "(b,1,c)",
            ),
        ];
        let mut sink = stage.sink();
        for (change, options, members, row) in steps {
            stage.sql(change).await;
            let value = format!(r#"{{"id":1,{members}}}"#);
            let written = deliver(&mut sink, "t", options, [value]).await;
            assert_eq!(written, Ok(all_written(1)), "{change}");
            assert_eq!(stage.column("SELECT t FROM t").await, [row], "{change}");
        }
    });
}

/// A column that is gone is the record's fault from then on, and a table that is gone nobody's.
#[test]
fn what_is_gone_is_known_at_the_next_invocation() {
    on_stage("changes_gone", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, v int)").await;
        let mut sink = stage.sink();
        let value = [r#"{"id":1,"v":1}"#];
        assert_eq!(deliver(&mut sink, "t", UPSERT, value).await, Ok(all_written(1)));
        stage.sql("ALTER TABLE t DROP v").await;
        assert_eq!(refused(&deliver(&mut sink, "t", UPSERT, value).await), [(0, None)]);
        stage.sql("ALTER TABLE t ADD v int").await;
        assert_eq!(deliver(&mut sink, "t", UPSERT, value).await, Ok(all_written(1)));
        stage.sql("ALTER TABLE t RENAME TO o").await;
        let error = deliver(&mut sink, "t", UPSERT, value).await.expect_err("it is gone").error;
        assert_eq!(error.fault, Fault::Fatal);
        assert!(error.to_string().contains("\"t\" does not exist"), "{error}");
        stage.sql("ALTER TABLE o RENAME TO t").await;
        assert_eq!(deliver(&mut sink, "t", UPSERT, value).await, Ok(all_written(1)));
    });
}
