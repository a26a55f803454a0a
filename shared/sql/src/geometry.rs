//! Geometries of two dimensions: the model, and how to read and write well-known binary and well-known text.
//!
//! Not here: the spatial reference of a column.

pub mod model;
pub mod wkb;
pub mod wkt;
