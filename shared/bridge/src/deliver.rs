//! Writes the rows of one table: in bulk first. If the target refuses rows, only those are found
//! and left out.
//!
//! Missing tables, retries and letters are decided elsewhere.

pub(crate) mod bisect;
pub(crate) mod deferred;
pub mod delivery;
pub mod durable;
pub(crate) mod isolate;
pub(crate) mod latest;
pub(crate) mod lead;
pub mod outcome;
pub(crate) mod second_chance;
pub(crate) mod stream;
pub(crate) mod tally;
pub(crate) mod update_first;
pub(crate) mod write;
pub use delivery::{Delivery, Halt};
