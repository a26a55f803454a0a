//! What a run tells whoever watches it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

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
#[derive(Debug, Clone)]
pub struct Progress {
    /// Everything counted so far.
    pub summary: Summary,
    /// Records of the assigned partitions that are not settled yet, as far as the broker has told.
    pub lag: u64,
    /// Partitions assigned to this member.
    pub partitions: usize,
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
    /// Whether they are skipped: their offsets are committed. Otherwise the partition stands still
    /// and the next run starts with them.
    pub skipped: bool,
    /// The last error.
    pub reason: String,
}

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gave up {} records of {}:", self.records, self.topic)?;
        for (index, (partition, first, last)) in self.partitions.iter().enumerate() {
            let separator = if index > 0 { "," } else { "" };
            write!(f, "{separator} partition {partition} offsets {first} to {last}")?;
        }
        let fate = if self.skipped { "skipped" } else { "not committed" };
        write!(f, " ({fate}): {}", self.reason)
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
            Self::Broker(problem) => f.write_str(problem),
        }
    }
}
