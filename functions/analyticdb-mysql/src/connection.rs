//! The connection to the server: options, URL, TLS, login, the server's capabilities, and how sessions and
//! transactions begin and end.
//!
//! Not here: statements about tables.

pub(crate) mod background;
pub(crate) mod config;
pub(crate) mod connect;
pub(crate) mod login;
pub(crate) mod multi_statement;
pub(crate) mod profile;
pub(crate) mod session;
pub(crate) mod timeouts;
pub(crate) mod tls;
pub(crate) mod url;
pub(crate) mod url_options;
