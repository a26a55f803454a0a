//! Encodes values of records by the type of their column. A value that would lose something is refused.
//!
//! Not here: the statements that contain the values (`sql`).

pub(crate) mod array;
pub(crate) mod bytea;
pub(crate) mod encode;
pub(crate) mod hstore;
pub(crate) mod interval;
pub(crate) mod key;
pub(crate) mod moment;
pub(crate) mod network;
pub(crate) mod number;
pub(crate) mod payload;
pub(crate) mod point;
pub(crate) mod range;
pub(crate) mod reason;
pub(crate) mod text_form;
