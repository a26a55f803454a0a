//! What a table's columns are: types, lengths, collations, and how their values are written. Plain data, which
//! the catalog fills in.
//!
//! Not here: the values themselves (`values`), and where the data come from (`catalog`).

pub(crate) mod collation;
pub(crate) mod column;
pub(crate) mod described;
pub(crate) mod digits;
pub(crate) mod enum_labels;
pub(crate) mod form;
pub(crate) mod length;
pub(crate) mod reference;
pub(crate) mod shape;
pub(crate) mod zone;
