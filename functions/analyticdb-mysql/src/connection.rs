//! How the server is reached: options, what the server can do, and how a session and its transactions begin and end.
//! URL, TLS and login are `sluice-mysql`'s.
//!
//! Not here: any statement about a table.

pub(crate) mod ask;
pub(crate) mod config;
pub(crate) mod profile;
pub(crate) mod session;
pub(crate) mod timeouts;
