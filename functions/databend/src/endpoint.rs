//! The server: its options and URL, and its HTTP API with sessions, pages and stages.
//!
//! API: "Databend HTTP Handler" of the developer documentation, and the sources of the official driver and server.
//!
//! Not here: statements (`wire`).

mod address;
pub(crate) mod client;
mod commit;
pub(crate) mod compression;
mod login;
pub(crate) mod options;
mod protocol;
mod renew;
pub(crate) mod session;
mod upload;
