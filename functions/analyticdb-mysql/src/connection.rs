//! The connection to the server: options, the server's capabilities, and how sessions and transactions begin
//! and end. URL, TLS and login are in `sluice-mysql`.
//!
//! Not here: statements about tables.

pub(crate) mod config;
pub(crate) mod multi_statement;
pub(crate) mod profile;
pub(crate) mod session;
pub(crate) mod timeouts;
