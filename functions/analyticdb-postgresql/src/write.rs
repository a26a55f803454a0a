//! Writes batches: one path for each kind of batch, and the handling of refused rows.
//!
//! Not here: transactions and the interface of a sink (`sink`).

pub(crate) mod array;
pub(crate) mod arrays;
pub(crate) mod copy;
pub(crate) mod path;
pub(crate) mod refused_column;
pub(crate) mod row_by_row;
pub(crate) mod staged;
