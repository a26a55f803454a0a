//! Lambda: its Runtime API, how much time an invocation has, and what it is answered.
//!
//! What an invocation is about is not known here.

pub(crate) mod deadline;
pub(crate) mod invocation;
pub(crate) mod response;
