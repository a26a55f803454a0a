//! The sink: one connection and one transaction per invocation.
//!
//! Not here: how a batch is written (`write`), and how a connection works (`connection`).

mod compare;
mod dry_run;
mod prefetch;
mod state;
mod streaming;

pub use state::MySqlSink;

use std::borrow::Cow;
use std::time::SystemTime;

use mysql_async::prelude::Queryable;
use sluice_bridge::connector::Connector;
use sluice_bridge::model::change::SchemaChange;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::{Table, TableName};
use sluice_bridge::options::epoch::UnixPrecision;
use sluice_bridge::options::offsets::{EXACTLY_ONCE_ENABLED, OffsetsTable};
use sluice_bridge::options::{Opt, Settings};
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::partition_offset::PartitionOffset;
use sluice_bridge::sink::{Sink, StreamChunk, Written};
use sluice_sql::tables::KnownTables;

use crate::catalog;
use crate::catalog::query;
use crate::connection::config::{self, Connection};
use crate::connection::profile::Dialect;
use crate::connection::session::Session;
use crate::fault;
use crate::sql::definition;
use crate::sql::offsets;
use crate::types::zone::Zone;
use crate::write::path;

impl Connector for MySqlSink {
    const OPTIONS: &'static [&'static Opt] = config::OPTIONS;

    fn configure(settings: &mut Settings) -> Option<Self> {
        let unix_places = UnixPrecision::from_settings(settings).places();
        let zone = Zone::from_settings(settings);
        let connection = Connection::from_settings(settings)?;
        if connection.dialect == Dialect::AnalyticDb && settings.flag(&EXACTLY_ONCE_ENABLED) {
            settings.problem(offsets::NO_TRANSACTIONS);
        }
        let clock = zone.clock(SystemTime::now());
        Some(Self {
            connection,
            unix_places,
            zone,
            clock,
            session: None,
            last_used: SystemTime::now(),
            tables: KnownTables::default(),
            prefetch: None,
            prefetched: None,
            open_stream: None,
            exactly_once: false,
            has_savepoint: false,
            is_dry_run: false,
            busy: false,
        })
    }
}

impl Sink for MySqlSink {
    async fn prefetch(&mut self) {
        self.start_prefetch().await;
    }

    async fn begin(&mut self) -> Result<(), SinkError> {
        (self.exactly_once, self.has_savepoint, self.is_dry_run) = (false, false, false);
        self.busy = true;
        if self.take_prefetched().await {
            self.finished();
            return Ok(());
        }
        let offset = self.read_clock();
        let doubtful = self.is_doubtful();
        self.session = match self.session.take() {
            Some(session) => session.reuse(&offset, doubtful).await,
            None => None,
        };
        if self.session.is_none() {
            self.session = Some(Session::open(&self.connection, &offset).await?);
        }
        self.finished();
        Ok(())
    }

    async fn table(&mut self, name: &TableName) -> Result<Option<Table>, SinkError> {
        if !definition::is_table_name(name) {
            return Ok(None);
        }
        self.busy = true;
        let conversion = self.conversion();
        let prefetched = self.prefetched.take_if(|prefetched| prefetched.table == *name);
        // Rolling back to the savepoint would release the locks that were taken after it.
        self.has_savepoint &= prefetched.is_some();
        let session = self.session()?;
        let read = match prefetched {
            Some(prefetched) => {
                catalog::describe(prefetched.rows, name, &session.profile, &conversion)?
            }
            None => catalog::read(session, name, &conversion).await?,
        };
        self.finished();
        self.tables.note(name, read.is_some());
        Ok(read)
    }

    async fn similar(&mut self, name: &TableName) -> Option<TableName> {
        self.busy = true;
        let similar = query::similar(self.session().ok()?.conn().ok()?, name).await.ok()?;
        self.finished();
        similar
    }

    async fn apply_change(&mut self, missing: &SchemaChange) -> Result<(), SinkError> {
        self.begin().await?;
        self.busy = true;
        let conversion = self.conversion();
        definition::apply(self.session()?, missing, &conversion).await?;
        self.finished();
        Ok(())
    }

    fn is_durable_at_once(&self) -> bool {
        self.session.as_ref().is_some_and(|session| !session.profile.transactional)
    }

    fn is_column_name(name: &str) -> bool {
        definition::is_column_name(name)
    }

    fn canonical_name(name: &str) -> Cow<'_, str> {
        definition::canonical_name(name).into()
    }

    async fn write(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        if self.is_dry_run && !self.may_try(batch)? {
            return Ok(Written::checked(batch));
        }
        self.busy = true;
        self.has_savepoint = false;
        let (conn, statement) = self.statement(batch)?;
        let written = path::write(conn, statement).await;
        self.finished();
        written
    }

    fn stream_chunk(&self) -> Option<StreamChunk> {
        // A dry run uses `write`. Without transactions, an event is read to its end before its first row is
        // written; the same holds while the server is not known.
        let undoes = self.session.as_ref().is_some_and(|session| session.profile.transactional);
        (undoes && !self.is_dry_run).then_some(streaming::CHUNK)
    }

    async fn stream(&mut self, next: &Batch<'_, '_>) -> bool {
        self.busy = true;
        let goes = self.stream_rows(next).await;
        self.finished();
        goes
    }

    async fn end_stream(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        self.busy = true;
        let written = self.finish_stream(batch).await;
        self.finished();
        written
    }

    async fn lock_offsets(
        &mut self,
        offsets_table: &OffsetsTable,
        asked: &[PartitionOffset],
    ) -> Result<Vec<PartitionOffset>, SinkError> {
        self.busy = true;
        self.has_savepoint = false;
        let offset = self.clock.session_offset();
        let (locked, created) =
            offsets::lock(self.session()?, offsets_table, asked, &offset).await?;
        if created {
            self.prefetched = None;
        }
        self.exactly_once = true;
        self.finished();
        Ok(locked)
    }

    async fn store_offsets(
        &mut self,
        offsets_table: &OffsetsTable,
        reached: &[PartitionOffset],
    ) -> Result<(), SinkError> {
        self.busy = true;
        offsets::store(self.session()?, offsets_table, reached).await?;
        self.finished();
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), SinkError> {
        if self.is_dry_run {
            return Err(SinkError::fatal("a dry run cannot be committed"));
        }
        self.busy = true;
        let session = self.session()?;
        if session.profile.transactional {
            let committed = session.conn()?.query_drop("COMMIT").await;
            committed.map_err(|error| fault::classify_commit(&error))?;
        }
        self.finished();
        Ok(())
    }

    async fn abandon(&mut self) {
        let is_away = self.open_stream.take().is_some() || self.prefetch.take().is_some();
        self.prefetched = None;
        let Some(session) = self.session.take() else { return };
        if is_away || self.busy {
            let connection_id = session.connection_id.clone();
            drop(session);
            if let Some(connection_id) = connection_id {
                connection_id.kill(&self.connection).await;
            }
        } else {
            self.session = session.roll_back().await;
        }
    }
}
