//! The rows of one table are written: in bulk first, and where the target refuses some, those alone are
//! found and left out.
//!
//! Tables that are missing, retries and letters are not decided here.

pub(crate) mod bisect;
pub mod delivery;
pub mod durable;
pub(crate) mod isolate;
pub(crate) mod latest;
pub(crate) mod lead;
pub(crate) mod second_chance;
pub(crate) mod stream;
pub mod tally;
pub(crate) mod update_first;
pub(crate) mod write;
pub use delivery::{Delivery, Halt};
