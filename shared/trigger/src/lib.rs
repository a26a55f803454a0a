//! The local event source mapping: a consumer group on a real broker, Lambda's event, the Runtime
//! API served to a function binary.
//!
//! It does what Lambda's Kafka event source mapping does ("Using Lambda with self-managed Apache
//! Kafka", AWS Lambda Developer Guide) for a process on this machine, for development, tests and
//! small servers. The rules are pure and live in [`batch`], [`event`], [`answer`] and the
//! assignment; the wires are one module each. Arguments and display belong to the command line.
//!
//! Unlike Lambda it reads committed transactions only, reads several topics in one mapping, and
//! does not filter, bisect a failed batch, let records grow too old or send what it gives up
//! anywhere: that is reported, and either skipped or left for the next run.

mod access;
pub mod answer;
mod assignment;
pub mod batch;
mod check;
mod commit;
mod consumer;
mod drain;
mod error;
pub mod event;
mod follow;
mod function;
mod invoke;
mod mapping;
mod observer;
mod output;
mod partition;
mod retry;
mod run;
mod runtime_api;
mod send;
mod summary;

pub use access::connect;
pub use assignment::Patience;
pub use check::{check_body, event_of_topic, event_of_values};
pub use error::Error;
pub use follow::{Behind, Fate, Watch};
pub use function::{Failure, FailureKind, FunctionConfig};
pub use invoke::invoke;
pub use mapping::{Mapping, StartingPosition, run};
pub use observer::{GivenUp, Notice, Observer, Progress};
pub use send::{Message, Sent, send, send_lines, split};
pub use summary::Summary;
