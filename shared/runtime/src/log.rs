//! What a function writes to its log: one line for each invocation, which also holds its metrics, and
//! lines for what happens outside of one.
//!
//! Nothing of a record is written here but its place and why it failed.

pub(crate) mod batch;
pub(crate) mod counts;
pub(crate) mod format;
mod metrics;
pub(crate) mod stderr;

pub use batch::Log;
pub(crate) use batch::{BatchLine, stage_name};
