//! How the server is reached: options, URL, TLS, login, what the server can do, and how a session and its
//! transactions begin and end.
//!
//! Not here: any statement about a table.

pub(crate) mod commit;
pub(crate) mod config;
pub(crate) mod profile;
pub(crate) mod session;
pub(crate) mod timeouts;
pub(crate) mod tls;
pub(crate) mod url;
