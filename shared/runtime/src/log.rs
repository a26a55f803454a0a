//! The function's log: one line for each invocation, which also contains its metrics, and lines for
//! events outside of an invocation.
//!
//! The log contains the positions of records and why they failed, but no values.

pub(crate) mod batch;
pub(crate) mod counts;
pub(crate) mod format;
pub(crate) mod metrics;
pub(crate) mod stderr;

pub use batch::Log;
pub(crate) use batch::{BatchLine, stage_name};
