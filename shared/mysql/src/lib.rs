//! Connections to a server that speaks MySQL's protocol: options, URL, TLS and login. Sinks and sources share
//! this code.
//!
//! Not here: the statements on a connection, and what their errors mean, beyond those that pass.

mod background;
mod connect;
mod login;
mod server;
mod tls;
mod transient;
mod url;
mod url_options;

pub use background::BackgroundTask;
pub use connect::{ALIVE_TIMEOUT, connect, is_alive};
pub use login::is_login_refused;
pub use server::{CONNECTION_URL, Server};
pub use transient::is_transient;
