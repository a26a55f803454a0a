//! What became of records.

use crate::model::failure::Failure;

/// The result of an event, or of a part of it, once the sink commits.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Records whose rows the sink will commit; counted, not inferred, so that a sum can be checked.
    pub written: usize,
    /// Records that will not be written; of a whole event in its order.
    pub failures: Vec<Failure>,
    /// Records that are not written because of the configuration: tombstones if deletes are off,
    /// updates of rows that do not exist, records that were written before.
    pub filtered: usize,
}

impl Outcome {
    /// Adds another part.
    pub(crate) fn add(&mut self, other: Self) {
        self.written += other.written;
        self.filtered += other.filtered;
        self.failures.extend(other.failures);
    }
}
