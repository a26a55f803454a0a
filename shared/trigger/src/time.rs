//! Pauses before retries and restarts, and the text of a point in time.
//!
//! Pure: the caller reads the clock and waits.

pub mod backoff;
mod parse;
pub(crate) mod retry;

pub use parse::{parse_micros, parse_time};
