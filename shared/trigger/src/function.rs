//! The function: a child process that is served Lambda's Runtime API, started, invoked, and started
//! again when it dies; and what it writes to its log.
//!
//! What is sent to it, and what follows from its answer, is not decided here.

mod config;
mod custom_runtime;
mod door;
mod invoke;
pub(crate) mod output;
mod platform;
mod process;
mod runtime_api;

pub use config::FunctionConfig;
pub use invoke::invoke;
pub use platform::Platform;
pub(crate) use process::Function;
