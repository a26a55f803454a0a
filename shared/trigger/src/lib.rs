//! The local event source mapping: a consumer group on a real broker, Lambda's event, the Runtime
//! API served to a function binary.
//!
//! It does what Lambda's Kafka event source mapping does ("Using Lambda with self-managed Apache
//! Kafka", AWS Lambda Developer Guide) for a process on this machine, for development, tests and
//! small servers. The rules are pure and live in [`event`] and the
//! assignment; the wires are one module each. Arguments and display belong to the command line.
//!
//! Unlike Lambda it reads committed transactions only and several topics in one mapping; what else
//! differs is listed in `docs/trigger.md`.

mod assignment;
mod check;
pub mod compare;
pub mod destination;
mod error;
pub mod event;
pub mod filter;
mod function;
pub mod group;
mod http;
mod kafka;
pub mod metrics;
pub mod observer;
pub mod replay;
mod run;
mod send;
mod settings;
mod time;

pub use assignment::Patience;
pub use check::{check_body, event_of_topic, event_of_values};
pub use destination::Destination;
pub use error::{Error, Failure, FailureKind};
pub use event::batch;
pub use function::{FunctionConfig, Platform, invoke};
pub use kafka::topics::{Selection, TopicPattern};
pub use kafka::{access, connect, keeping};
pub use observer::{
    Counters, Disposal, GivenUp, Lost, LostKind, Notice, Observer, PartitionProgress, Progress,
    Standing, Summary,
};
pub use run::run;
pub use send::{Behind, Fate, Message, Sent, Watch, read_line, send, send_lines, split};
pub use settings::mapping::{Mapping, OutOfRange, StartingPosition};
pub use settings::{Mode, Problem, Settings};
pub use time::{backoff, parse_time};
