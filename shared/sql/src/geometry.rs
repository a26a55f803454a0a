//! Geometries of two dimensions: what they are, and how they are read and written as well-known binary and
//! text.
//!
//! Not here: which spatial reference a column has.

pub mod model;
pub mod wkb;
pub mod wkt;
