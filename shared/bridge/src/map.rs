//! Maps a record to a row: each value gets its column, and the row gets its key.
//!
//! Nothing here writes. The sink converts a value to the type of its column.

pub(crate) mod binder;
pub(crate) mod bound;
pub(crate) mod columns;
pub(crate) mod fit;
pub(crate) mod flattened;
pub(crate) mod inferred;
pub(crate) mod key;
pub(crate) mod limit;
pub mod mapper;
pub mod row;
pub(crate) mod row_key;
pub(crate) mod unknown_keys;
pub(crate) mod wanted;
