//! A session or transaction that may still write below a bound.

use std::fmt;

use tokio::time::Instant;

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// One acquisition of a table's metadata lock ("The `metadata_locks` Table" of MySQL's manual).
    Lock {
        /// Which one.
        acquisition: Acquisition,
        /// How often what was waited for may have changed its lock.
        changes: u8,
    },
    /// A statement that runs.
    Statement {
        /// The connection that it runs on.
        connection: u64,
        /// When it began, in microseconds since 1970: a later one of the connection is another.
        started: i64,
    },
    /// An open transaction that has written something.
    Transaction {
        /// Its number.
        id: u64,
        /// The connection that it is open on.
        connection: u64,
    },
    /// Every transaction that held a write lock on the table at that time.
    Barrier(u64),
    /// Time that has to pass.
    Until(Instant),
}

/// One acquisition of a metadata lock: the same object and thread may take another later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acquisition {
    /// The lock's address.
    pub address: u64,
    /// Its owner.
    pub thread: u64,
    /// When its owner took it.
    pub event: u64,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock { acquisition, .. } => {
                write!(f, "the transaction of thread {}", acquisition.thread)
            }
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
