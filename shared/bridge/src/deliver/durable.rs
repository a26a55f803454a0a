//! The records of an event that are already durable, for a target that cannot undo. They are kept
//! for all attempts of an invocation, so that no record is written again.

use crate::model::failure::Failure;

/// The records that later attempts skip, and what became of them.
#[derive(Debug, Default)]
pub struct Durable {
    /// Whether each record is settled, by its index in the event; those after the end are not.
    settled: Vec<bool>,
    /// How many are written.
    pub(crate) written: usize,
    /// How many are filtered.
    pub(crate) filtered: usize,
    /// The records that the target refuses.
    pub(crate) failures: Vec<Failure>,
}

impl Durable {
    /// Whether a record is settled.
    pub(crate) fn has(&self, record: usize) -> bool {
        self.settled.get(record).is_some_and(|settled| *settled)
    }

    /// Settles a record.
    pub(crate) fn settle(&mut self, record: usize) {
        if record >= self.settled.len() {
            self.settled.resize(record + 1, false);
        }
        self.settled[record] = true;
    }

    /// Adds what another attempt settled. Returns whether it settled anything.
    pub(crate) fn absorb(&mut self, other: Self) -> bool {
        let records = other.settled.iter().enumerate().filter(|(_, settled)| **settled);
        records.for_each(|(record, _)| self.settle(record));
        self.written += other.written;
        self.filtered += other.filtered;
        self.failures.extend(other.failures);
        !other.settled.is_empty()
    }
}
