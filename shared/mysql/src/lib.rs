//! The way to a server that speaks MySQL's protocol, which the connectors that write and those that read share: the
//! options of a connection, its URL, TLS and login.
//!
//! Not here: what is said on a connection, and what an error of a statement means.

mod background;
mod connect;
mod login;
mod server;
mod tls;
mod url;
mod url_options;

pub use background::Work;
pub use connect::{ALIVE_WITHIN, connect, is_alive};
pub use login::is_refused;
pub use server::{CONNECTION_URL, Server};
