//! Whether a table equals its copy: what two databases have to agree on so that their answers can be
//! held against each other.
//!
//! A value becomes canonical text ([`canonical`]). The text depends on the [`Class`] that the columns
//! of both sides are compared as, never on the database. Reading rows is the connector's part
//! ([`Compare`]); checksums and buckets are the runtime's; which question comes next is decided by
//! `sluice compare`.

pub mod canonical;
pub mod class;
mod document;
pub mod line;
mod number;
pub mod selection;

pub use class::{Class, Tolerance};
pub use line::Line;
pub use selection::{Chosen, Compare, Described, Description, Reached, Rows, Selection};
