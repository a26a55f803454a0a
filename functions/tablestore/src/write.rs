//! How a batch is written: as requests `BatchWriteRow`, or `PutTimeseriesData` for points, several at a time, and
//! what their answers say of each row.
//!
//! Not here: what is remembered of a table, and which fault a batch ends with (`sink`).

mod answers;
mod letters;
mod packer;
pub(crate) mod plan;
mod points;
mod send;

pub(crate) use answers::Ending;
pub(crate) use letters::write_letters;
pub(crate) use send::{send, send_points};
