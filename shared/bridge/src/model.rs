//! The data that all other folders use: a cell, a table, a change of a table, and why something
//! failed.
//!
//! Data only. The code that uses them is in the other folders.

pub mod cell;
pub mod change;
pub mod failure;
pub mod table;
