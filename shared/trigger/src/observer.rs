//! What a run tells whoever watches it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use crate::kafka::lost::{Lost, LostKind};

pub mod histogram;
mod summary;

use histogram::Histogram;
pub use summary::Summary;

/// Watches a run. Every method is called from the run's own tasks and must return at once.
pub trait Observer: Send + Sync {
    /// A line the function wrote to its standard output or standard error, without its line end.
    fn line(&self, line: &[u8]);

    /// Something a person should know.
    fn notice(&self, notice: &Notice);

    /// The run has moved on.
    fn progress(&self, progress: &Progress);
}

/// How far a run is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Everything counted so far.
    pub summary: Summary,
    /// Records of the assigned partitions that are not settled yet, as far as the broker has told.
    pub lag: u64,
    /// The partitions this member has or had, by topic and number.
    pub partitions: Vec<PartitionProgress>,
    /// Whether every function process has come up.
    pub up: bool,
    /// Invocations that are running.
    pub functions_in_flight: usize,
    /// How long invocations took.
    pub durations: Histogram,
    /// Topics that are named and do not exist, or may not be seen.
    pub topics_missing: usize,
    /// When the function last settled a whole batch.
    pub last_success: Option<SystemTime>,
    /// Since when every invocation has failed or given records back, if the last one did.
    pub failing_since: Option<SystemTime>,
}

impl Progress {
    /// The partitions that stand still.
    #[must_use]
    pub fn stopped(&self) -> usize {
        let standings = self.partitions.iter().filter_map(|partition| partition.standing);
        standings.filter(|standing| standing.stopped).count()
    }
}

/// How far a run is with one partition.
#[derive(Debug, Clone)]
pub struct PartitionProgress {
    /// Its topic.
    pub topic: Arc<str>,
    /// Its number.
    pub partition: i32,
    /// What became of its records so far.
    pub counters: Counters,
    /// How it stands, while it is assigned to this member.
    pub standing: Option<Standing>,
}

/// What became of the records of one partition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Records the function has settled.
    pub records: u64,
    /// Batches, or parts of them, that were settled.
    pub batches: u64,
    /// Batches, or parts of them, that failed and were sent again.
    pub retries: u64,
    /// Records the mapping's filters held back.
    pub filtered: u64,
    /// Records given up, wherever they went.
    pub given_up: u64,
    /// Of those, records written to the destination.
    pub sent: u64,
    /// Records that were gone from the topic before they were read.
    pub lost: u64,
    /// How often the log did not hold the offset to be read.
    pub out_of_range: u64,
}

/// How one partition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Records not settled yet, as far as the broker has told.
    pub lag: u64,
    /// Records in an invocation, or in a batch that is tried again.
    pub in_flight: u64,
    /// Whether records of it were given up and are not skipped, so that it stands still.
    pub stopped: bool,
}

/// Something a person should know.
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
    /// The answer lists failed items, which count as success unless the run is told to heed them.
    Unheeded,
    /// The log does not hold the offset to read.
    Lost(Lost),
    /// A topic is missing, is there, or has changed.
    Topic(String),
    /// The broker did not do what it was asked; it will be asked again.
    Broker(String),
}

/// Records that are tried no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// Their topic.
    pub topic: Arc<str>,
    /// For each partition, the first and the last offset.
    pub partitions: Vec<(i32, i64, i64)>,
    /// How many records they are.
    pub records: u64,
    /// What became of them.
    pub disposal: Disposal,
    /// The last error.
    pub reason: String,
}

/// What becomes of records that are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposal {
    /// Their partition stands still, and the next run starts with them.
    Kept,
    /// Their offsets are committed.
    Skipped,
    /// They are written to the on-failure destination, and then their offsets are committed.
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
                write!(f, "{batch} failed, again in {after:?}: {reason}")
            }
            Self::GivenUp(given_up) => given_up.fmt(f),
            Self::Unheeded => f.write_str(
                "the function reports failed items, which count as success because the mapping \
                 is told not to heed them (--report-batch-item-failures=false)",
            ),
            Self::Lost(lost) => lost.fmt(f),
            Self::Topic(text) | Self::Broker(text) => f.write_str(text),
        }
    }
}
