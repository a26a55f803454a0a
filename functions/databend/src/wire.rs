//! The statements. A value of a record is in a staged file, or between the quotes of a literal; offsets and names are
//! quoted.
//!
//! Not here: HTTP (`endpoint`), and the order in which statements are sent (`write`, `sink`).

pub(crate) mod definition;
pub(crate) mod describe;
pub(crate) mod literal;
pub(crate) mod offsets;
pub(crate) mod stage;
pub(crate) mod staged;
pub(crate) mod statement;
