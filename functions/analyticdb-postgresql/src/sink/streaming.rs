//! Work that starts early: queries that are sent before their results are needed, and rows that are sent
//! before the rest of the batch is mapped.

use std::sync::Arc;

use sluice_bridge::sink::StreamChunk;
use sluice_bridge::sink::batch::Batch;

use crate::sink::prefetch::{Prefetch, PrefetchOutcome, PrefetchQueries};
use crate::sink::savepoint::Savepoint;
use crate::sink::state::PostgresSink;
use crate::write::staged;

/// Small chunks, so that the server starts early. Batches for which an upsert takes a different path are too
/// small to be streamed.
pub(super) const CHUNK: StreamChunk = StreamChunk { rows: 250, least: staged::ROWS };

impl PostgresSink {
    /// Sends the queries that the invocation will need, if it is like the previous ones.
    pub(super) async fn start_prefetch(&mut self) {
        let (Some(session), Some(table)) = (&self.session, self.tables.only()) else {
            return;
        };
        if self.busy || self.is_doubtful() || session.client.is_closed() {
            return;
        }
        let queries = PrefetchQueries {
            client: Arc::clone(&session.client),
            profile: session.profile,
            begin: session.begin_statements(&self.connection),
            savepoint: Savepoint::Unset.renew(),
            table: table.clone(),
            unix_places: self.unix_places,
        };
        self.prefetch = Some(Prefetch::start(queries).await);
    }

    /// Takes the results of the queries. Returns whether a transaction has begun; if not, everything is
    /// rolled back.
    pub(super) async fn take_prefetched(&mut self) -> bool {
        self.prefetched = None;
        let Some(prefetch) = self.prefetch.take() else { return false };
        let outcome = prefetch.finish().await;
        let Some(session) = self.session.take() else { return false };
        match outcome {
            PrefetchOutcome::Ready(prefetched) => {
                self.session = Some(session);
                self.savepoint = Savepoint::Passed;
                self.transaction = prefetched.transaction;
                self.prefetched = Some(prefetched);
                return true;
            }
            PrefetchOutcome::Failed => self.session = session.roll_back().await,
            // A new connection is opened in its place.
            PrefetchOutcome::NoAnswer => {}
        }
        false
    }

    /// Sends more rows. The first rows decide whether the batch is streamed.
    pub(super) async fn stream_rows(&mut self, next: &Batch<'_, '_>) -> bool {
        let mut open_stream = self.open_stream.take();
        let (Ok((path, statement)), Ok(client)) =
            (self.statement(next, staged::ROWS), self.client())
        else {
            return false;
        };
        if open_stream.is_none() {
            let savepoint = statement.with_lock(self.savepoint.renew());
            open_stream = path.open(client, &savepoint, statement).map(|copy| (path, copy));
        }
        if let Some((_, copy)) = &mut open_stream {
            copy.add_rows(statement).await;
            copy.yield_to_tasks().await;
        }
        self.open_stream = open_stream;
        self.open_stream.is_some()
    }
}
