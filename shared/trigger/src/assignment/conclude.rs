//! What an invocation's outcome does to the partitions of its batch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Assignment, Place, Retry};
use crate::answer::Verdict;
use crate::batch::{Batch, Slice};
use crate::observer::GivenUp;
use crate::partition::Partition;
use crate::retry;

/// What was booked.
#[derive(Debug, Default)]
pub(crate) struct Conclusion {
    /// Records settled.
    pub(crate) settled: u64,
    /// After which pause records are sent again, if any are.
    pub(crate) retry_after: Option<Duration>,
    /// What was given up, if anything was.
    pub(crate) given_up: Option<GivenUp>,
}

impl Assignment {
    /// Books the outcome of one invocation: the verdict on its answer, or the reason it failed.
    pub(crate) fn conclude(
        &mut self,
        mut batch: Batch,
        outcome: Result<Verdict, String>,
        now: Instant,
    ) -> Conclusion {
        self.retain_owned(&mut batch);
        match outcome {
            Ok(Verdict::Settled) => self.settle(&batch),
            Ok(Verdict::GivenBack(lowest)) => self.give_back(batch, &lowest, now),
            Ok(Verdict::Unclear(reason)) | Err(reason) => self.fail(batch, reason, now),
        }
    }

    /// Gives `batch` up without sending it.
    pub(crate) fn refuse(&mut self, mut batch: Batch, reason: String) -> Conclusion {
        self.retain_owned(&mut batch);
        let given_up = self.give_up(&batch.topic, &batch.slices, reason);
        Conclusion { given_up, ..Conclusion::default() }
    }

    fn retain_owned(&mut self, batch: &mut Batch) {
        let topic = Arc::clone(&batch.topic);
        batch.slices.retain(|slice| {
            let place = Place { topic: Arc::clone(&topic), partition: slice.partition };
            self.partitions.get(&place).is_some_and(|partition| partition.epoch == slice.epoch)
        });
    }

    fn settle(&mut self, batch: &Batch) -> Conclusion {
        for slice in &batch.slices {
            let (_, next) = slice.range();
            self.update(&batch.topic, slice.partition, |partition| partition.settle(next));
        }
        Conclusion { settled: batch.len() as u64, ..Conclusion::default() }
    }

    /// Settles what lies before the lowest offset of each partition; the rest is sent again with
    /// the next batch.
    fn give_back(&mut self, batch: Batch, lowest: &BTreeMap<i32, i64>, now: Instant) -> Conclusion {
        let topic = batch.topic;
        let mut conclusion = Conclusion::default();
        let mut exhausted = Vec::new();
        for mut slice in batch.slices {
            let (_, next) = slice.range();
            let offset = lowest.get(&slice.partition).copied().unwrap_or(next);
            let given_back = slice
                .records
                .split_off(slice.records.partition_point(|record| record.offset < offset));
            conclusion.settled += slice.records.len() as u64;
            let failures = self.failures(&topic, slice.partition, slice.records.is_empty());
            if !slice.records.is_empty() {
                self.update(&topic, slice.partition, |partition| partition.settle(offset));
            }
            if given_back.is_empty() {
                continue;
            }
            self.update(&topic, slice.partition, |partition| partition.failures = failures);
            if self.is_exhausted(failures) {
                exhausted.push(Slice { records: given_back, ..slice });
                continue;
            }
            let pause = retry::pause(failures);
            conclusion.retry_after = conclusion.retry_after.max(Some(pause));
            self.update(&topic, slice.partition, |partition| {
                partition.give_back(given_back, now, now + pause);
            });
        }
        let reason = "the function gave the records back".to_owned();
        conclusion.given_up = self.give_up(&topic, &exhausted, reason);
        conclusion
    }

    /// Nothing of the batch is settled: it is sent again as it was, or given up as a whole.
    fn fail(&mut self, mut batch: Batch, reason: String, now: Instant) -> Conclusion {
        let mut worst = 0;
        for slice in &batch.slices {
            let failures = self.failures(&batch.topic, slice.partition, true);
            self.update(&batch.topic, slice.partition, |partition| partition.failures = failures);
            worst = worst.max(failures);
        }
        if self.is_exhausted(worst) {
            return self.refuse(batch, reason);
        }
        let topic = Arc::clone(&batch.topic);
        batch.slices.retain(|slice| {
            let mut leaving = false;
            self.update(&topic, slice.partition, |partition| {
                leaving = partition.leaving;
                partition.busy = !leaving;
            });
            !leaving
        });
        if batch.is_empty() {
            return Conclusion::default();
        }
        let pause = retry::pause(worst);
        self.retries.push(Retry { at: now + pause, batch });
        Conclusion { retry_after: Some(pause), ..Conclusion::default() }
    }

    fn give_up(&mut self, topic: &Arc<str>, slices: &[Slice], reason: String) -> Option<GivenUp> {
        let skip = self.patience.skip;
        let mut partitions = Vec::new();
        for slice in slices {
            let (first, next) = slice.range();
            partitions.push((slice.partition, first, next - 1));
            self.update(topic, slice.partition, |partition| {
                if skip {
                    partition.settle(next);
                } else {
                    partition.stop();
                }
            });
        }
        let records = slices.iter().map(|slice| slice.records.len() as u64).sum();
        (records > 0).then(|| GivenUp {
            topic: Arc::clone(topic),
            partitions,
            records,
            skipped: skip,
            reason,
        })
    }

    /// Failures of the record at the front of a slice, this one counted: one that comes to the
    /// front only now has failed once.
    fn failures(&self, topic: &Arc<str>, partition: i32, at_front: bool) -> u32 {
        let place = Place { topic: Arc::clone(topic), partition };
        let before = self.partitions.get(&place).map_or(0, |partition| partition.failures);
        if at_front { before + 1 } else { 1 }
    }

    fn is_exhausted(&self, failures: u32) -> bool {
        self.patience.retries.is_some_and(|retries| failures > retries)
    }

    fn update(&mut self, topic: &Arc<str>, partition: i32, change: impl FnOnce(&mut Partition)) {
        let place = Place { topic: Arc::clone(topic), partition };
        if let Some(partition) = self.partitions.get_mut(&place) {
            change(partition);
        }
    }
}
