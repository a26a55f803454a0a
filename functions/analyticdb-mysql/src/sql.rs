//! The text of the statements for tables and rows, and the statements that create tables and store offsets.
//!
//! Not here: which statements a batch uses, and how they are divided into messages (`write`).

pub(crate) mod definition;
pub(crate) mod offsets;
pub(crate) mod privilege;
pub(crate) mod quote;
pub(crate) mod statement;
