//! Values of records in the form that the server takes, by the type of their column; what would lose
//! something is refused.
//!
//! Not here: the statements around them (`sql`).

pub(crate) mod encode;
pub(crate) mod geometry;
pub(crate) mod key;
pub(crate) mod moment;
pub(crate) mod number;
pub(crate) mod spelled;
pub(crate) mod sql_literal;
pub(crate) mod vector;
