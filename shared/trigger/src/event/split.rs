//! Splits a batch: into the halves of a failed batch, or by the age of its records.

use std::time::Duration;

use krafka::consumer::ConsumerRecord;

use crate::event::batch::{Batch, Condition, Slice};

/// The first and the second half of the records, as `BisectBatchOnFunctionError` splits them.
pub(crate) fn halves(batch: Batch) -> (Batch, Batch) {
    let mut room = batch.len() / 2;
    let mut first = batch;
    let second = split(&mut first, |slice| {
        let at = room.min(slice.records.len());
        room -= at;
        at
    });
    (first, second)
}

/// Moves the records from the index that `at` returns for each slice into a new batch.
fn split(batch: &mut Batch, mut at: impl FnMut(&Slice) -> usize) -> Batch {
    let mut behind = Vec::new();
    for slice in &mut batch.slices {
        let at = at(slice);
        behind.push(slice.split_off(at));
    }
    batch.slices.retain(|slice| !slice.records.is_empty());
    behind.retain(|slice| !slice.records.is_empty());
    Batch { request: batch.request.clone(), ..Batch::new(batch.topic.clone(), behind) }
}

/// Splits a batch so that all its records, or none of them, are older than `max_age` at `wall`
/// (milliseconds since 1970). A batch of old records is discarded. The rest follows later, in
/// order.
pub(crate) fn split_by_age(mut batch: Batch, max_age: Duration, wall: i64) -> Batch {
    let max_age = i64::try_from(max_age.as_millis()).unwrap_or(i64::MAX);
    // A record without a timestamp has -1, and therefore no age.
    let is_old = |record: &ConsumerRecord| {
        record.timestamp >= 0 && wall.saturating_sub(record.timestamp) > max_age
    };
    let begins_old = |slice: &Slice| slice.records.first().is_some_and(is_old);
    let old = batch.slices.iter().any(begins_old);
    let later = std::mem::take(&mut batch.later);
    let behind = split(&mut batch, |slice| {
        if begins_old(slice) != old {
            return 0;
        }
        let differs = |record: &ConsumerRecord| is_old(record) != old;
        slice.records.iter().position(differs).unwrap_or(slice.records.len())
    });
    batch.later = later;
    if !behind.is_empty() {
        batch.later.push(behind);
    }
    if old {
        let reason = format!("the records are older than {} s", max_age / 1000);
        batch = batch.discarded(Condition::RecordAgeExceeded, reason);
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(timestamps: &[&[i64]]) -> Batch {
        let slice = |(partition, timestamps): (usize, &&[i64])| {
            let record = |(offset, timestamp): (usize, &i64)| {
                let mut record =
                    ConsumerRecord::new("t", partition as i32, offset as i64, None, None);
                record.timestamp = *timestamp;
                record
            };
            let records = timestamps.iter().enumerate().map(record).collect();
            Slice { failures: 2, ..Slice::new(partition as i32, 7, records) }
        };
        Batch::new("t".into(), timestamps.iter().enumerate().map(slice).collect())
    }

    /// Partition, first and next offset of each slice.
    fn ranges(batch: &Batch) -> Vec<(i32, i64, i64)> {
        let range = |slice: &Slice| (slice.partition, slice.range().0, slice.range().1);
        batch.slices.iter().map(range).collect()
    }

    #[test]
    fn halves_are_halves_and_keep_their_counts() {
        let (first, second) = halves(batch(&[&[0; 3], &[0; 4]]));
        assert_eq!(ranges(&first), [(0, 0, 3)]);
        assert_eq!(ranges(&second), [(1, 0, 4)]);
        let (first, second) = halves(batch(&[&[0; 2], &[0; 6]]));
        assert_eq!(ranges(&first), [(0, 0, 2), (1, 0, 2)]);
        assert_eq!(ranges(&second), [(1, 2, 6)]);
        assert!(second.slices.iter().all(|slice| (slice.failures, slice.epoch) == (2, 7)));
    }

    #[test]
    fn what_is_too_old_goes_first_and_alone() {
        let (max_age, wall) = (Duration::from_secs(60), 100_000);
        let fresh = split_by_age(batch(&[&[40_000, 50_000, -1]]), max_age, wall);
        assert_eq!((fresh.discarded.is_none(), fresh.later.len()), (true, 0), "60 s are allowed");

        let mut old = split_by_age(batch(&[&[39_999, 0, 90_000], &[90_000, 1]]), max_age, wall);
        assert_eq!(ranges(&old), [(0, 0, 2)]);
        let discard = old.discarded.take().expect("given up");
        assert_eq!(discard.condition, Condition::RecordAgeExceeded);
        let mut fresh = split_by_age(old.later.pop().expect("the rest"), max_age, wall);
        assert_eq!((ranges(&fresh), fresh.discarded.is_none()), (vec![(0, 2, 3), (1, 0, 1)], true));
        let last = split_by_age(fresh.later.pop().expect("the rest"), max_age, wall);
        assert_eq!((ranges(&last), last.discarded.is_some()), (vec![(1, 1, 2)], true));
    }
}
