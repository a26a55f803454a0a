//! The interface that every target implements, and what it receives: batches of rows, and offsets.
//!
//! The rules that decide which rows are written are in `deliver`.

pub mod batch;
pub mod partition_offset;
pub mod target;

pub use target::*; // OLD PATHS
