//! How a batch is written: as requests `BatchWriteRow`, several at a time, and what their answers say of each
//! row.
//!
//! Not here: what is remembered of a table, and which fault a batch ends with (`sink`).

mod answers;
mod letters;
mod packer;
pub(crate) mod plan;
mod send;

pub(crate) use answers::Ending;
pub(crate) use letters::write_letters;
pub(crate) use send::send;
