//! What a sink answers for a batch.

use crate::model::failure::Cause;
use crate::sink::batch::Batch;

/// What became of a batch whose other rows are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows that the target refuses.
    pub rejected: Vec<Rejected>,
    /// Updates whose row does not exist, by index in the batch.
    pub unmatched: Vec<usize>,
    /// Rows that the target does not take now, but may take later.
    pub postponed: Option<Postponed>,
}

impl Written {
    /// Checks the rows of a batch against the types of the columns, and asks the target nothing.
    #[must_use]
    pub fn checked(batch: &Batch<'_, '_>) -> Self {
        let refused = |row| batch.table.shape.check_row(batch.cells(row)).err();
        let rejected =
            (0..batch.len()).filter_map(|row| Some(Rejected { row, cause: refused(row)? }));
        Self { rejected: rejected.collect(), ..Self::default() }
    }
}

/// One row of a batch that the target, or the type of one of its columns, refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Its index in the batch.
    pub row: usize,
    /// Why.
    pub cause: Cause,
}

/// Rows of a batch that the target does not take now: it is busy, or it did not answer for them.
/// They are sent again after a pause, before any later row, and without the other rows of their
/// batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Postponed {
    /// Their indexes in the batch.
    pub rows: Vec<usize>,
    /// Why, and how long the target asks the client to wait.
    pub cause: Cause,
}
