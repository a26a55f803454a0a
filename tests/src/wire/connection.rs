//! One connection through a proxy.

use std::sync::atomic::AtomicBool;

use tokio::sync::Notify;

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The function.
    Client,
    /// PostgreSQL or Kafka.
    Server,
}

/// What can be done to a connection while it is open.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    pub(crate) cut: Notify,
    pub(crate) frozen: AtomicBool,
}
