//! Clauses about tables that change while a function is warm: the next invocation notices the
//! change, and within one invocation a table cannot change.

use std::time::Duration;

use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{Sink, StreamChunk, Written};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::{Database, Refusal, Stage};
use crate::event::EventBuilder;
use crate::invocation::{
    self, INSERT, Options, UPDATE, UPSERT, all_written, deliver_values, refused,
};
use crate::table::{Kind, TableSpec};

/// A database whose tables another client may change. The statements are in its own SQL; all
/// concern a table `t`.
#[allow(async_fn_in_trait, reason = "tests run on one thread")]
pub trait Changing: Database {
    /// Types of the column `v`. Each has a statement that changes it to another type that would
    /// accept the bytes or the spelling of the first, a value as JSON, and the value afterwards.
    const RETYPED: &'static [(&'static str, &'static str, &'static str, &'static str)];

    /// Statements that replace `t (id, v, w)` by another table, such as `new (id, v)`, and rename
    /// the first to `old`; each with the name that the column `v` has there.
    const SWAPPED: &'static [(&'static str, &'static str)];

    /// A statement that changes the table and leaves the rows as they are.
    const ALTERED: &'static str;

    /// The changes of the table, step by step: each makes it fit the record of that step in
    /// [`every_change_is_known_at_the_next_invocation`].
    const STEPS: [&'static str; 12];

    /// Drops the column `v` of integers, adds it again, renames the table, and renames it back.
    const GONE: [&'static str; 4];

    /// Executes a change.
    async fn change(&mut self, statement: &str);

    /// Sends a change on a connection of its own, and returns that connection's number.
    async fn set_out(&mut self, statement: &'static str) -> (JoinHandle<()>, i64);

    /// Whether a connection waits for a lock.
    async fn is_held_up(&mut self, connection: i64) -> bool;
}

/// A sink. Once it has described the table `t`, another client starts to change that table.
struct Meddled<'d, D: Changing> {
    sink: D::Sink,
    database: &'d mut D,
    change: &'static str,
    changing: Option<JoinHandle<()>>,
    descriptions: u32,
}

impl<'d, D: Changing> Meddled<'d, D> {
    async fn new(database: &'d mut D, change: &'static str) -> Self {
        let sink = database.sink().await;
        Self { sink, database, change, changing: None, descriptions: 0 }
    }

    /// Sends the change, and returns when it waits for the sink's lock.
    async fn meddle(&mut self) {
        let (changing, connection) = self.database.set_out(self.change).await;
        let held_up = async {
            while !self.database.is_held_up(connection).await {
                assert!(!changing.is_finished(), "nothing kept it from changing: {}", self.change);
                sleep(Duration::from_millis(5)).await;
            }
        };
        let held_up = timeout(Duration::from_secs(20), held_up).await;
        assert!(held_up.is_ok(), "neither done nor waiting: {}", self.change);
        self.changing = Some(changing);
    }

    /// Returns when the change has been made.
    async fn changed(self) {
        self.changing.expect("a table was described").await.expect("it is changed in the end");
    }
}

impl<D: Changing> Sink for Meddled<'_, D> {
    async fn prefetch(&mut self) {
        self.sink.prefetch().await;
    }

    fn stream_chunk(&self) -> Option<StreamChunk> {
        self.sink.stream_chunk()
    }

    async fn stream(&mut self, next: &Batch<'_, '_>) -> bool {
        self.sink.stream(next).await
    }

    async fn end_stream(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        self.sink.end_stream(batch).await
    }

    async fn begin(&mut self) -> Result<(), SinkError> {
        self.sink.begin().await
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        let table = self.sink.table(name).await?;
        if name.name == "t" {
            self.descriptions += 1;
            if self.changing.is_none() {
                self.meddle().await;
            }
        }
        Ok(table)
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

/// A column keeps the type with which it was described until the rows are written. The writer does
/// not have to start again: it came first.
pub async fn a_column_is_not_retyped_between_catalog_and_rows<D: Changing>(database: &mut D) {
    for (kind, change, given, stored) in D::RETYPED {
        for options in [INSERT, UPSERT, UPDATE] {
            let table =
                TableSpec::new("t").key("id", Kind::Integer).column("v", Kind::Native(kind));
            database.create(&table).await;
            if options == UPDATE {
                let mut sink = database.sink().await;
                let row = deliver_values(&mut sink, "t", INSERT, [r#"{"id":1}"#]).await;
                assert_eq!(row, Ok(all_written(1)));
            }
            let mut sink = Meddled::new(database, change).await;
            let value = format!(r#"{{"id":1,"v":{given}}}"#);
            let written = deliver_values(&mut sink, "t", options, [value]).await;
            assert_eq!(written, Ok(all_written(1)), "{change} {options:?}");
            assert_eq!(sink.descriptions, 1, "{change} {options:?} came first and waited");
            sink.changed().await;
            assert_eq!(database.rows(&table).await, [["1", stored]], "{change} {options:?}");
        }
    }
}

/// If a table is replaced by another meanwhile, the new one gets no row meant for the first.
pub async fn a_table_is_not_swapped_between_catalog_and_rows<D: Changing>(database: &mut D) {
    for (change, column) in D::SWAPPED {
        for options in [INSERT, UPSERT] {
            database.drop_table(&TableSpec::new("old")).await;
            let id = |name| TableSpec::new(name).key("id", Kind::Integer);
            database.create(&id("new").column("v", Kind::Text)).await;
            let table = id("t").column("v", Kind::Integer).column("w", Kind::Text);
            database.create(&table).await;
            let mut sink = Meddled::new(database, change).await;
            let written = deliver_values(&mut sink, "t", options, [r#"{"id":1,"v":7}"#]).await;
            assert_eq!(written, Ok(all_written(1)), "{change}");
            sink.changed().await;
            let old = id("old").column(column, Kind::Integer);
            assert_eq!(database.rows(&old).await, [["1", "7"]], "{change}");
        }
    }
}

/// A rollback for a bad row releases no lock of a table, whether it is the first table of the event
/// or not, and whatever table a warm sink used before.
pub async fn a_table_stays_as_it_is_while_bad_rows_are_found<D: Changing>(database: &mut D) {
    const MANY: usize = 1100;
    let code = database.code(Refusal::Excepted);
    for (options, before) in [(INSERT, 0), (UPSERT, 0), (INSERT, MANY), (UPSERT, MANY)] {
        let table = |name| {
            TableSpec::new(name).key("id", Kind::Integer).column("v", Kind::Integer).except("99")
        };
        database.create(&table("before")).await;
        database.create(&table("t")).await;
        let v = |id| if id == 3 { 99 } else { id % 50 };
        let values = |count| (0..count).map(|id| format!(r#"{{"id":{id},"v":{}}}"#, v(id)));
        let event = EventBuilder::msk().values("before", 0, values(before));
        let body = event.values("t", 0, values(MANY)).build();
        let mut sink = Meddled::new(database, D::ALTERED).await;
        let warm = deliver_values(&mut sink, "before", INSERT, [r#"{"id":5000,"v":1}"#]).await;
        assert_eq!(warm, Ok(all_written(1)));
        let outcome = invocation::deliver(&mut sink, &body, &invocation::rules(options)).await;
        let bad = [(before > 0).then_some((3, code)), Some((before + 3, code))];
        let bad: Vec<_> = bad.into_iter().flatten().collect();
        assert_eq!(refused(&outcome), bad, "{options:?} {before}");
        sink.changed().await;
        let mut rows = database.rows(&table("t")).await;
        rows.sort();
        let row = |id: usize| vec![id.to_string(), v(id).to_string()];
        let mut expected: Vec<_> = (0..MANY).filter(|id| *id != 3).map(row).collect();
        expected.sort();
        assert!(rows == expected, "{options:?}");
    }
}

/// One warm sink, and a table that changes all the time: each change is known at once.
pub async fn every_change_is_known_at_the_next_invocation<D: Changing>(database: &mut D) {
    /// A record's members in addition to `"id":1`, and the table's only row afterwards.
    const RECORDS: [(Options<'_>, &str, &str); 12] = [
        (UPSERT, r#""v":1"#, "1,1"),
        (UPSERT, r#""v":2"#, "1,2,d"),
        (UPSERT, r#""x":3,"w":"e""#, "1,3,e"),
        (UPSERT, r#""x":4000000000"#, "1,4000000000,e"),
        (UPSERT, r#""x":"4""#, "1,4,e"),
        (UPSERT, r#""x":5"#, "1,5,e"),
        (UPDATE, r#""x":6.5"#, "1,6.5,e"),
        (UPDATE, r#""x":6.125"#, "1,6.125,e"),
        (UPSERT, r#""x":"2026-01-02""#, "1,e,2026-01-02"),
        (INSERT, r#""x":7,"w":0.5"#, "7,0.5,1"),
        (INSERT, r#""x":"a","w":"b""#, "b,1,a"),
        (UPSERT, r#""w":"b","x":"c""#, "b,1,c"),
    ];
    let mut sink = database.sink().await;
    for (change, (options, members, row)) in D::STEPS.into_iter().zip(RECORDS) {
        database.change(change).await;
        let value = format!(r#"{{"id":1,{members}}}"#);
        let written = deliver_values(&mut sink, "t", options, [value]).await;
        assert_eq!(written, Ok(all_written(1)), "{change}");
        let rows: Vec<String> =
            database.rows(&TableSpec::new("t")).await.iter().map(|row| row.join(",")).collect();
        assert_eq!(rows, [row], "{change}");
    }
}

/// If a column was dropped, the record is at fault from then on; if a table was dropped, no record
/// is.
pub async fn what_is_gone_is_known_at_the_next_invocation<D: Changing>(database: &mut D) {
    let table = TableSpec::new("t").key("id", Kind::Integer).column("v", Kind::Integer);
    let mut stage = Stage::set(database, table, UPSERT).await;
    let [drop, add, rename, back] = D::GONE;
    let value = [r#"{"id":1,"v":1}"#];
    stage.writes(value).await;
    stage.subject.change(drop).await;
    assert_eq!(refused(&stage.deliver(value).await), [(0, None)]);
    stage.subject.change(add).await;
    stage.writes(value).await;
    stage.subject.change(rename).await;
    let error = stage.deliver(value).await.expect_err("it is gone").error;
    assert_eq!(error.fault, Fault::Fatal);
    assert!(error.to_string().contains("\"t\" does not exist"), "{error}");
    stage.subject.change(back).await;
    stage.writes(value).await;
}
