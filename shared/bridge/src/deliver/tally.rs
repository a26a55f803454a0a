//! Counts what became of the rows so far.

use crate::deliver::durable::Durable;
use crate::map::row::Rows;
use crate::model::failure::{Cause, Failure, Stage};

/// What became of the records of the rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Records whose row is written; counted, not inferred, so that a sum can be checked.
    pub written: usize,
    /// Records the target refuses.
    pub failures: Vec<Failure>,
    /// Records of updates that found no row.
    pub filtered: usize,
}

/// What is known so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) delivered: Delivered,
    /// Rows of one record that were refused before later rows of their event were written.
    pub(crate) refused: Vec<(usize, Cause)>,
    /// Whether the rows are sent in another order than their records, or reduced.
    pub(crate) rearranged: bool,
    /// Whether their order can matter; `None` until it was computed.
    pub(crate) order_matters: Option<bool>,
    /// The records that are written or filtered, where that is durable at once.
    pub(crate) durable: Option<Vec<usize>>,
}

impl Tally {
    /// Counts a row that is written.
    pub(crate) fn wrote(&mut self, rows: &Rows<'_>, row: usize) {
        self.delivered.written += rows.record_count(row);
        self.settle(rows, row);
    }

    /// Counts an update whose row does not exist.
    pub(crate) fn filter(&mut self, rows: &Rows<'_>, row: usize) {
        self.delivered.filtered += rows.record_count(row);
        self.settle(rows, row);
    }

    /// Counts a row that is finally refused.
    pub(crate) fn fail(&mut self, rows: &Rows<'_>, row: usize, cause: &Cause) {
        let failure =
            |record| Failure { record, stage: Stage::Write, cause: cause.clone(), may_pass: false };
        self.delivered.failures.extend(rows.records(row).into_iter().map(failure));
    }

    fn settle(&mut self, rows: &Rows<'_>, row: usize) {
        if let Some(durable) = &mut self.durable {
            durable.extend(rows.records(row));
        }
    }

    /// Moves settled records to `durable`. Refusals that may pass stay.
    pub(crate) fn keep(&mut self, durable: &mut Durable) {
        let Delivered { written, failures, filtered } = std::mem::take(&mut self.delivered);
        let (open, failed): (Vec<_>, Vec<_>) =
            failures.into_iter().partition(|failure| failure.may_pass);
        self.delivered.failures = open;
        let settled = self.durable.take().unwrap_or_default();
        let failed_records = failed.iter().map(|failure| failure.record);
        settled.into_iter().chain(failed_records).for_each(|record| durable.settle(record));
        durable.written += written;
        durable.filtered += filtered;
        durable.failures.extend(failed);
    }
}
