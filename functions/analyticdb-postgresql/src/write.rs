//! How a batch reaches its table: one path for each kind of batch, and what is done where rows are refused.
//!
//! Not here: transactions, and what the bridge asks of a sink (`sink`).

pub(crate) mod array;
pub(crate) mod copy;
pub(crate) mod each;
pub(crate) mod stage;
pub(crate) mod way;
