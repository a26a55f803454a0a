//! The numbers of a run.

use std::time::Duration;

use serde_json::{Value, json};

/// The numbers of a run. The function's own counts come from its log lines, and include the
/// invocations that failed later.
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
    /// Records that the mapping's filters held back from the function.
    pub filtered_out: u64,
    /// Function processes that replaced a process that had ended.
    pub restarts: u64,
    /// Rows that the function reports as written.
    pub written: u64,
    /// Records that the function reports as letters.
    pub lettered: u64,
    /// Records that the function reports as filtered.
    pub filtered: u64,
    /// Records that were deleted from the topics before they were read.
    pub lost: u64,
    /// How often the log did not have the offset to read.
    pub out_of_range: u64,
    /// Whether records were not read, because the log does not have the offset of a partition or a
    /// topic was deleted.
    pub passed_over: bool,
    /// Records of the partitions assigned last that the next run has to read: those after the last
    /// settled record, whether they were sent or not.
    pub behind: u64,
    /// Time from the first record read to the last one settled.
    pub elapsed: Duration,
}

impl Summary {
    /// Settled records per second; 0 if no time has passed.
    #[must_use]
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.records as f64 / seconds } else { 0.0 }
    }

    /// The summary as a JSON object, for scripts.
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
