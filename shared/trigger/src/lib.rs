//! The local event source mapping: it reads as a consumer group, builds Lambda's event, and serves
//! the Runtime API to a function binary.
//!
//! It does what Lambda's Kafka event source mapping does ("Using Lambda with self-managed Apache
//! Kafka", AWS Lambda Developer Guide) for a process on this machine, for development, tests and
//! small servers. The rules are pure and are in [`event`] and `assignment`. Arguments and display
//! belong to the command line.
//!
//! Unlike Lambda it reads only committed records, and several topics in one mapping.
//! `docs/trigger.md` lists all differences.

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
pub mod source_offsets;
mod time;

pub use assignment::ErrorControls;
pub use check::{check_body, event_of_topic, event_of_values, schema_body, source_check_body};
pub use destination::Destination;
pub use error::{Error, Failure, FailureKind};
pub use event::batch;
pub use function::{FunctionConfig, Platform, RepeatedFunction, invoke};
pub use kafka::topics::{TopicPattern, TopicSelection};
pub use kafka::{access, connect, retention};
pub use observer::{
    Counters, Disposal, GivenUp, LostOffset, LostReason, Notice, Observer, PartitionProgress,
    PartitionState, Progress, Summary,
};
pub use run::run;
pub use send::{
    GroupPosition, Prepared, RecordFollower, RecordOutcome, RecordTemplate, Sent, read_line, send,
    send_lines, split,
};
pub use settings::mapping::{Mapping, OutOfRange, StartingPosition};
pub use settings::{Mode, Problem, Settings};
pub use time::{backoff, parse_micros, parse_time};
