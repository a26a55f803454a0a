//! The HTTP server of a custom runtime of Function Compute: what the platform asks, and what it is answered.
//!
//! What an invocation is about is not known here. Sources: "Principles", "Lifecycle hooks" and "Request
//! headers" of custom runtimes in Function Compute 3.0's documentation.

mod answer;
mod head;
mod serve;

pub(crate) use serve::{Served, serve};
