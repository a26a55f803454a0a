//! A batch: the records of one invocation, and how large one may become.
//!
//! Which records go into which batch is the assignment's decision.

use std::sync::Arc;
use std::time::Duration;

use krafka::consumer::ConsumerRecord;

/// The most records one batch may be configured to hold (`BatchSize` of a Kafka event source
/// mapping).
pub const MAX_BATCH_SIZE: usize = 10_000;

/// Lambda's limit for the payload of a synchronous invocation, in bytes of event JSON ("Lambda
/// quotas": 6 MB).
pub const MAX_EVENT_BYTES: usize = 6 * 1024 * 1024;

/// When a batch is full, and how long to wait for one that is not.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Records, at most [`MAX_BATCH_SIZE`].
    pub records: usize,
    /// Bytes of event JSON.
    pub bytes: usize,
    /// How long the oldest record waits for others.
    pub window: Duration,
}

/// The records of one invocation: one topic, one or several of its partitions.
#[derive(Debug)]
pub struct Batch {
    /// The topic of every record.
    pub topic: Arc<str>,
    /// One slice for each partition, none of them empty.
    pub slices: Vec<Slice>,
    /// The id of the invocation it was last sent with.
    pub request: Option<String>,
    /// Set once it is to be sent to no function any more, with the reason.
    pub discarded: Option<Discard>,
    /// Why the function gave records of it back, if that is known.
    pub reason: Option<String>,
    /// What follows it, the next one last: the other parts of a batch that was split.
    pub later: Vec<Batch>,
    /// How often it and what followed it were halved since anything of them was settled.
    pub splits: u32,
}

/// Why a batch is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    /// What Lambda calls it.
    pub condition: Condition,
    /// What happened, for a person.
    pub reason: String,
    /// How often it could not be sent to the destination.
    pub failures: u32,
}

/// The `condition` of Lambda's on-failure record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It has failed more often than it may.
    RetryAttemptsExhausted,
    /// It has grown older than it may. The Developer Guide shows no name for it; this is what
    /// destinations of other streams have been seen to receive.
    RecordAgeExceeded,
    /// A record does not fit into an event.
    MaximumPayloadSizeExceeded,
}

/// The part of a batch that comes from one partition, in offset order.
#[derive(Debug)]
pub struct Slice {
    /// The partition of every record.
    pub partition: i32,
    /// Which assignment of the partition the records were read under: an outcome must not touch a
    /// partition that was taken away and given back meanwhile.
    pub epoch: u64,
    /// The records.
    pub records: Vec<ConsumerRecord>,
    /// How often the first record has failed, not counting what only split a batch.
    pub failures: u32,
    /// How often the first record was sent.
    pub invocations: u32,
}

impl Batch {
    /// A batch that was not sent yet.
    #[must_use]
    pub fn new(topic: Arc<str>, slices: Vec<Slice>) -> Self {
        Self {
            topic,
            slices,
            request: None,
            discarded: None,
            reason: None,
            later: Vec::new(),
            splits: 0,
        }
    }

    /// The same batch, given up.
    #[must_use]
    pub fn discarded(self, condition: Condition, reason: String) -> Self {
        Self { discarded: Some(Discard { condition, reason, failures: 0 }), ..self }
    }

    /// The number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slices.iter().map(|slice| slice.records.len()).sum()
    }

    /// Whether no record is left, as when every partition was taken away while it waited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slices.is_empty()
    }
}

impl Slice {
    /// Records that were not sent yet.
    #[must_use]
    pub fn new(partition: i32, epoch: u64, records: Vec<ConsumerRecord>) -> Self {
        Self { partition, epoch, records, failures: 0, invocations: 0 }
    }

    /// Takes the records from position `at` on into a slice of their own. What was counted of the
    /// first record counts for both: they were sent together.
    #[must_use]
    pub fn split_off(&mut self, at: usize) -> Self {
        let records = self.records.split_off(at.min(self.records.len()));
        Self { records, ..*self }
    }

    /// The offset of the first record, and the offset after the last one.
    #[must_use]
    pub fn range(&self) -> (i64, i64) {
        let first = self.records.first().map_or(0, |record| record.offset);
        let next = self.records.last().map_or(0, |record| record.offset + 1);
        (first, next)
    }
}
