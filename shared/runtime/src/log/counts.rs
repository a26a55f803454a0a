//! What became of every record of an invocation, in four numbers that must add up.

use serde::Serialize;

/// How many records ended in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RecordCounts {
    /// Records in the event.
    pub received: usize,
    /// Durable in the target.
    pub written: usize,
    /// Acknowledged by the broker as letters.
    pub lettered: usize,
    /// Left out because the configuration asks for it.
    pub filtered: usize,
    /// To be delivered again.
    pub given_back: usize,
}

impl RecordCounts {
    /// Everything is given back.
    #[must_use]
    pub fn all_given_back(received: usize) -> Self {
        Self { received, given_back: received, ..Self::default() }
    }

    /// Whether every record is accounted for exactly once.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.written + self.lettered + self.filtered + self.given_back == self.received
    }
}
