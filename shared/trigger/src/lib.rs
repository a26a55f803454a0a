//! The local event source mapping: a consumer group on a real broker, Lambda's event, the Runtime
//! API served to a function binary.
//!
//! It does what Lambda's Kafka event source mapping does ("Using Lambda with self-managed Apache
//! Kafka", AWS Lambda Developer Guide) for a process on this machine, for development, tests and
//! small servers. The rules are pure and live in [`batch`], [`event`], [`answer`] and the
//! assignment; the wires are one module each. Arguments and display belong to the command line.
//!
//! Unlike Lambda it reads committed transactions only and several topics in one mapping; what else
//! differs is listed in `docs/trigger.md`.

mod access;
pub mod answer;
mod assignment;
pub mod backoff;
pub mod batch;
mod begin;
mod check;
mod commit;
mod committed;
pub mod compare;
mod consumer;
mod destination;
mod drain;
pub mod envelope;
mod error;
pub mod event;
pub mod filter;
mod follow;
mod function;
pub mod group;
pub mod histogram;
mod invoke;
pub mod keeping;
mod lost;
mod mapping;
pub mod metrics;
mod observer;
mod output;
mod partition;
mod progress;
mod reader;
pub mod replay;
mod retry;
mod run;
mod runtime_api;
mod send;
mod settings;
mod split;
mod summary;
mod time;
mod topics;

pub use access::{access, connect};
pub use assignment::{Counters, Patience};
pub use check::{check_body, event_of_topic, event_of_values};
pub use destination::Destination;
pub use error::Error;
pub use follow::{Behind, Fate, Watch};
pub use function::{Failure, FailureKind, FunctionConfig};
pub use invoke::invoke;
pub use mapping::{Mapping, OutOfRange, StartingPosition, run};
pub use observer::{
    Disposal, GivenUp, Lost, LostKind, Notice, Observer, PartitionProgress, Progress, Standing,
};
pub use send::{Message, Sent, read_line, send, send_lines, split};
pub use settings::{Mode, Problem, Settings};
pub use summary::Summary;
pub use time::parse_time;
pub use topics::{Selection, TopicPattern};
