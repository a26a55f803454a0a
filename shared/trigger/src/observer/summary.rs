//! What a run did, as numbers.

use std::time::Duration;

use serde_json::{Value, json};

/// The numbers of a run. Records are counted here; the function's own counts are read from its log
/// lines and include what it did in attempts that failed later.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Records settled.
    pub records: u64,
    /// Batches that were settled or given up.
    pub batches: u64,
    /// Invocations after which records were sent again.
    pub retries: u64,
    /// Records given up.
    pub given_up: u64,
    /// Records the mapping's filters held back from the function.
    pub filtered_out: u64,
    /// Function processes that were started in place of one that had ended.
    pub restarts: u64,
    /// Rows the function says it wrote.
    pub written: u64,
    /// Records the function says it sent to a topic for failures.
    pub lettered: u64,
    /// Records the function says it left out as configured.
    pub filtered: u64,
    /// Records that were gone from the topics before they were read.
    pub lost: u64,
    /// How often the log did not hold the offset to be read.
    pub out_of_range: u64,
    /// Whether a partition whose offset was none of the log's was not read from the log's start.
    pub passed_over: bool,
    /// Records of the partitions read last that the run leaves for the next one: those after the
    /// last settled one, whether they were tried or not.
    pub behind: u64,
    /// Time from the first record read to the last one settled.
    pub elapsed: Duration,
}

impl Summary {
    /// Settled records per second, 0 when nothing took any time.
    #[must_use]
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.records as f64 / seconds } else { 0.0 }
    }

    /// The summary as one JSON object, for scripts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "records": self.records,
            "batches": self.batches,
            "retries": self.retries,
            "written": self.written,
            "lettered": self.lettered,
            "filtered": self.filtered,
            "given_up": self.given_up,
            "filtered_out": self.filtered_out,
            "restarts": self.restarts,
            "lost": self.lost,
            "out_of_range": self.out_of_range,
            "behind": self.behind,
            "seconds": self.elapsed.as_secs_f64(),
            "records_per_second": self.rate(),
        })
    }
}
