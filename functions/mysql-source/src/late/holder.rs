//! Somebody who may still write below a bound.

use std::fmt;

use tokio::time::Instant;

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// One acquisition of a table's metadata lock: the lock's address, its owner's thread, and the event in which it
    /// was taken ("The `metadata_locks` Table" of MySQL's manual).
    Lock {
        /// The lock's address.
        address: u64,
        /// Its owner.
        thread: u64,
        /// When its owner took it.
        event: u64,
    },
    /// A statement that runs. On MariaDB `started` is its own number, on MySQL the second in which it began.
    Statement {
        /// The connection that it runs on.
        connection: u64,
        /// Tells it from other statements of the connection.
        started: i64,
    },
    /// An open transaction that has written something.
    Transaction {
        /// Its number.
        id: u64,
        /// The connection that it is open on.
        connection: u64,
    },
    /// Everybody who held a write lock on the table at that time.
    Barrier(u64),
    /// Time that has to pass.
    Until(Instant),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock { thread, .. } => write!(f, "the transaction of thread {thread}"),
            Self::Statement { connection, .. } => {
                write!(f, "a statement of connection {connection}")
            }
            Self::Transaction { connection, .. } => {
                write!(f, "the transaction of connection {connection}")
            }
            Self::Barrier(_) => f.write_str("transactions that write to the table"),
            Self::Until(_) => f.write_str("late.commits=delay"),
        }
    }
}
