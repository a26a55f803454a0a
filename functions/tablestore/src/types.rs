//! What a column is: the types of a table's key, which the service knows, and those of other columns, which
//! only options declare; and what a point of a time series is made of.
//!
//! Not here: how a value is converted to a type (`values`).

pub(crate) mod column_type;
pub(crate) mod limits;
pub(crate) mod options;
pub(crate) mod series;
pub(crate) mod series_limits;
