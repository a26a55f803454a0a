//! What a function is told: options from the environment and a file, their secrets from AWS, and what
//! they make of a function, at its start and again when they have changed.
//!
//! Which options a connector has, and what they mean, is known to the connector and to the bridge.

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
