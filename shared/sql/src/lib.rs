//! The parts that the connectors of SQL databases share: connection options and URLs, names, values as text,
//! geometries, and the names of the tables that were described.
//!
//! Not here: a client, an error code, or a statement that only one database understands.

pub mod append;
pub mod cells;
pub mod create;
pub mod geometry;
pub mod number;
pub mod options;
pub mod percent;
pub mod quote;
pub mod tables;
pub mod url;
