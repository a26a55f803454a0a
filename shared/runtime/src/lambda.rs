//! Lambda: the raw body of an invocation, its deadline, its answer, and the report of a failed
//! start. The loop over invocations is the vendor's (`lambda_runtime`).
//!
//! This folder does not know what an invocation is about.

pub(crate) mod deadline;
pub(crate) mod raw_body;
pub(crate) mod response;
pub(crate) mod start_error;
