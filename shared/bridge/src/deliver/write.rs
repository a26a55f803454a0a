//! One call to a sink for a delivery, and the rows that it settles.

use std::collections::{HashMap, HashSet};

use crate::deliver::delivery::Delivery;
use crate::deliver::tally::Tally;
use crate::model::failure::{Fault, SinkError};
use crate::options::rules::InsertMode;
use crate::sink::batch::Batch;
use crate::sink::target::Sink;
use crate::sink::written::Written;

impl Delivery<'_, '_> {
    /// Writes a batch.
    ///
    /// # Errors
    /// The sink's error; `Transient` if it postpones rows. The other rows are counted then.
    pub(crate) async fn write<S: Sink>(
        &self,
        sink: &mut S,
        batch: &Batch<'_, '_>,
        tally: &mut Tally,
    ) -> Result<Written, SinkError> {
        let answer = sink.write(batch).await;
        self.without_postponed(batch, answer, tally)
    }

    /// Turns an answer with postponed rows into a transient fault: the next attempt sends these
    /// rows again, and those that were refused with them. If the sink is durable at once, written
    /// rows are not sent again; otherwise nothing of the answer was committed.
    pub(crate) fn without_postponed(
        &self,
        batch: &Batch<'_, '_>,
        answer: Result<Written, SinkError>,
        tally: &mut Tally,
    ) -> Result<Written, SinkError> {
        let mut written = answer?;
        match written.postponed.take() {
            None => Ok(written),
            Some(postponed) => {
                self.count(batch, &written, &postponed.rows, tally);
                Err(SinkError { fault: Fault::Transient, cause: postponed.cause })
            }
        }
    }

    /// Counts the rows of a batch that are settled: not those that are refused or postponed. A row
    /// that an update did not find is settled only if nothing else was asked for: of an upsert it is
    /// still to be inserted.
    pub(crate) fn count(
        &self,
        batch: &Batch<'_, '_>,
        written: &Written,
        postponed: &[usize],
        tally: &mut Tally,
    ) {
        let mut is_open = vec![false; batch.len()];
        let refused = written.rejected.iter().map(|rejected| &rejected.row);
        refused.chain(postponed).for_each(|&row| is_open[row] = true);
        for &row in &written.unmatched {
            is_open[row] = true;
            if self.mode == InsertMode::Update {
                tally.filter(&self.rows, batch.rows()[row]);
            }
        }
        for row in (0..batch.len()).filter(|&row| !is_open[row]) {
            tally.wrote(&self.rows, batch.rows()[row]);
        }
    }

    /// Turns refused rows into failures if a later row of their key was written. If that row is
    /// durable, another attempt at them would undo it.
    pub(crate) fn fail_overtaken(&self, tally: &mut Tally) {
        let settled: HashSet<usize> = tally.durable.iter().flatten().copied().collect();
        let mut latest = HashMap::new();
        for row in (0..self.rows.len()).filter(|_| !tally.refused.is_empty()) {
            let records = self.rows.records(row);
            if let Some(key) = self.rows.key(row)
                && records.iter().all(|record| settled.contains(record))
            {
                let latest = latest.entry(key).or_insert(None);
                *latest = (*latest).max(records.last().copied());
            }
        }
        for (row, cause) in std::mem::take(&mut tally.refused) {
            let after = self.rows.key(row).and_then(|key| latest.get(key).copied().flatten());
            if after > self.rows.records(row).last().copied() {
                tally.fail(&self.rows, row, &cause);
            }
        }
    }
}
