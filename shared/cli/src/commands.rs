//! What each command does, one file for each command: it calls the crate that does the work, and
//! shows the result.
//!
//! The arguments are in `arguments`. This folder contains no rule about records.

pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod invoke;
pub(crate) mod lag;
pub(crate) mod offsets;
pub(crate) mod options;
pub(crate) mod poll;
mod records;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod send;
mod source_offsets;
pub(crate) mod trigger;
