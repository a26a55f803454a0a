//! What is durable of an event at a target where nothing can be undone. It outlives the attempts of an
//! invocation, so that nothing of it is written again.

use crate::model::failure::Failure;

/// The records that no later attempt looks at, and what became of them.
#[derive(Debug, Default)]
pub struct Durable {
    /// Whether each record is settled, by its index in the event; those after the end are not.
    settled: Vec<bool>,
    /// How many are written.
    pub(crate) written: usize,
    /// How many are filtered.
    pub(crate) filtered: usize,
    /// Those that the target refuses.
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

    /// Adds what another attempt settled; whether that was anything.
    pub(crate) fn absorb(&mut self, other: Self) -> bool {
        let records = other.settled.iter().enumerate().filter(|(_, settled)| **settled);
        records.for_each(|(record, _)| self.settle(record));
        self.written += other.written;
        self.filtered += other.filtered;
        self.failures.extend(other.failures);
        !other.settled.is_empty()
    }
}
