//! The process: its start, the loop over invocations, and its command line.
//!
//! The handler handles an invocation.

mod by_hand;
mod options;
mod run;

pub use run::run_sink;
