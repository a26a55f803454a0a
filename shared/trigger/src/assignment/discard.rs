//! Gives records up: they are skipped, kept for the next run, or sent to the destination. In the
//! last case they are settled once the destination has them.

use std::time::Instant;

use super::conclude::Conclusion;
use super::{Assignment, Retry};
use crate::event::batch::{Batch, Condition};
use crate::observer::{Disposal, GivenUp};
use crate::time::retry;

impl Assignment {
    /// Gives up `batch`, which is discarded, and continues with the batches after it. If there is a
    /// destination, the records are returned as letters, and [`Self::delivered`] settles them.
    pub(crate) fn discard(&mut self, mut batch: Batch, now: Instant) -> Conclusion {
        self.retain_owned(&mut batch);
        let condition = batch.discarded.as_ref().map(|discard| discard.condition);
        match (self.error_controls.disposal, condition) {
            (Disposal::Sent, _) => {}
            // There is an age limit only if the user has set one.
            (_, Some(Condition::RecordAgeExceeded)) => {
                return self.give_up(batch, Disposal::Skipped, now);
            }
            (disposal, _) => return self.give_up(batch, disposal, now),
        }
        if batch.slices.is_empty() {
            self.proceed(batch.later, now);
            return Conclusion::default();
        }
        self.hold(&batch);
        Conclusion { letters: Some(batch), ..Conclusion::default() }
    }

    /// Until the destination has the batch, no other records of its partitions are sent, and the
    /// partitions are not handed over.
    fn hold(&mut self, batch: &Batch) {
        for part in batch.later.iter().chain([batch]) {
            for slice in &part.slices {
                self.update(&part.topic, slice.partition, |partition| {
                    partition.busy |= partition.epoch == slice.epoch;
                });
            }
        }
    }

    /// The destination has the records of `batch`.
    pub(crate) fn delivered(&mut self, mut batch: Batch, now: Instant) -> Conclusion {
        self.retain_owned(&mut batch);
        self.give_up(batch, Disposal::Sent, now)
    }

    /// The destination does not have the records of `batch` yet: they are sent there again.
    pub(crate) fn delivery_failed(&mut self, mut batch: Batch, now: Instant) -> Conclusion {
        let failures = batch.discarded.as_mut().map_or(1, |discard| {
            discard.failures += 1;
            discard.failures
        });
        let pause = retry::pause(failures);
        self.retries.push(Retry { at: now + pause, batch });
        // Its partitions may be revoked by now.
        self.drop_retries();
        Conclusion { retry_after: Some(pause), ..Conclusion::default() }
    }

    /// The destination refuses the records of `batch` for good, for this `reason`.
    pub(crate) fn delivery_refused(
        &mut self,
        mut batch: Batch,
        reason: &str,
        now: Instant,
    ) -> Conclusion {
        self.retain_owned(&mut batch);
        if let Some(discard) = &mut batch.discarded {
            discard.reason = format!("{}; {reason}", discard.reason);
        }
        self.give_up(batch, Disposal::Kept, now)
    }

    fn give_up(&mut self, batch: Batch, disposal: Disposal, now: Instant) -> Conclusion {
        let mut partitions = Vec::new();
        for slice in &batch.slices {
            let (first, next) = slice.range();
            partitions.push((slice.partition, first, next - 1));
            self.update(&batch.topic, slice.partition, |partition| match disposal {
                Disposal::Kept => partition.stop(),
                Disposal::Skipped | Disposal::Sent => partition.settle(next),
            });
            let counters = self.count(&batch.topic, slice.partition);
            counters.given_up += slice.records.len() as u64;
            if disposal == Disposal::Sent {
                counters.sent += slice.records.len() as u64;
            }
        }
        let records = batch.len() as u64;
        let reason = batch.discarded.map(|discard| discard.reason).unwrap_or_default();
        let topic = batch.topic;
        let given_up =
            (records > 0).then_some(GivenUp { topic, partitions, records, disposal, reason });
        self.proceed(batch.later, now);
        Conclusion { given_up, ..Conclusion::default() }
    }
}
