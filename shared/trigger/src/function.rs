//! The function: a child process that uses our Runtime API. It is started, invoked, and started
//! again when it ends; its log is read.
//!
//! This folder does not decide what is sent to it and what follows from its answer.

mod config;
mod custom_runtime;
mod door;
mod invoke;
pub(crate) mod output;
mod platform;
mod process;
mod runtime_api;

pub use config::FunctionConfig;
pub use invoke::{RepeatedFunction, invoke};
pub use platform::Platform;
pub(crate) use process::Function;
