//! The event source mapping: its checked settings.
//!
//! [`mod@crate::run`] runs a mapping.

use std::time::Duration;

use crate::assignment::ErrorControls;
use crate::destination::Destination;
use crate::event::batch::Limits;
use crate::filter::Filter;
use crate::function::{FunctionConfig, Platform};
use crate::kafka::topics::TopicSelection;

/// Where a group without committed offsets starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartingPosition {
    /// At the oldest record.
    TrimHorizon,
    /// At new records.
    Latest,
    /// At the first record of this time or later, in milliseconds since 1970; at the end if there
    /// is no such record.
    AtTimestamp(i64),
}

/// What to do with a partition whose log does not have the group's offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutOfRange {
    /// Continue at the oldest record if retention has deleted unread records, and at the starting
    /// position otherwise.
    StartingPosition,
    /// Stop the partition until the group's offset is reset.
    Stop,
}

/// The checked settings of a mapping.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The topics to read.
    pub topics: TopicSelection,
    /// The consumer group.
    pub group: String,
    /// Where the group starts if it has no committed offsets.
    pub starting_position: StartingPosition,
    /// What to do if the log does not have the group's offset.
    pub out_of_range: OutOfRange,
    /// How old the description of the topics may become: new topics and partitions are noticed
    /// within this time.
    pub metadata_max_age: Duration,
    /// The brokers, as in the event.
    pub bootstrap: String,
    /// The size of a batch.
    pub limits: Limits,
    /// Filters; a record's value must match one of them, if there are any.
    pub filters: Vec<Filter>,
    /// How often a batch is sent, and what happens to records that are given up.
    pub error_controls: ErrorControls,
    /// The destination of records that are given up, for [`Disposal::Sent`](crate::Disposal::Sent).
    pub destination: Option<Destination>,
    /// Whether `batchItemFailures` of an answer are used; otherwise every answer is a success.
    pub report_item_failures: bool,
    /// The number of function processes.
    pub concurrency: usize,
    /// Whether to end once all records that exist at the start are settled.
    pub once: bool,
    /// How long the group waits for a member that sends no heartbeat.
    pub session_timeout: Duration,
    /// The function.
    pub function: FunctionConfig,
    /// What it believes to run on.
    pub platform: Platform,
}
