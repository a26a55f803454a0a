//! Rows that set out before the others are there.

use sluice_bridge::batch::Batch;
use sluice_bridge::failure::SinkError;
use sluice_bridge::sink::{Stride, Written};

use crate::flight::Flight;
use crate::sink::MySqlSink;
use crate::writing::{self, Way};

/// Few rows at a time, so that the server has something to do soon.
pub(super) const STRIDE: Stride = Stride { rows: 250, least: 1000 };

/// Rows on their way.
#[derive(Debug)]
pub(super) struct Ahead {
    flight: Flight,
    count: usize,
}

impl MySqlSink {
    /// Sends rows behind those that were sent before; the first decide whether they go at all.
    pub(super) async fn send_ahead(&mut self, next: &Batch<'_, '_>) -> bool {
        let mut ahead = self.ahead.take();
        let Ok((conn, statement)) = self.statement(next) else { return false };
        if ahead.is_none() && matches!(Way::of(statement), Ok(Way::Together)) {
            let flight = Flight::open(conn, statement).ok();
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

    /// Waits for what became of them.
    pub(super) async fn land_ahead(&mut self, batch: &Batch<'_, '_>) -> Result<Written, SinkError> {
        let Some(Ahead { flight, .. }) = self.ahead.take() else {
            return Err(SinkError::fatal("no rows are on their way"));
        };
        let (conn, statement) = self.statement(batch)?;
        let mut written = Written::default();
        match writing::settle(conn, statement, flight, &mut written).await? {
            Some(next) => writing::rest(conn, statement, next, written).await,
            None => Ok(written),
        }
    }
}
