//! The statements about tables and rows, as text, and those that make tables and keep offsets.
//!
//! Not here: which of them a batch takes, and in what pieces it is sent (`write`).

pub(crate) mod definition;
pub(crate) mod offsets;
pub(crate) mod quote;
pub(crate) mod search_path;
pub(crate) mod statement;
