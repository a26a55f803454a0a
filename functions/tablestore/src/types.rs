//! What a column is: the types of a table's key, which the service knows, and those of other columns, which
//! only options declare.
//!
//! Not here: how a value is converted to a type (`values`).

pub(crate) mod column_type;
pub(crate) mod limits;
pub(crate) mod options;
