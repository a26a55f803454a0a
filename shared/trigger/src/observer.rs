//! What a run reports to its observer.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use crate::kafka::lost_offset::{LostOffset, LostReason};

pub mod histogram;
mod summary;

use histogram::Histogram;
pub use summary::Summary;

/// Observes a run. The run calls every method from its own tasks, so they must return at once.
pub trait Observer: Send + Sync {
    /// A line of the function's standard output or standard error, without its line end.
    fn line(&self, line: &[u8]);

    /// A message for people.
    fn notice(&self, notice: &Notice);

    /// The progress of the run has changed.
    fn progress(&self, progress: &Progress);
}

/// The progress of a run.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// The numbers so far.
    pub summary: Summary,
    /// The number of records of the assigned partitions that are not settled yet.
    pub lag: u64,
    /// The partitions that are or were assigned to this member, ordered by topic and number.
    pub partitions: Vec<PartitionProgress>,
    /// Whether every function process has started.
    pub up: bool,
    /// The number of invocations that are running.
    pub functions_in_flight: usize,
    /// How long invocations took.
    pub durations: Histogram,
    /// The number of named topics that do not exist or cannot be described.
    pub topics_missing: usize,
    /// When the function last settled a whole batch.
    pub last_success: Option<SystemTime>,
    /// Since when every invocation has failed or given records back; `None` if the last one
    /// succeeded.
    pub failing_since: Option<SystemTime>,
}

impl Progress {
    /// The number of partitions that have stopped.
    #[must_use]
    pub fn stopped(&self) -> usize {
        let states = self.partitions.iter().filter_map(|partition| partition.state);
        states.filter(|state| state.stopped).count()
    }
}

/// The progress of one partition.
#[derive(Debug, Clone)]
pub struct PartitionProgress {
    /// Its topic.
    pub topic: Arc<str>,
    /// Its number.
    pub partition: i32,
    /// The outcomes of its records so far.
    pub counters: Counters,
    /// Its state, while it is assigned to this member.
    pub state: Option<PartitionState>,
}

/// The outcomes of the records of one partition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Records that the function has settled.
    pub records: u64,
    /// Batches, or parts of them, that are settled.
    pub batches: u64,
    /// Batches, or parts of them, that failed and were sent again.
    pub retries: u64,
    /// Records that the mapping's filters held back.
    pub filtered: u64,
    /// Records that were given up.
    pub given_up: u64,
    /// Of those, records that were sent to the destination.
    pub sent: u64,
    /// Records that were deleted from the topic before they were read.
    pub lost: u64,
    /// How often the log did not have the offset to read.
    pub out_of_range: u64,
}

/// The state of an assigned partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionState {
    /// The number of records that are not settled yet.
    pub lag: u64,
    /// The number of records in an invocation, or in a batch that waits to be sent again.
    pub in_flight: u64,
    /// Whether it has stopped, because records were given up and not skipped, or its offset was
    /// lost.
    pub stopped: bool,
}

/// A message for people.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice {
    /// A batch failed and will be sent again.
    Retry {
        /// Topic, partitions and offsets of the batch.
        batch: String,
        /// Why it failed.
        reason: String,
        /// When it will be sent again.
        after: Duration,
    },
    /// Records were given up.
    GivenUp(GivenUp),
    /// The answer reports failed items, but `ReportBatchItemFailures` is off.
    IgnoredItemFailures,
    /// The log does not have the offset to read.
    Lost(LostOffset),
    /// A topic is missing, exists now, or has changed.
    Topic(String),
    /// A request to the broker failed; it will be repeated.
    Broker(String),
}

/// Records that were given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// Their topic.
    pub topic: Arc<str>,
    /// For each partition, its number, the first and the last offset.
    pub partitions: Vec<(i32, i64, i64)>,
    /// The number of records.
    pub records: u64,
    /// What happened to them.
    pub disposal: Disposal,
    /// The last error.
    pub reason: String,
}

/// What happens to records that are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposal {
    /// Their partition stops, and the next run starts with them.
    Kept,
    /// Their offsets are committed.
    Skipped,
    /// They are sent to the on-failure destination, and then their offsets are committed.
    Sent,
}

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gave up {} records of {}:", self.records, self.topic)?;
        for (index, (partition, first, last)) in self.partitions.iter().enumerate() {
            let separator = if index > 0 { "," } else { "" };
            write!(f, "{separator} partition {partition} offsets {first} to {last}")?;
        }
        let disposal = match self.disposal {
            Disposal::Kept => "not committed",
            Disposal::Skipped => "skipped",
            Disposal::Sent => "sent to the on-failure destination",
        };
        write!(f, " ({disposal}): {}", self.reason)
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry { batch, reason, after } => {
                write!(f, "{batch} failed, it is sent again in {after:?}: {reason}")
            }
            Self::GivenUp(given_up) => given_up.fmt(f),
            Self::IgnoredItemFailures => f.write_str(
                "the function reports failed items; they count as success because \
                 --report-batch-item-failures=false",
            ),
            Self::Lost(lost) => lost.fmt(f),
            Self::Topic(text) | Self::Broker(text) => f.write_str(text),
        }
    }
}
