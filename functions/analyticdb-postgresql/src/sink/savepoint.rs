//! The savepoint that rows can be undone to without the rest of the transaction.

/// The savepoint every batch is written behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Savepoint {
    /// Not set yet.
    Unset,
    /// The batch behind it is written.
    Passed,
    /// The batch behind it failed and is still to be rolled back.
    Failed,
}

impl Savepoint {
    /// What sets it for the next batch.
    pub(super) fn renew(self) -> &'static str {
        match self {
            Savepoint::Unset => "SAVEPOINT sluice",
            Savepoint::Passed => "RELEASE SAVEPOINT sluice; SAVEPOINT sluice",
            Savepoint::Failed => "ROLLBACK TO SAVEPOINT sluice",
        }
    }

    /// The last statement before COMMIT, which says nothing of a transaction that is broken.
    pub(super) fn settle(self) -> &'static str {
        match self {
            Savepoint::Unset => "SAVEPOINT sluice",
            Savepoint::Passed => "RELEASE SAVEPOINT sluice",
            Savepoint::Failed => "ROLLBACK TO SAVEPOINT sluice",
        }
    }
}
