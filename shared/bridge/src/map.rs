//! A record becomes a row: its values find their columns, and its key is found.
//!
//! Nothing here writes. What a value becomes in its column is the sink's part.

pub(crate) mod binder;
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
