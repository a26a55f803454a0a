//! What a run tells whoever watches it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::assignment::Counters;
use crate::histogram::Histogram;
use crate::summary::Summary;

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
    /// Records were gone before they were read.
    Lost(Lost),
    /// The broker did not do what it was asked; it will be asked again.
    Broker(String),
}

/// Offsets of one partition that were dropped from the topic before they were read. In a topic that
/// is compacted not each of them need have been a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// The first offset that is gone.
    pub first: i64,
    /// The last offset that is gone.
    pub last: i64,
}

impl Lost {
    /// How many records they were, at most.
    #[must_use]
    pub fn records(&self) -> u64 {
        u64::try_from(self.last - self.first + 1).unwrap_or(0)
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, partition, first, last } = self;
        write!(
            f,
            "{topic} partition {partition}: offsets {first} to {last} are gone: the topic's \
             retention dropped them before they were read"
        )
    }
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
            Self::Broker(problem) => f.write_str(problem),
        }
    }
}
