//! What the connectors of SQL databases share: options and URLs of a connection, names, bytes and moments as
//! text, geometries, and the names of the tables that were described.
//!
//! Not here: a client, a statement that only one database understands, an error code.

pub mod append;
pub mod cells;
pub mod create;
pub mod geometry;
pub mod options;
pub mod percent;
pub mod quote;
pub mod tables;
pub mod url;
