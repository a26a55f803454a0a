//! The types of a table's columns, as the catalog names them. Plain data.
//!
//! Not here: values (`values`), and how the catalog is asked (`catalog`).

pub(crate) mod column;
pub(crate) mod kind;
mod parse;
pub(crate) mod shape;
