//! The types of a table's columns: lengths, collations, and how values are encoded. Plain data, which the
//! catalog fills in.
//!
//! Not here: values (`values`), and the catalog queries (`catalog`).

pub(crate) mod column;
pub(crate) mod form;
