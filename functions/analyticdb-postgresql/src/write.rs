//! How a batch reaches its table: one path for each kind of batch, and what is done where rows are refused.
//!
//! Not here: transactions, and what the bridge asks of a sink (`sink`).

pub(crate) mod array;
pub(crate) mod arrays;
pub(crate) mod blame;
pub(crate) mod copy;
pub(crate) mod path;
pub(crate) mod row_by_row;
pub(crate) mod staged;
