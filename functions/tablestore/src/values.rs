//! What a cell of a record becomes in a column. What would lose something is refused.
//!
//! Not here: the bytes of a value (`wire`).

mod convert;
mod number;
pub(crate) mod series;
pub(crate) mod shape;
pub(crate) mod time;
mod version;

pub(crate) use convert::{attribute, key};
pub(crate) use version::version;
