//! Counts what became of the rows so far.

use crate::deliver::durable::Durable;
use crate::deliver::outcome::Outcome;
use crate::map::row::Rows;
use crate::model::failure::{Cause, Failure, Stage};

/// What is known so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// What became of records.
    pub(crate) outcome: Outcome,
    /// Rows of one record that were refused before later rows of their event were written.
    pub(crate) refused: Vec<(usize, Cause)>,
    /// Whether these rows, or those of a portion before them, are sent in another order than their
    /// records, or reduced.
    pub(crate) rearranged: bool,
    /// Whether their order can matter; `None` until it was computed.
    pub(crate) order_matters: Option<bool>,
    /// The records that are written or filtered, where that is durable at once.
    pub(crate) durable: Option<Vec<usize>>,
}

impl Tally {
    /// Counts a row that is written.
    pub(crate) fn wrote(&mut self, rows: &Rows<'_>, row: usize) {
        self.outcome.written += rows.record_count(row);
        self.settle(rows, row);
    }

    /// Counts an update whose row does not exist.
    pub(crate) fn filter(&mut self, rows: &Rows<'_>, row: usize) {
        self.outcome.filtered += rows.record_count(row);
        self.settle(rows, row);
    }

    /// Counts a row that is finally refused.
    pub(crate) fn fail(&mut self, rows: &Rows<'_>, row: usize, cause: &Cause) {
        let failure =
            |record| Failure { record, stage: Stage::Write, cause: cause.clone(), may_pass: false };
        self.outcome.failures.extend(rows.records(row).into_iter().map(failure));
    }

    fn settle(&mut self, rows: &Rows<'_>, row: usize) {
        if let Some(durable) = &mut self.durable {
            durable.extend(rows.records(row));
        }
    }

    /// Moves settled records to `durable`. Refusals that may pass stay.
    pub(crate) fn keep(&mut self, durable: &mut Durable) {
        let mut outcome = std::mem::take(&mut self.outcome);
        (self.outcome.failures, outcome.failures) =
            outcome.failures.into_iter().partition(|failure| failure.may_pass);
        let failed: Vec<usize> = outcome.failures.iter().map(|failure| failure.record).collect();
        let settled = self.durable.take().unwrap_or_default();
        durable.settle(settled.into_iter().chain(failed), outcome);
    }
}
