//! What a sink does ahead of its time: questions that are asked before anybody needs the answers, and
//! rows that set out before the others are there.

use std::sync::Arc;

use sluice_bridge::sink::StreamChunk;
use sluice_bridge::sink::batch::Batch;

use crate::sink::prefetch::{Answer, Foresight, Question};
use crate::sink::savepoint::Savepoint;
use crate::sink::state::PostgresSink;
use crate::write::staged;

/// Few rows at a time, so that the server has something to do soon; and none at all where there are
/// so few that an upsert would take another way.
pub(super) const STRIDE: StreamChunk = StreamChunk { rows: 250, least: staged::ROWS };

impl PostgresSink {
    /// Asks what the invocation at hand will ask, if it is like the ones before.
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

    /// Whether a transaction is begun with what was asked. If not, nothing of it is left.
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
            // Another is made in its place.
            Answer::Silence => {}
        }
        false
    }

    /// Sends rows behind those that were sent before; the first decide whether they go at all.
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
