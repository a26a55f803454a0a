//! The wires: environment and secrets in, Lambda's invocations in, answers and one log line
//! out. A connector's `main.rs` calls [`run_sink`] and that is all.
//!
//! No rule of what becomes of a record lives here; those are the bridge's.

mod account;
mod answer;
mod by_hand;
mod check;
mod compare;
mod configuration;
mod deadline;
mod extension;
mod file;
mod handler;
mod iam;
mod invocation;
mod log;
mod logger;
pub mod memory;
mod metrics;
mod policy;
mod reference;
mod rehearsal;
mod renewal;
mod run;
mod secret;
mod settings;
mod style;

pub use account::Account;
pub use answer::{Answer, Failed, Kind};
pub use deadline::Deadline;
pub use handler::Handler;
pub use iam::{IAM_AUTH, login_token};
pub use log::Log;
pub use policy::Policy;
pub use renewal::{Parts, Reason, Renew};
pub use run::run_sink;
pub use settings::{connector_options, gather, given_options, letter_topics};
