//! Comparing a table with its copy: the rules that make the answers of two databases comparable.
//!
//! A value becomes canonical text ([`canonical`]). The text depends on the [`Class`] by which the
//! columns of both sides are compared, never on the database. The connector reads the rows
//! ([`Compare`]), the runtime computes checksums and buckets, and `sluice compare` decides what to
//! ask next.

pub mod canonical;
pub mod class;
mod document;
pub mod line;
mod number;
pub mod selection;

pub use class::{Class, Tolerance};
pub use line::Line;
pub use selection::{Chosen, Compare, Described, Description, Reached, Rows, Selection};
