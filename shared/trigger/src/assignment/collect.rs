//! Which records go into the next batch.

use std::sync::Arc;
use std::time::Instant;

use super::{Assignment, Place};
use crate::batch::{Batch, Slice};
use crate::event;
use crate::partition::Partition;

impl Assignment {
    /// The next batch to send, if one is full or its oldest record has waited long enough.
    pub(crate) fn next_batch(&mut self, now: Instant) -> Option<Batch> {
        if let Some(due) = self.retries.iter().position(|retry| retry.at <= now) {
            return Some(self.retries.swap_remove(due).batch);
        }
        let topic = self.due_topic(now)?;
        Some(self.collect(topic, now))
    }

    /// When [`next_batch`](Self::next_batch) should be asked again, if nothing else happens.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        let retries = self.retries.iter().map(|retry| retry.at);
        let due = self.partitions.values().filter_map(|partition| partition.due_at(&self.limits));
        retries.chain(due).min()
    }

    /// Of the topics that have a batch to send, the one served longest ago.
    fn due_topic(&self, now: Instant) -> Option<Arc<str>> {
        let mut best: Option<(u64, Arc<str>)> = None;
        let mut free = self.free(now).peekable();
        while let Some((place, _)) = free.peek() {
            let topic = Arc::clone(&place.topic);
            let (mut records, mut bytes, mut turn, mut due) = (0, 0, u64::MAX, false);
            while let Some((_, partition)) = free.next_if(|(place, _)| place.topic == topic) {
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

    fn free(&self, now: Instant) -> impl Iterator<Item = (&Place, &Partition)> {
        self.partitions.iter().filter(move |(_, partition)| partition.is_free(now))
    }

    fn collect(&mut self, topic: Arc<str>, now: Instant) -> Batch {
        let mut places: Vec<(u64, Place)> = self
            .free(now)
            .filter(|(place, _)| place.topic == topic)
            .map(|(place, partition)| (partition.turn, place.clone()))
            .collect();
        places.sort();
        let mut records = self.limits.records;
        let mut bytes = self.limits.bytes.saturating_sub(event::envelope_size(&self.bootstrap));
        let mut slices = Vec::new();
        self.turn += 1;
        for (_, place) in places {
            let Some(partition) = self.partitions.get_mut(&place) else { continue };
            bytes = bytes.saturating_sub(event::slice_size(&topic, place.partition));
            let before = partition.bytes();
            let taken = partition.take(records, bytes, slices.is_empty());
            if taken.is_empty() {
                break;
            }
            partition.turn = self.turn;
            records -= taken.len();
            bytes = bytes.saturating_sub(before - partition.bytes());
            slices.push(Slice {
                partition: place.partition,
                epoch: partition.epoch,
                records: taken,
            });
        }
        Batch { topic, slices }
    }
}
