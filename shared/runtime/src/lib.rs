//! Runs a connector as a Lambda function: reads the environment and secrets, takes invocations, and
//! returns answers and one log line. A connector's `main.rs` only calls [`run_sink`]
//! or [`run_source`].
//!
//! The bridge decides what becomes of a record.

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
mod source;
mod survey;

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
pub use process::{run_sink, run_source};
pub use source::settings::source_options;
