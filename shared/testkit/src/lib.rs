//! For tests only. What tests of several crates share: events as Lambda sends them, a sink and a
//! producer in memory that fail as a test wants, and the contract that every sink must pass.
//!
//! Everything here panics if a test fails; nothing here is fit for production.

pub mod constraints;
pub mod contract;
mod decoded;
pub mod event;
pub mod invocation;
pub mod journal;
pub mod memory;
mod memory_journal;
pub mod producer;
pub mod readme;
pub mod source_contract;
pub mod table;
pub mod turns;

pub use decoded::decoded;
pub use event::{EventBuilder, RecordBuilder};
pub use journal::{Journal, Moment};
pub use memory::{Attempt, Change, MemoryDatabase, MemorySink, Method, Report, Trouble};
pub use memory_journal::{MemoryJournal, Told};
pub use producer::{MemoryProducer, Mishap};
pub use table::{ColumnSpec, Kind, TableSpec};
