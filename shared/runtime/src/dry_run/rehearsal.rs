//! A sink that undoes its work: an event is written as usual, and schema changes are only noted.

use std::borrow::Cow;

use bumpalo::Bump;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::change::SchemaChange;
use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{DryRun, Sink, Written};

/// See the module.
pub(crate) struct Rehearsal<'s, S> {
    sink: &'s mut S,
    /// The schema changes that would be applied.
    pub(crate) missing: Vec<SchemaChange>,
    /// The last description of every table.
    pub(crate) tables: Vec<Table>,
}

impl<'s, S: DryRun> Rehearsal<'s, S> {
    pub(crate) fn new(sink: &'s mut S) -> Self {
        Self { sink, missing: Vec::new(), tables: Vec::new() }
    }

    /// The wrapped sink.
    pub(crate) fn sink(&self) -> &S {
        self.sink
    }
}

impl<S: DryRun> Sink for Rehearsal<'_, S> {
    async fn begin(&mut self) -> Result<(), SinkError> {
        self.sink.rehearse(&self.missing).await
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        let table = self.sink.table(name).await?;
        self.tables.retain(|known| known.name != *name);
        self.tables.extend(table.clone());
        Ok(table)
    }

    async fn similar(&mut self, name: &TableName) -> Option<TableName> {
        self.sink.similar(name).await
    }

    /// Notes the change; it is applied when the transaction begins again, and undone.
    async fn apply_change(&mut self, missing: &SchemaChange) -> Result<(), SinkError> {
        self.missing.push(missing.clone());
        Ok(())
    }

    fn may_hide(&self, table: &Table) -> Option<Cause> {
        self.sink.may_hide(table)
    }

    fn is_column_name(name: &str) -> bool {
        S::is_column_name(name)
    }

    fn room(&self, table: Option<&Table>) -> usize {
        self.sink.room(table)
    }

    fn one_name(name: &str) -> Cow<'_, str> {
        S::one_name(name)
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

    /// If writes cannot be undone, rows are only checked against the types of their columns.
    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        match self.sink.is_durable_at_once() {
            true => Ok(self.sink.check_batch(batch)),
            false => self.sink.write(batch).await,
        }
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        Err(SinkError::fatal("a check commits nothing"))
    }

    async fn abandon(&mut self) {
        self.sink.abandon().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_testkit::invocation::{self, run};
    use sluice_testkit::{EventBuilder, Kind, MemoryDatabase, MemorySink, Report, TableSpec};

    /// A target that is durable at once is not written to.
    #[test]
    fn nothing_is_written_where_nothing_can_be_undone() {
        let table = TableSpec::new("t").key("id", Kind::Integer);
        let database = MemoryDatabase::with([table]);
        let rules = invocation::rules(&[("errors.tolerance", "all")]);
        let event = EventBuilder::msk().values("t", 0, [r#"{"id":1}"#, r#"{"id":"x"}"#]).build();
        let mut sink = MemorySink::new(&database, Report::Pointer).durable_at_once().checks();
        let outcome =
            run(invocation::write(&mut Rehearsal::new(&mut sink), &event, &rules)).unwrap();
        let failed: Vec<usize> = outcome.failures.iter().map(|failure| failure.record).collect();
        assert_eq!((outcome.written, failed), (1, vec![1]));
        assert_eq!(database.changes(), []);
        let table = TableName::parse("t").unwrap();
        let described = run(sink.table(&table)).unwrap().unwrap();
        assert!(sink.untried(&described).is_some());
    }
}
