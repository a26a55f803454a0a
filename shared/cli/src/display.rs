//! What a person or a script sees: lines on standard output and standard error, tables, a run's
//! progress.
//!
//! Nothing is decided here.

pub(crate) mod gauge;
pub(crate) mod output;
pub(crate) mod screen;
pub(crate) mod table;
