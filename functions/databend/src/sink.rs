//! The sink: one session and one transaction for each invocation.
//!
//! Not here: how a batch is written (`write`), and how the server is asked (`endpoint`).

mod files;
mod offsets;
mod prefetch;
mod state;

pub use state::DatabendSink;

use std::ops::ControlFlow;
use std::sync::Arc;

use sluice_bridge::compare::{Compare, Description, Line, Reached, Selection};
use sluice_bridge::connector::Connector;
use sluice_bridge::model::change::SchemaChange;
use sluice_bridge::model::failure::{Cause, Fault, SinkError};
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::options::epoch::UnixPrecision;
use sluice_bridge::options::offsets::OffsetsTable;
use sluice_bridge::options::{Opt, Settings};
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::partition_offset::PartitionOffset;
use sluice_bridge::sink::{DryRun, Sink, Written};
use sluice_sql::create::subject;
use sluice_sql::tables::KnownTables;
use tokio::task::JoinSet;

use crate::catalog;
use crate::compare;
use crate::endpoint::options;
use crate::endpoint::session::Session;
use crate::fault;
use crate::sink::prefetch::Prefetch;
use crate::wire::definition;
use crate::write;

impl Connector for DatabendSink {
    const OPTIONS: &'static [&'static Opt] = options::OPTIONS;

    fn configure(settings: &mut Settings) -> Option<Self> {
        let unix_places = UnixPrecision::from_settings(settings).places();
        Some(Self {
            endpoint: Arc::new(options::endpoint(settings)?),
            unix_places,
            uses_files: false,
            swept: false,
            tables: KnownTables::default(),
            prefetch: None,
            beside: JoinSet::new(),
            work: None,
        })
    }
}

impl Sink for DatabendSink {
    async fn prefetch(&mut self) {
        let only = self.tables.only().filter(|_| self.work.is_none());
        if let Some(table) = only.cloned() {
            self.prefetch = Some(Prefetch::start(&self.endpoint, table, self.unix_places).await);
        }
    }

    async fn begin(&mut self) -> Result<(), SinkError> {
        self.sweep().await;
        self.begin_work().await
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        if !definition::is_table_name(name) {
            return Ok(None);
        }
        if let Some(prefetch) = &mut self.prefetch
            && let Some(table) = prefetch.described(name).await
        {
            return Ok(Some(table));
        }
        let table = catalog::read(&self.endpoint, name, self.unix_places).await?;
        self.tables.note(name, table.is_some());
        Ok(table)
    }

    async fn similar(&mut self, name: &TableName) -> Option<TableName> {
        let (endpoint, work) = self.working().ok()?;
        catalog::similar(endpoint, &mut work.session, name).await
    }

    /// Outside a transaction, because the server commits a definition by itself.
    async fn apply_change(&mut self, missing: &SchemaChange) -> Result<(), SinkError> {
        if let SchemaChange::Table { name, .. } = missing
            && !definition::is_table_name(name)
        {
            let message =
                format!("{} cannot be created: no table can have this name", subject(missing));
            return Err(SinkError::data(None, Cause::new(message)));
        }
        let mut session = Session::new(&self.endpoint);
        for (place, sql) in definition::statements(missing).iter().enumerate() {
            match self.endpoint.query(&mut session, sql).await {
                Err(error) if !fault::already_exists(&error) => {
                    let attempt = format!("{} cannot be created", subject(missing));
                    let SinkError { fault, cause } = fault::classify_definition(&attempt, error);
                    // Each column has its own statement, so one that is refused does not cost the others.
                    let cause = match missing {
                        SchemaChange::Columns { columns, .. } => {
                            cause.at_column(&columns[place].name)
                        }
                        SchemaChange::Table { .. } => cause,
                    };
                    return Err(SinkError { fault, cause });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn is_column_name(name: &str) -> bool {
        definition::is_column_name(name)
    }

    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        let (endpoint, work) = self.working()?;
        let written = write::write(endpoint, &mut work.session, &mut work.folder, batch).await;
        let create = endpoint.compression.create_format();
        written.map_err(|error| fault::classify_reading(create, error))
    }

    async fn lock_offsets(
        &mut self,
        offsets: &OffsetsTable,
        asked: &[PartitionOffset],
    ) -> Result<Vec<PartitionOffset>, SinkError> {
        self.read_offsets(offsets, asked).await
    }

    async fn store_offsets(
        &mut self,
        offsets: &OffsetsTable,
        reached: &[PartitionOffset],
    ) -> Result<(), SinkError> {
        self.write_offsets(offsets, reached).await
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        // The files were read when the statements ended: neither outcome of COMMIT needs them.
        if let Some(files) = self.files() {
            let endpoint = Arc::clone(&self.endpoint);
            self.beside.spawn(async move { files::remove(&endpoint, &files).await });
        }
        let (endpoint, work) = self.working()?;
        endpoint.commit(&mut work.session).await?;
        (self.work, self.prefetch) = (None, None);
        Ok(())
    }

    async fn tidy(&mut self) {
        self.wait_for_the_rest().await;
    }

    async fn abandon(&mut self) {
        self.beside = JoinSet::new();
        if let Some(prefetch) = self.prefetch.take() {
            prefetch.end(&self.endpoint).await;
        }
        let files = self.files();
        let Some(mut work) = self.work.take() else { return };
        if work.session.is_running() {
            // The future of a call was dropped. Its transaction is never committed.
            self.endpoint.cancel(&mut work.session).await;
        } else if self.endpoint.query(&mut work.session, "ROLLBACK").await.is_ok()
            && let Some(files) = files
        {
            files::remove(&self.endpoint, &files).await;
        }
    }
}

impl DryRun for DatabendSink {
    async fn begin_dry_run(&mut self, missing: &[SchemaChange]) -> Result<(), SinkError> {
        self.begin_work().await?;
        match missing.first().and_then(|missing| self.definition(missing)) {
            Some(definition) => Err(SinkError {
                fault: Fault::Fatal,
                cause: Cause::new(format!(
                    "`{definition}` would be needed first, and a dry run cannot undo it because the server commits it at once: run it yourself, or exclude these records from the check"
                )),
            }),
            None => Ok(()),
        }
    }

    fn definition(&self, missing: &SchemaChange) -> Option<String> {
        Some(definition::statements(missing).join("; "))
    }
}

impl Compare for DatabendSink {
    async fn describe(&mut self, table: &TableName) -> Result<Option<Description>, SinkError> {
        compare::describe(&self.endpoint, table).await
    }

    async fn read(
        &mut self,
        selection: &Selection,
        each: &mut dyn FnMut(&Line) -> ControlFlow<()>,
    ) -> Result<Reached, SinkError> {
        compare::read(&self.endpoint, selection, each).await
    }
}
