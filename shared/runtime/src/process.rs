//! The process: from its start to the loop over invocations, and what it says to a person who starts
//! it.
//!
//! What becomes of an invocation is the handler's.

mod by_hand;
mod function;
mod options;
mod run;
mod run_source;
mod start;

pub use run::run_sink;
pub use run_source::run_source;
