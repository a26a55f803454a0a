//! Encodes values of records by the type of their column. A value that would lose something is refused.
//!
//! Not here: the statements that contain the values (`sql`).

pub(crate) mod encode;
pub(crate) mod encoded_kind;
pub(crate) mod geometry;
pub(crate) mod key;
pub(crate) mod moment;
pub(crate) mod number;
pub(crate) mod sql_literal;
pub(crate) mod vector;
