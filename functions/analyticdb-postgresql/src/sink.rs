//! The sink: one connection and one transaction per invocation; every batch has its own savepoint.
//!
//! Not here: how a batch is written (`write`), and how a connection works (`connection`).

mod compare;
mod dry_run;
mod encode_only;
mod prefetch;
mod savepoint;
mod state;
mod streaming;

pub use encode_only::EncodeOnly;
pub use state::PostgresSink;

use std::time::SystemTime;

use futures_util::future;
use sluice_bridge::connector::Connector;
use sluice_bridge::model::change::SchemaChange;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::options::epoch::UnixPrecision;
use sluice_bridge::options::offsets::OffsetsTable;
use sluice_bridge::options::{Opt, Settings};
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::partition_offset::PartitionOffset;
use sluice_bridge::sink::{Sink, StreamChunk, Written};
use sluice_sql::tables::KnownTables;

use crate::catalog;
use crate::catalog::undo_risk;
use crate::connection::commit;
use crate::connection::config::{self, Connection};
use crate::connection::session::{self, Session};
use crate::sink::savepoint::Savepoint;
use crate::sql::definition;
use crate::sql::offsets;
use crate::sql::search_path;
use crate::types::column::MAX_COLUMNS;

impl Connector for PostgresSink {
    const OPTIONS: &'static [&'static Opt] = config::OPTIONS;

    fn configure(settings: &mut Settings) -> Option<Self> {
        Some(Self {
            unix_places: UnixPrecision::from_settings(settings).places(),
            connection: Connection::from_settings(settings)?,
            session: None,
            last_used: SystemTime::now(),
            tables: KnownTables::default(),
            savepoint: Savepoint::Unset,
            prefetch: None,
            prefetched: None,
            open_stream: None,
            transaction: None,
            undo_risks: None,
            busy: false,
            needs_new_session: false,
        })
    }
}

impl Sink for PostgresSink {
    async fn prefetch(&mut self) {
        self.start_prefetch().await;
    }

    async fn begin(&mut self) -> Result<(), SinkError> {
        self.savepoint = Savepoint::Unset;
        self.transaction = None;
        self.undo_risks = None;
        self.busy = true;
        if self.take_prefetched().await {
            self.finished();
            return Ok(());
        }
        self.session = Some(match self.session.take() {
            Some(session) if session.reuse(&self.connection).await => session,
            _ => Session::open(&self.connection).await?,
        });
        self.finished();
        Ok(())
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        if let Some(prefetched) =
            self.prefetched.take_if(|prefetched| prefetched.table.name == *name)
        {
            self.tables.note(name, true);
            return Ok(Some(prefetched.table));
        }
        self.busy = true;
        let Session { client, profile } = self.session()?;
        // Sent before the savepoint, in the same round trip as the query of the catalog.
        let id = async {
            match self.transaction {
                None => commit::transaction_id(client, *profile).await,
                known => Ok(known),
            }
        };
        let read = catalog::read(
            client,
            self.savepoint.renew(),
            name,
            self.unix_places,
            profile.on_conflict,
        );
        let (id, read) = future::join(id, read).await;
        let read = read?;
        self.transaction = id?;
        self.finished();
        self.tables.note(name, read.is_some());
        let Some(table) = read else {
            self.savepoint = Savepoint::Failed;
            return Ok(None);
        };
        self.savepoint = Savepoint::Passed;
        if self.undo_risks.is_some() {
            let risks = undo_risk::read(self.client()?, &table).await?;
            self.undo_risks.get_or_insert_default().insert(name.clone(), risks);
        }
        Ok(Some(table))
    }

    async fn similar(&mut self, name: &TableName) -> Option<TableName> {
        self.busy = true;
        // The search path is a setting of the role, which a session reads only at login.
        self.needs_new_session = true;
        self.undo_failed().await.ok()?;
        let similar = search_path::similar(self.client().ok()?, name).await.ok()?;
        self.finished();
        similar
    }

    async fn apply_change(&mut self, missing: &SchemaChange) -> Result<(), SinkError> {
        self.begin().await?;
        self.busy = true;
        let session = self.session()?;
        definition::apply(session, missing).await?;
        self.finished();
        Ok(())
    }

    fn is_column_name(name: &str) -> bool {
        definition::is_column_name(name)
    }

    fn most_columns() -> usize {
        MAX_COLUMNS
    }

    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        if self.undo_risks.is_some() {
            return self.try_out(batch).await;
        }
        self.busy = true;
        let (path, statement) = self.statement(batch, batch.len())?;
        let savepoint = statement.with_lock(self.savepoint.renew());
        let outcome = path.write(self.client()?, &savepoint, statement).await;
        self.record_outcome(outcome)
    }

    fn stream_chunk(&self) -> Option<StreamChunk> {
        // A dry run uses `write`.
        self.undo_risks.is_none().then_some(streaming::CHUNK)
    }

    async fn stream(&mut self, next: &Batch<'_, '_>) -> bool {
        self.busy = true;
        let goes = self.stream_rows(next).await;
        self.finished();
        goes
    }

    async fn end_stream(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        self.busy = true;
        let Some((path, copy)) = self.open_stream.take() else {
            return Err(SinkError::fatal("no rows were streamed"));
        };
        let (_, statement) = self.statement(batch, batch.len())?;
        let outcome = path.close(self.client()?, copy, statement).await;
        self.record_outcome(outcome)
    }

    async fn lock_offsets(
        &mut self,
        offsets_table: &OffsetsTable,
        asked: &[PartitionOffset],
    ) -> Result<Vec<PartitionOffset>, SinkError> {
        self.busy = true;
        let session = self.session()?;
        let mut locked = offsets::lock(session, offsets_table, asked).await?;
        if locked.is_none() {
            offsets::create(&session.client, offsets_table).await?;
            session.begin(&self.connection).await?;
            locked = offsets::lock(session, offsets_table, asked).await?;
            (self.savepoint, self.transaction, self.prefetched) = (Savepoint::Unset, None, None);
        }
        self.finished();
        locked.ok_or_else(|| {
            SinkError::transient("the offsets table was dropped after it was created")
        })
    }

    async fn store_offsets(
        &mut self,
        offsets_table: &OffsetsTable,
        reached: &[PartitionOffset],
    ) -> Result<(), SinkError> {
        self.busy = true;
        self.undo_failed().await?;
        offsets::store(self.client()?, offsets_table, reached).await?;
        self.finished();
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        if self.undo_risks.is_some() {
            return Err(SinkError::fatal("a dry run cannot be committed"));
        }
        self.busy = true;
        let Session { client, profile } = self.session()?;
        match (commit::commit(client, self.savepoint.before_commit()).await, self.transaction) {
            // The answer to the COMMIT is lost, but its outcome can be queried.
            (Err(_), Some(id)) if client.is_closed() => {
                let other = session::connect(&self.connection).await?;
                commit::outcome(&other, id).await?;
                self.session = Some(Session { client: other, profile: *profile });
            }
            (committed, _) => committed?,
        }
        self.finished();
        Ok(())
    }

    async fn abandon(&mut self) {
        (self.prefetch, self.prefetched, self.open_stream) = (None, None, None);
        let needs_new_session = std::mem::take(&mut self.needs_new_session);
        let Some(session) = self.session.take() else { return };
        if self.busy && !session.client.is_closed() {
            session.cancel(&self.connection).await;
        } else if !needs_new_session {
            self.session = session.roll_back().await;
        }
    }
}
