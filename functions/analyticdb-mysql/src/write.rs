//! How a batch reaches its table: one path for each kind of batch, and what is done where rows are refused.
//!
//! Not here: transactions, and what the bridge asks of a sink (`sink`).

pub(crate) mod bulk_writer;
pub(crate) mod message;
pub(crate) mod oversized;
pub(crate) mod packer;
pub(crate) mod path;
pub(crate) mod refused_row;
pub(crate) mod row_by_row;
