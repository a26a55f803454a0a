//! The options of a source, and the rules that follow from them.

pub mod columns;
pub mod foreign;
pub mod formats;
pub mod letter;
pub mod mode;
pub mod tables;
