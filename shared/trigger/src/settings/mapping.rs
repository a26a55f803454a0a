//! The event source mapping: everything it is told, checked.
//!
//! The run of a mapping is in [`mod@crate::run`].

use std::time::Duration;

use crate::assignment::Patience;
use crate::destination::Destination;
use crate::event::batch::Limits;
use crate::filter::Filter;
use crate::function::{FunctionConfig, Platform};
use crate::kafka::topics::Selection;

/// Where a group begins that has committed nothing yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartingPosition {
    /// At the oldest record.
    TrimHorizon,
    /// At the records that come from now on.
    Latest,
    /// At the first record of this time or later, in milliseconds since 1970; at the end where
    /// there is none.
    AtTimestamp(i64),
}

/// What happens to a partition whose log does not hold the group's offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutOfRange {
    /// Reading goes on: at the oldest record if retention has deleted what was not read, and by
    /// the starting position otherwise.
    StartingPosition,
    /// The partition stops until somebody sets an offset.
    Stop,
}

/// Everything a mapping is told.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The topics to read.
    pub topics: Selection,
    /// The consumer group to read them as.
    pub group: String,
    /// Where the group begins that has committed nothing yet.
    pub starting_position: StartingPosition,
    /// What happens where the log does not hold the group's offset.
    pub out_of_range: OutOfRange,
    /// How old the description of the topics may become: topics and partitions that were added are
    /// read after that time at the latest.
    pub metadata_max_age: Duration,
    /// The brokers as the event names them.
    pub bootstrap: String,
    /// The size of a batch.
    pub limits: Limits,
    /// Patterns of which a record's value must match one, if there are any.
    pub filters: Vec<Filter>,
    /// How long a batch is tried.
    pub patience: Patience,
    /// Where records that are given up go, if [`Disposal::Sent`](crate::Disposal::Sent) is their fate.
    pub destination: Option<Destination>,
    /// Whether the answer's `batchItemFailures` are heeded; otherwise every answer is a success.
    pub report_item_failures: bool,
    /// How many function processes run at most.
    pub concurrency: usize,
    /// Whether to end once everything that is there at the start is settled.
    pub once: bool,
    /// How long the group waits for a member that has gone silent.
    pub session_timeout: Duration,
    /// The function.
    pub function: FunctionConfig,
    /// What it believes to run on.
    pub platform: Platform,
}
