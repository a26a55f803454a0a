//! How a batch reaches its table: one path for each kind of batch, and what is done where rows are refused.
//!
//! Not here: transactions, and what the bridge asks of a sink (`sink`).

pub(crate) mod culprit;
pub(crate) mod each;
pub(crate) mod flight;
pub(crate) mod long;
pub(crate) mod message;
pub(crate) mod portion;
pub(crate) mod writing;
