//! Work that starts early: queries that are sent before their results are needed, and rows that are sent
//! before the rest of the batch is mapped.

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{StreamChunk, Written};

use crate::catalog::question::Question;
use crate::sink::prefetch::Foresight;
use crate::sink::state::{Ahead, MySqlSink};
use crate::write::bulk_writer::Flight;
use crate::write::path::{self, Way};

/// Small chunks, so that the server starts early.
pub(super) const STRIDE: StreamChunk = StreamChunk { rows: 250, least: 1000 };

impl MySqlSink {
    /// Sends the queries that the invocation will need, if it is like the previous ones.
    pub(super) async fn foresee(&mut self) {
        let doubtful = self.busy || self.is_doubtful();
        // If no query is sent, the session begins later and reads the clock again.
        let offset = self.read_clock();
        let (Some(session), Some(table)) = (&mut self.session, self.tables.only()) else {
            return;
        };
        if doubtful || !session.profile.transactional || !session.counts_time_as(&offset) {
            return;
        }
        let question = Question::of(table, &session.profile);
        if let Some(conn) = session.conn.take() {
            self.foresight = Some(Foresight::ask(conn, table.clone(), question).await);
        }
    }

    /// Takes the results of the queries. Returns whether a transaction has begun; if not, everything is
    /// rolled back.
    pub(super) async fn recall(&mut self) -> bool {
        self.found = None;
        let Some(foresight) = self.foresight.take() else { return false };
        let Some(mut session) = self.session.take() else { return false };
        let Some((conn, found)) = foresight.answer().await else { return false };
        session.conn = Some(conn);
        let begun = found.is_some();
        self.found = found;
        self.marked = begun;
        self.session = if begun { Some(session) } else { session.roll_back().await };
        begun
    }

    /// Sends more rows. The first rows decide whether the batch is streamed.
    pub(super) async fn send_ahead(&mut self, next: &Batch<'_, '_>) -> bool {
        let mut ahead = self.ahead.take();
        let marked = std::mem::take(&mut self.marked);
        let Ok((conn, statement)) = self.statement(next) else { return false };
        if ahead.is_none() && matches!(Way::of(statement), Ok(Way::Together)) {
            let flight = Flight::open(conn, statement, marked).ok();
            ahead = flight.map(|flight| Ahead { flight, count: 0 });
        }
        if let Some(Ahead { flight, count }) = &mut ahead {
            flight.take(statement, 0..next.len(), *count).await;
            flight.nudge().await;
            *count += next.len();
        }
        self.ahead = ahead;
        self.ahead.is_some()
    }

    /// Waits for the result of the streamed rows.
    pub(super) async fn land_ahead(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        let Some(Ahead { flight, .. }) = self.ahead.take() else {
            return Err(SinkError::fatal("no rows were streamed"));
        };
        let (conn, statement) = self.statement(batch)?;
        let mut written = Written::default();
        match path::settle(conn, statement, flight, &mut written).await? {
            Some(next) => path::rest(conn, statement, next, written).await,
            None => Ok(written),
        }
    }
}
