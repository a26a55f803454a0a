//! Output: lines on standard output and standard error, tables, the progress of a run.
//!
//! This folder makes no decisions.

pub(crate) mod json;
pub(crate) mod metered;
pub(crate) mod output;
pub(crate) mod screen;
pub(crate) mod table;
