//! The data that all other folders use: a cell, a table and its shape, a change of a table, and why
//! something failed.
//!
//! Data only. The code that uses them is in the other folders, and connectors implement a table's
//! shape.

pub mod cell;
pub mod change;
pub mod failure;
pub mod operation;
pub mod shape;
pub mod table;
