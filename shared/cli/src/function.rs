//! The function's binary, as the commands use it: its command line, and its environment.
//!
//! This folder knows no connector: a function itself knows its options.

pub(crate) mod ask;
pub(crate) mod environment;
pub(crate) mod platform;
pub(crate) mod query;
