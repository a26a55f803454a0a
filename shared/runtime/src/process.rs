//! The process: from its start to the loop over invocations, and what it says to a person who starts
//! it.
//!
//! What becomes of an invocation is the handler's.

mod by_hand;
mod options;
mod run;

pub use run::run_sink;
