//! A sink that undoes its work: an event is written as usual, and schema changes are only noted.

use std::borrow::Cow;

use sluice_bridge::model::change::SchemaChange;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{DryRun, Sink, Written};

/// See the module.
pub(crate) struct DryRunSink<'s, S> {
    sink: &'s mut S,
    /// The schema changes that would be applied.
    pub(crate) missing: Vec<SchemaChange>,
    /// The last description of every table.
    pub(crate) tables: Vec<Table>,
}

impl<'s, S: DryRun> DryRunSink<'s, S> {
    pub(crate) fn new(sink: &'s mut S) -> Self {
        Self { sink, missing: Vec::new(), tables: Vec::new() }
    }

    /// The wrapped sink.
    pub(crate) fn sink(&self) -> &S {
        self.sink
    }
}

impl<S: DryRun> Sink for DryRunSink<'_, S> {
    async fn begin(&mut self) -> Result<(), SinkError> {
        self.sink.begin_dry_run(&self.missing).await
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

    fn is_column_name(name: &str) -> bool {
        S::is_column_name(name)
    }

    fn canonical_name(name: &str) -> Cow<'_, str> {
        S::canonical_name(name)
    }

    fn most_columns() -> usize {
        S::most_columns()
    }

    /// If writes cannot be undone, rows are only checked against the types of their columns.
    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        match self.sink.is_durable_at_once() {
            true => Ok(Written::checked(batch)),
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
            run(invocation::write(&mut DryRunSink::new(&mut sink), &event, &rules)).unwrap();
        let failed: Vec<usize> = outcome.failures.iter().map(|failure| failure.record).collect();
        assert_eq!((outcome.written, failed), (1, vec![1]));
        assert_eq!(database.changes(), []);
        let table = TableName::parse("t").unwrap();
        let described = run(sink.table(&table)).unwrap().unwrap();
        assert!(sink.why_not_tried(&described).is_some());
    }
}
