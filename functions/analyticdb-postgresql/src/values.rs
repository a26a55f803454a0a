//! Values of records in the form that the server takes, by the type of their column; what would lose
//! something is refused.
//!
//! Not here: the statements around them (`sql`).

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
