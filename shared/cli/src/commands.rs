//! What each command does: a file for each, which calls the crate that knows how and shows what comes
//! of it.
//!
//! What can be typed is in `arguments`. No rule of records lives here.

pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod invoke;
pub(crate) mod lag;
pub(crate) mod offsets;
pub(crate) mod options;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod send;
pub(crate) mod trigger;
