//! Selects the records of the next batch.

use std::sync::Arc;
use std::time::Instant;

use super::Assignment;
use crate::assignment::partition::Partition;
use crate::event::batch::{Batch, Slice};
use crate::event::{self, split};
use crate::kafka::topic_partition::TopicPartition;

/// The partitions of a batch.
pub(super) fn places(batch: &Batch) -> impl Iterator<Item = TopicPartition> {
    let place =
        |slice: &Slice| TopicPartition { topic: batch.topic.clone(), partition: slice.partition };
    batch.slices.iter().map(place)
}

impl Assignment {
    /// Returns the next batch, if one is full or its oldest record has waited long enough. The
    /// batch is for the function, or it is discarded. `wall` is the time in milliseconds since
    /// 1970.
    ///
    /// A batch that failed is not sent before a topic that was served longer ago: it may wait for
    /// records of that topic.
    pub(crate) fn next_batch(&mut self, now: Instant, wall: i64) -> Option<Batch> {
        let batch = match (self.due_retry(now), self.due_topic(now)) {
            (Some((served, retry)), topic) if topic.as_ref().is_none_or(|it| served <= it.0) => {
                self.take_retry(retry)
            }
            (_, Some((_, topic))) => self.collect(topic),
            _ => return None,
        };
        match self.error_controls.max_age {
            Some(max_age) if batch.discarded.is_none() => {
                Some(split::split_by_age(batch, max_age, wall))
            }
            _ => Some(batch),
        }
    }

    /// When [`next_batch`](Self::next_batch) should be called again, if nothing else happens.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        let retries = self.retries.iter().map(|retry| retry.at);
        let due = self.free().filter_map(|(_, partition)| partition.due_at(&self.limits));
        retries.chain(due).min()
    }

    /// Of the batches to be sent again, the one served longest ago, with its turn.
    fn due_retry(&self, now: Instant) -> Option<(u64, usize)> {
        let due = self.retries.iter().enumerate().filter(|(_, retry)| retry.at <= now);
        due.map(|(place, retry)| (self.served(&retry.batch), place)).min()
    }

    /// The turn in which a batch was sent last.
    fn served(&self, batch: &Batch) -> u64 {
        self.owned(batch).map(|partition| partition.turn).max().unwrap_or_default()
    }

    fn owned(&self, batch: &Batch) -> impl Iterator<Item = &Partition> {
        places(batch).filter_map(|place| self.partitions.get(&place))
    }

    /// Notes that the function is invoked with this batch.
    pub(crate) fn invoke(&mut self, batch: &Batch) {
        self.invoked.extend(places(batch));
    }

    fn take_retry(&mut self, place: usize) -> Batch {
        let batch = self.retries.swap_remove(place).batch;
        self.turn += 1;
        for place in places(&batch) {
            if let Some(partition) = self.partitions.get_mut(&place) {
                partition.turn = self.turn;
            }
        }
        batch
    }

    /// Of the topics that have a batch to send, the one served longest ago, with its turn.
    fn due_topic(&self, now: Instant) -> Option<(u64, Arc<str>)> {
        let mut best: Option<(u64, Arc<str>)> = None;
        let mut free = self.free().peekable();
        while let Some((topic_partition, _)) = free.peek() {
            let topic = Arc::clone(&topic_partition.topic);
            let (mut records, mut bytes, mut turn, mut due) = (0, 0, u64::MAX, false);
            while let Some((_, partition)) =
                free.next_if(|(topic_partition, _)| topic_partition.topic == topic)
            {
                records += partition.len();
                bytes += partition.bytes();
                turn = turn.min(partition.turn);
                due |= partition.due_at(&self.limits).is_some_and(|due_at| due_at <= now);
            }
            let full = records >= self.limits.records || bytes >= self.limits.bytes;
            if (due || full) && best.as_ref().is_none_or(|(served, _)| turn < *served) {
                best = Some((turn, topic));
            }
        }
        best
    }

    fn free(&self) -> impl Iterator<Item = (&TopicPartition, &Partition)> {
        let free = self.partitions.iter().filter(|(_, partition)| partition.is_free());
        free.filter(|(topic_partition, _)| !self.invoked.contains(topic_partition))
    }

    fn collect(&mut self, topic: Arc<str>) -> Batch {
        let mut partitions: Vec<(u64, TopicPartition)> = self
            .free()
            .filter(|(topic_partition, _)| topic_partition.topic == topic)
            .map(|(topic_partition, partition)| (partition.turn, topic_partition.clone()))
            .collect();
        partitions.sort();
        let mut records = self.limits.records;
        let mut bytes = self.limits.bytes.saturating_sub(event::envelope_size(&self.bootstrap));
        let mut slices = Vec::new();
        self.turn += 1;
        for (_, topic_partition) in partitions {
            let Some(partition) = self.partitions.get_mut(&topic_partition) else { continue };
            bytes = bytes.saturating_sub(event::slice_size(&topic, topic_partition.partition));
            let before = partition.bytes();
            let taken = partition.take(records, bytes, slices.is_empty());
            if taken.is_empty() {
                break;
            }
            partition.turn = self.turn;
            records -= taken.len();
            bytes = bytes.saturating_sub(before - partition.bytes());
            slices.push(Slice::new(topic_partition.partition, partition.epoch, taken));
        }
        Batch::new(topic, slices)
    }
}
