//! The configuration of a function: options from the environment and a file, secrets from AWS. It
//! is read at the start, and again when secrets may have changed.
//!
//! The connector and the bridge define the options and their meaning.

pub(crate) mod configuration;
pub(crate) mod extension;
mod file;
mod function_compute;
mod handler;
mod reference;
pub(crate) mod reload;
mod secret;
pub(crate) mod settings;

pub use handler::HandlerConfig;
