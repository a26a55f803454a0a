//! Applies the outcome of an invocation to the partitions of its batch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::collect::places;
use super::{Assignment, Retry};
use crate::assignment::partition::Partition;
use crate::event::answer::Verdict;
use crate::event::batch::{Batch, Condition, MAX_BATCH_SIZE, Slice};
use crate::event::split;
use crate::kafka::topic_partition::TopicPartition;
use crate::observer::{Counters, GivenUp};
use crate::time::retry;

/// The largest number of splits that isolate one bad record in the largest batch.
const SPLITS_TO_ONE: u32 = MAX_BATCH_SIZE.ilog2() + 1;

/// What follows from the outcome of an invocation.
#[derive(Debug, Default)]
pub(crate) struct Conclusion {
    /// The number of records that are settled.
    pub(crate) settled: u64,
    /// The pause before records are sent again, if there are any.
    pub(crate) retry_after: Option<Duration>,
    /// The records that were given up, if there are any.
    pub(crate) given_up: Option<GivenUp>,
    /// Records for the destination. Their partitions wait until the destination has them.
    pub(crate) letters: Option<Batch>,
}

impl Assignment {
    /// Applies the outcome of one invocation: the verdict on its answer, or why it failed.
    pub(crate) fn conclude(
        &mut self,
        mut batch: Batch,
        outcome: Result<Verdict, String>,
        now: Instant,
    ) -> Conclusion {
        for place in places(&batch) {
            self.invoked.remove(&place);
        }
        self.retain_owned(&mut batch);
        let mut later = std::mem::take(&mut batch.later);
        for slice in &mut batch.slices {
            slice.invocations += 1;
        }
        match outcome {
            Ok(Verdict::Settled) => {
                let settled = self.settle(&batch);
                note_splits(&mut later, 0);
                self.proceed(later, now);
                Conclusion { settled, ..Conclusion::default() }
            }
            Ok(Verdict::GivenBack(lowest)) => self.give_back(batch, &lowest, later, now),
            Ok(Verdict::Unclear(reason)) | Err(reason) => self.fail(batch, reason, later, now),
        }
    }

    pub(super) fn retain_owned(&self, batch: &mut Batch) {
        let topic = Arc::clone(&batch.topic);
        batch.slices.retain(|slice| {
            let topic_partition =
                TopicPartition { topic: Arc::clone(&topic), partition: slice.partition };
            self.partitions
                .get(&topic_partition)
                .is_some_and(|partition| partition.epoch == slice.epoch)
        });
    }

    fn settle(&mut self, batch: &Batch) -> u64 {
        for slice in &batch.slices {
            self.settle_slice(&batch.topic, slice.partition, slice.range().1, slice.records.len());
        }
        batch.len() as u64
    }

    fn settle_slice(&mut self, topic: &Arc<str>, partition: i32, next: i64, records: usize) {
        self.update(topic, partition, |partition| partition.settle(next));
        let counters = self.count(topic, partition);
        counters.records += records as u64;
        counters.batches += 1;
    }

    /// Settles the records before the lowest offset of each partition. The rest becomes a new
    /// batch: the batch is split where the function says, which Lambda does instead of splitting it
    /// into halves. If there are no records before these offsets, this is not a split, and the
    /// batch is split into halves to find the bad record.
    fn give_back(
        &mut self,
        mut batch: Batch,
        lowest: &BTreeMap<i32, i64>,
        mut later: Vec<Batch>,
        now: Instant,
    ) -> Conclusion {
        let reason = batch.reason.take();
        let reason = reason.unwrap_or_else(|| "the function gave the records back".to_owned());
        let start_requests = |slice: &Slice| lowest.get(&slice.partition) == Some(&slice.range().0);
        if self.error_controls.bisect && batch.slices.iter().all(start_requests) {
            return self.fail(batch, reason, later, now);
        }
        let mut settled = 0;
        let mut rest = Vec::new();
        for mut slice in std::mem::take(&mut batch.slices) {
            let next = slice.range().1;
            let offset = lowest.get(&slice.partition).copied().unwrap_or(next);
            let at = slice.records.partition_point(|record| record.offset < offset);
            let mut given_back = slice.split_off(at);
            if at > 0 {
                self.settle_slice(&batch.topic, slice.partition, offset, at);
                settled += at as u64;
                given_back.failures = 0;
            }
            // Only the first of several records is known to be bad, and a split is not a retry.
            if !self.error_controls.bisect || given_back.records.len() == 1 {
                given_back.failures += 1;
            }
            rest.push(given_back);
        }
        rest.retain(|slice| !slice.records.is_empty());
        if settled > 0 {
            batch.splits = 0;
            note_splits(&mut later, 0);
        }
        let conclusion = self.resend(Batch { slices: rest, ..batch }, reason, later, now);
        Conclusion { settled, ..conclusion }
    }

    /// No record of the batch is settled: it is split into halves, or sent again unchanged.
    fn fail(
        &mut self,
        mut batch: Batch,
        reason: String,
        mut later: Vec<Batch>,
        now: Instant,
    ) -> Conclusion {
        if self.error_controls.bisect && batch.len() > 1 {
            let splits = batch.splits + 1;
            let pause = pause_of_split(splits);
            self.count_retries(&batch);
            let (first, second) = split::halves(batch);
            later.extend([second, first]);
            note_splits(&mut later, splits);
            self.proceed(later, now + pause);
            return Conclusion { retry_after: Some(pause), ..Conclusion::default() };
        }
        for slice in &mut batch.slices {
            slice.failures += 1;
        }
        self.resend(batch, reason, later, now)
    }

    /// Sends `batch` again, except for the slices that have failed too often.
    fn resend(
        &mut self,
        mut batch: Batch,
        reason: String,
        mut later: Vec<Batch>,
        now: Instant,
    ) -> Conclusion {
        let exhausted: Vec<Slice> = batch
            .slices
            .extract_if(.., |slice| {
                self.error_controls.retries.is_some_and(|retries| slice.failures > retries)
            })
            .collect();
        let mut conclusion = Conclusion::default();
        let (topic, request) = (Arc::clone(&batch.topic), batch.request.clone());
        if !batch.slices.is_empty() {
            let worst = batch.slices.iter().map(|slice| slice.failures).max();
            let pause = retry::pause(worst.unwrap_or(1));
            self.count_retries(&batch);
            conclusion.retry_after = Some(pause);
            later.push(batch);
        }
        if exhausted.is_empty() {
            self.proceed(later, now + conclusion.retry_after.unwrap_or_default());
            return conclusion;
        }
        let given_up = Batch { request, later, ..Batch::new(topic, exhausted) };
        let given_up = given_up.discarded(Condition::RetryAttemptsExhausted, reason);
        Conclusion { retry_after: conclusion.retry_after, ..self.discard(given_up, now) }
    }

    /// Sends the last of `parts` at `at` or later, and then the others. Leaves out partitions that
    /// are no longer assigned or have stopped.
    pub(super) fn proceed(&mut self, mut parts: Vec<Batch>, at: Instant) {
        for part in &mut parts {
            self.retain_active(part);
        }
        parts.retain(|part| !part.slices.is_empty());
        if let Some(next) = parts.pop() {
            self.retries.push(Retry { at, batch: Batch { later: parts, ..next } });
        }
    }

    /// Removes the slices of partitions that are removed, stopped or revoked. No other records of
    /// the remaining partitions are sent in the meantime.
    fn retain_active(&mut self, batch: &mut Batch) {
        let (partitions, topic) = (&mut self.partitions, Arc::clone(&batch.topic));
        batch.slices.retain(|slice| {
            let topic_partition =
                TopicPartition { topic: Arc::clone(&topic), partition: slice.partition };
            let Some(partition) = partitions.get_mut(&topic_partition) else { return false };
            if partition.epoch != slice.epoch {
                return false;
            }
            partition.busy = partition.takes_records();
            partition.busy
        });
    }

    fn count_retries(&mut self, batch: &Batch) {
        for slice in &batch.slices {
            self.count(&batch.topic, slice.partition).retries += 1;
        }
    }

    pub(super) fn count(&mut self, topic: &Arc<str>, partition: i32) -> &mut Counters {
        self.counters.entry(TopicPartition { topic: Arc::clone(topic), partition }).or_default()
    }

    pub(super) fn update(
        &mut self,
        topic: &Arc<str>,
        partition: i32,
        change: impl FnOnce(&mut Partition),
    ) {
        let topic_partition = TopicPartition { topic: Arc::clone(topic), partition };
        if let Some(partition) = self.partitions.get_mut(&topic_partition) {
            change(partition);
        }
    }
}

/// The pause does not grow while splits isolate one bad record. If more splits settle nothing, the
/// cause is probably not a record, and the pause grows.
fn pause_of_split(splits: u32) -> Duration {
    retry::pause(splits.saturating_sub(SPLITS_TO_ONE) + 1)
}

fn note_splits(parts: &mut [Batch], splits: u32) {
    for part in parts {
        part.splits = splits;
    }
}
