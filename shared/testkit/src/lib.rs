//! For tests only. What tests of several crates share: events as Lambda sends them, a sink in
//! memory that fails on command, and the contract that every sink must pass.
//!
//! Everything here panics where a test went wrong; nothing here is fit for production.

pub mod contract;
pub mod event;
pub mod invocation;
pub mod memory;
pub mod table;

pub use event::{EventBuilder, RecordBuilder};
pub use memory::{Attempt, Change, MemoryDatabase, MemorySink, Method, Report, Trouble};
pub use table::{ColumnSpec, Kind, TableSpec};
