//! Time: how long to wait before something is tried or started again, and a point in time as a person
//! writes it.
//!
//! Pure: who waits reads the clock.

pub mod backoff;
mod parse;
pub(crate) mod retry;

pub use parse::parse_time;
