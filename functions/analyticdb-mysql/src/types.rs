//! The types of a table's columns: lengths, collations, and how values are encoded. Plain data, which the
//! catalog fills in.
//!
//! Not here: values (`values`), and the catalog queries (`catalog`).

pub(crate) mod catalog_type;
pub(crate) mod collation;
pub(crate) mod column;
pub(crate) mod digits;
pub(crate) mod enum_labels;
pub(crate) mod form;
pub(crate) mod shape;
pub(crate) mod spatial_reference;
pub(crate) mod text_limit;
pub(crate) mod zone;
