//! The process: its start, the loop over invocations, and its command line.
//!
//! The handler handles an invocation.

mod by_hand;
mod function;
mod options;
mod run;
mod run_source;
mod start;

pub use run::run_sink;
pub use run_source::run_source;
