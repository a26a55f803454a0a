//! Work that starts early: queries that are sent before their results are needed, and rows that are sent
//! before the rest of the batch is mapped.

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{StreamChunk, Written};

use crate::catalog::query::CatalogQuery;
use crate::sink::prefetch::Prefetch;
use crate::sink::state::{MySqlSink, OpenStream};
use crate::write::bulk_writer::BulkWriter;
use crate::write::path::{self, WritePath};

/// Small chunks, so that the server starts early.
pub(super) const CHUNK: StreamChunk = StreamChunk { rows: 250, least: 1000 };

impl MySqlSink {
    /// Sends the queries that the invocation will need, if it is like the previous ones.
    pub(super) async fn start_prefetch(&mut self) {
        let doubtful = self.busy || self.is_doubtful();
        // If no query is sent, the session begins later and reads the clock again.
        let offset = self.read_clock();
        let (Some(session), Some(table)) = (&mut self.session, self.tables.only()) else {
            return;
        };
        if doubtful || !session.profile.transactional || !session.has_offset(&offset) {
            return;
        }
        let query = CatalogQuery::of(table, &session.profile);
        if let Some(conn) = session.conn.take() {
            self.prefetch = Some(Prefetch::start(conn, table.clone(), query).await);
        }
    }

    /// Takes the results of the queries. Returns whether a transaction has begun; if not, everything is
    /// rolled back.
    pub(super) async fn take_prefetched(&mut self) -> bool {
        self.prefetched = None;
        let Some(prefetch) = self.prefetch.take() else { return false };
        let Some(mut session) = self.session.take() else { return false };
        let Some((conn, prefetched)) = prefetch.finish().await else { return false };
        session.conn = Some(conn);
        let has_begun = prefetched.is_some();
        self.prefetched = prefetched;
        self.has_savepoint = has_begun;
        self.session = if has_begun { Some(session) } else { session.roll_back().await };
        has_begun
    }

    /// Sends more rows. The first rows decide whether the batch is streamed.
    pub(super) async fn stream_rows(&mut self, next: &Batch<'_, '_>) -> bool {
        let mut open_stream = self.open_stream.take();
        let has_savepoint = std::mem::take(&mut self.has_savepoint);
        let Ok((conn, statement)) = self.statement(next) else { return false };
        if open_stream.is_none() && matches!(WritePath::of(statement), Ok(WritePath::Bulk)) {
            let writer = BulkWriter::open(conn, statement, has_savepoint).ok();
            open_stream = writer.map(|writer| OpenStream { writer, count: 0 });
        }
        if let Some(OpenStream { writer, count }) = &mut open_stream {
            writer.add_rows(statement, 0..next.len(), *count).await;
            writer.yield_to_tasks().await;
            *count += next.len();
        }
        self.open_stream = open_stream;
        self.open_stream.is_some()
    }

    /// Waits for the result of the streamed rows.
    pub(super) async fn finish_stream(
        &mut self,
        batch: &Batch<'_, '_>,
    ) -> Result<Written, SinkError> {
        let Some(OpenStream { writer, .. }) = self.open_stream.take() else {
            return Err(SinkError::fatal("no rows were streamed"));
        };
        let (conn, statement) = self.statement(batch)?;
        let mut written = Written::default();
        match path::finish_bulk(conn, statement, writer, &mut written).await? {
            Some(next) => path::write_from(conn, statement, next, written).await,
            None => Ok(written),
        }
    }
}
