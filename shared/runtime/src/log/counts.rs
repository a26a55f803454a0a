//! The outcomes of the records of an invocation, as four numbers that must add up.

use serde::Serialize;

/// The number of records with each outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RecordCounts {
    /// Records in the event.
    pub received: usize,
    /// Records that are durable in the target.
    pub written: usize,
    /// Records whose letter the broker has acknowledged.
    pub lettered: usize,
    /// Records that are left out because of the configuration.
    pub filtered: usize,
    /// Records that are delivered again.
    pub given_back: usize,
}

impl RecordCounts {
    /// The counts of an event that is given back.
    #[must_use]
    pub fn all_given_back(received: usize) -> Self {
        Self { received, given_back: received, ..Self::default() }
    }

    /// Whether the outcomes add up to the received records.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.written + self.lettered + self.filtered + self.given_back == self.received
    }
}
