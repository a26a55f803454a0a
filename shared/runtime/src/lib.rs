//! The wires: environment and secrets in, Lambda's invocations in, answers and one log line
//! out. A connector's `main.rs` calls [`run_sink`] and that is all.
//!
//! No rule of what becomes of a record lives here; those are the bridge's.

mod account;
mod answer;
mod body;
mod deadline;
mod file;
mod handler;
mod log;
mod policy;
mod reference;
mod run;
mod settings;

pub use account::Account;
pub use answer::{Answer, Failed};
pub use deadline::Deadline;
pub use handler::Handler;
pub use policy::Policy;
pub use run::run_sink;
pub use settings::{connector_options, gather};
