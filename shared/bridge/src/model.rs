//! What all others speak of: a cell, a table, a change of a table, and why something failed.
//!
//! Data only. What is done with them stands in the folders that come after it.

pub mod cell;
pub mod change;
pub mod failure;
pub mod table;
