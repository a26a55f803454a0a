//! What a table's columns are: types, lengths, collations, and how their values are written. Plain data, which
//! the catalog fills in.
//!
//! Not here: the values themselves (`values`), and where the data come from (`catalog`).

pub(crate) mod column;
pub(crate) mod form;
