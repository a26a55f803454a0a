//! The wires: environment and secrets in, Lambda's invocations in, answers and one log line
//! out. A connector's `main.rs` calls [`run_sink`] and that is all.
//!
//! No rule of what becomes of a record lives here; those are the bridge's.

mod compare;
mod config;
mod dry_run;
mod function_compute;
mod handler;
mod heap;
mod iam;
mod lambda;
mod log;
mod platform;
mod process;

pub use config::HandlerConfig;
pub use config::reload::{HandlerParts, Reload, ReloadReason};
pub use config::settings::{connector_options, gather, given_options, letter_topics};
pub use handler::Handler;
pub use heap::retain_heap;
pub use iam::{IAM_AUTH, login_token};
pub use lambda::deadline::Deadline;
pub use lambda::response::{Failed, Kind, LambdaResponse};
pub use log::Log;
pub use log::counts::RecordCounts;
pub use process::run_sink;
