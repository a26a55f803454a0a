//! Writes batches: one path for each kind of batch, and the handling of refused rows.
//!
//! Not here: transactions and the interface of a sink (`sink`).

pub(crate) mod bulk_writer;
pub(crate) mod message;
pub(crate) mod oversized;
pub(crate) mod packer;
pub(crate) mod path;
pub(crate) mod refused_row;
pub(crate) mod row_by_row;
