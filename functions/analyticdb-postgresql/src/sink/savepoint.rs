//! The savepoint to which a batch is rolled back without the rest of the transaction.

/// The savepoint before every batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Savepoint {
    /// Not set yet.
    Unset,
    /// The batch after it is written.
    Passed,
    /// The batch after it failed and is not rolled back yet.
    Failed,
}

impl Savepoint {
    /// The statement that sets the savepoint for the next batch.
    pub(super) fn renew(self) -> &'static str {
        match self {
            Savepoint::Unset => "SAVEPOINT sluice",
            Savepoint::Passed => "RELEASE SAVEPOINT sluice; SAVEPOINT sluice",
            Savepoint::Failed => "ROLLBACK TO SAVEPOINT sluice",
        }
    }

    /// The last statement before COMMIT. COMMIT itself returns no error for a failed transaction.
    pub(super) fn before_commit(self) -> &'static str {
        match self {
            Savepoint::Unset => "SAVEPOINT sluice",
            Savepoint::Passed => "RELEASE SAVEPOINT sluice",
            Savepoint::Failed => "ROLLBACK TO SAVEPOINT sluice",
        }
    }
}
