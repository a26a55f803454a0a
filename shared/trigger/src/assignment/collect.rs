//! Selects the records of the next batch.

use std::sync::Arc;
use std::time::Instant;

use super::Assignment;
use crate::assignment::partition::Partition;
use crate::event::batch::{Batch, Slice};
use crate::event::{self, split};
use crate::kafka::topic_partition::TopicPartition;

impl Assignment {
    /// Returns the next batch, if one is full or its oldest record has waited long enough. The
    /// batch is for the function, or it is discarded. `wall` is the time in milliseconds since
    /// 1970.
    pub(crate) fn next_batch(&mut self, now: Instant, wall: i64) -> Option<Batch> {
        let batch = match self.retries.iter().position(|retry| retry.at <= now) {
            Some(due) => self.retries.swap_remove(due).batch,
            None => {
                let topic = self.due_topic(now)?;
                self.collect(topic)
            }
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
        let due = self.partitions.values().filter_map(|partition| partition.due_at(&self.limits));
        retries.chain(due).min()
    }

    /// Of the topics that have a batch to send, the one that has waited longest.
    fn due_topic(&self, now: Instant) -> Option<Arc<str>> {
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
        best.map(|(_, topic)| topic)
    }

    fn free(&self) -> impl Iterator<Item = (&TopicPartition, &Partition)> {
        self.partitions.iter().filter(|(_, partition)| partition.is_free())
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
