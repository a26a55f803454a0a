//! The statements. Everything that may contain a value of a record goes through a staged file, never through a
//! statement's text; offsets and names are quoted.
//!
//! Not here: HTTP (`endpoint`), and the order in which statements are sent (`write`, `sink`).

pub(crate) mod definition;
pub(crate) mod describe;
mod literal;
pub(crate) mod offsets;
pub(crate) mod staged;
pub(crate) mod statement;
