//! Work that starts early: queries that are sent before their results are needed, and rows that are sent
//! before the rest of the batch is mapped.

use std::sync::Arc;

use sluice_bridge::sink::StreamChunk;
use sluice_bridge::sink::batch::Batch;

use crate::sink::prefetch::{Answer, Foresight, Question};
use crate::sink::savepoint::Savepoint;
use crate::sink::state::PostgresSink;
use crate::write::staged;

/// Small chunks, so that the server starts early. Batches for which an upsert takes a different path are too
/// small to be streamed.
pub(super) const STRIDE: StreamChunk = StreamChunk { rows: 250, least: staged::ROWS };

impl PostgresSink {
    /// Sends the queries that the invocation will need, if it is like the previous ones.
    pub(super) async fn foresee(&mut self) {
        let (Some(session), Some(table)) = (&self.session, self.tables.only()) else {
            return;
        };
        if self.busy || self.is_doubtful() || session.client.is_closed() {
            return;
        }
        let question = Question {
            client: Arc::clone(&session.client),
            profile: session.profile,
            begin: session.beginning(&self.connection),
            savepoint: Savepoint::Unset.renew(),
            table: table.clone(),
            unix_places: self.unix_places,
        };
        self.foresight = Some(Foresight::ask(question).await);
    }

    /// Takes the results of the queries. Returns whether a transaction has begun; if not, everything is
    /// rolled back.
    pub(super) async fn recall(&mut self) -> bool {
        self.found = None;
        let Some(foresight) = self.foresight.take() else { return false };
        let answer = foresight.answer().await;
        let Some(session) = self.session.take() else { return false };
        match answer {
            Answer::Found(found) => {
                self.session = Some(session);
                self.savepoint = Savepoint::Passed;
                self.transaction = found.transaction;
                self.found = Some(found);
                return true;
            }
            Answer::Other => self.session = session.roll_back().await,
            // A new connection is opened in its place.
            Answer::Silence => {}
        }
        false
    }

    /// Sends more rows. The first rows decide whether the batch is streamed.
    pub(super) async fn send_ahead(&mut self, next: &Batch<'_, '_>) -> bool {
        let mut ahead = self.ahead.take();
        let (Ok((way, statement)), Ok(client)) =
            (self.statement(next, staged::ROWS), self.client())
        else {
            return false;
        };
        if ahead.is_none() {
            let savepoint = statement.behind(self.savepoint.renew());
            ahead = way.open(client, &savepoint, statement).map(|copy| (way, copy));
        }
        if let Some((_, copy)) = &mut ahead {
            copy.take(statement).await;
            copy.nudge().await;
        }
        self.ahead = ahead;
        self.ahead.is_some()
    }
}
