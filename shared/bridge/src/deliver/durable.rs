//! The records of an event that are already durable, for a target that cannot undo. They are kept
//! for all attempts of an invocation, so that no record is written again.

use crate::deliver::outcome::Outcome;

/// The records that later attempts skip, and what became of them.
#[derive(Debug, Default)]
pub struct Durable {
    /// Whether each record is settled, by its index in the event; those after the end are not.
    settled: Vec<bool>,
    /// What became of those that are.
    pub(crate) outcome: Outcome,
}

impl Durable {
    /// Whether a record is settled.
    pub(crate) fn has(&self, record: usize) -> bool {
        self.settled.get(record).is_some_and(|settled| *settled)
    }

    /// Settles records, of which this became.
    pub(crate) fn settle(&mut self, records: impl IntoIterator<Item = usize>, outcome: Outcome) {
        for record in records {
            if record >= self.settled.len() {
                self.settled.resize(record + 1, false);
            }
            self.settled[record] = true;
        }
        self.outcome.add(outcome);
    }

    /// Adds what another attempt settled. Returns whether it settled anything.
    pub(crate) fn absorb(&mut self, other: Self) -> bool {
        let settled = other.settled.iter().enumerate().filter(|(_, settled)| **settled);
        self.settle(settled.map(|(record, _)| record), other.outcome);
        !other.settled.is_empty()
    }
}
