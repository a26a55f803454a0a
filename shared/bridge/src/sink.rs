//! The interface that every target implements, what it receives (batches of rows, and offsets), and
//! what it answers.
//!
//! The rules that decide which rows are written are in `deliver`.

pub mod batch;
pub mod dry_run;
pub mod partition_offset;
pub mod table_letter;
pub mod target;
pub mod written;

pub use dry_run::DryRun;
pub use table_letter::TableLetter;
pub use target::{Sink, StreamChunk};
pub use written::{Postponed, Rejected, Written};
