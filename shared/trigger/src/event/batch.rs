//! A batch: the records of one invocation, and its size limits.
//!
//! The assignment decides which records go into a batch.

use std::sync::Arc;
use std::time::Duration;

use krafka::consumer::ConsumerRecord;

/// The largest batch size that can be configured (`BatchSize` of a Kafka event source mapping).
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
    /// How long the oldest record waits for more records.
    pub window: Duration,
}

/// The records of one invocation, from one or several partitions of one topic.
#[derive(Debug)]
pub struct Batch {
    /// The topic of every record.
    pub topic: Arc<str>,
    /// One slice for each partition, none of them empty.
    pub slices: Vec<Slice>,
    /// The request id of its last invocation.
    pub request: Option<String>,
    /// Set if the batch is given up, with the reason.
    pub discarded: Option<Discard>,
    /// Why the function gave its records back, if that is known.
    pub reason: Option<String>,
    /// The other parts of a batch that was split, which are sent after it; the next one is last.
    pub later: Vec<Batch>,
    /// How often it and its later parts were split since any of their records were settled.
    pub splits: u32,
}

/// Why a batch is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    /// Lambda's name of the reason.
    pub condition: Condition,
    /// The reason, as a sentence.
    pub reason: String,
    /// How often it could not be sent to the destination.
    pub failures: u32,
}

/// The `condition` of Lambda's on-failure record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The batch has failed more often than the limit allows.
    RetryAttemptsExhausted,
    /// The records are older than the limit. The Developer Guide gives no name for this; this is
    /// the name that destinations of other streams receive.
    RecordAgeExceeded,
    /// The record does not fit into an event.
    MaximumPayloadSizeExceeded,
}

/// The records of a batch from one partition, in offset order.
#[derive(Debug)]
pub struct Slice {
    /// The partition of every record.
    pub partition: i32,
    /// The number of the assignment in which the records were read: an outcome must not change a
    /// partition that was revoked and assigned again in the meantime.
    pub epoch: u64,
    /// The records.
    pub records: Vec<ConsumerRecord>,
    /// How often the first record has failed; failures that only split the batch do not count.
    pub failures: u32,
    /// How often the first record was sent.
    pub invocations: u32,
}

impl Batch {
    /// A batch that has not been sent yet.
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

    /// Whether no record is left, for example because all its partitions were revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slices.is_empty()
    }
}

impl Slice {
    /// A slice of records that have not been sent yet.
    #[must_use]
    pub fn new(partition: i32, epoch: u64, records: Vec<ConsumerRecord>) -> Self {
        Self { partition, epoch, records, failures: 0, invocations: 0 }
    }

    /// Moves the records from index `at` on into a new slice. Both keep the counts of the first
    /// record, because the records were sent together.
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
