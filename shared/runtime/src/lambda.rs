//! Lambda: the raw body of an invocation, how much time an invocation has, what it is answered, and how a
//! failed start is reported. The loop over invocations is the vendor's (`lambda_runtime`).
//!
//! What an invocation is about is not known here.

pub(crate) mod deadline;
pub(crate) mod raw_body;
pub(crate) mod response;
pub(crate) mod start_error;
