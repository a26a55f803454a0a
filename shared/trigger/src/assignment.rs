//! The partitions that the group has assigned to this member: the assignment takes records, makes
//! batches of them, and applies the outcome of each invocation.
//!
//! Pure: the time is an argument, and decisions are returned as data. The run
//! ([`mod@crate::run`]) talks to the broker and to the function.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use krafka::consumer::ConsumerRecord;

use crate::event::batch::{Batch, Limits};
use crate::filter::{self, Filter};
use crate::kafka::topic_partition::TopicPartition;
use crate::observer::{Counters, Disposal, LostOffset};

mod collect;
mod conclude;
mod discard;
pub(crate) mod goals;
pub(crate) mod partition;
pub(crate) mod start;

pub(crate) use conclude::Conclusion;
use goals::{Goal, Goals};
use partition::Partition;
use start::PartitionStart;

/// Lambda's error handling controls: how often a batch is sent, and what happens to records that
/// are given up.
#[derive(Debug, Clone, Copy)]
pub struct ErrorControls {
    /// How often a failed batch is sent again; `None` means without limit, which is Lambda's
    /// default.
    pub retries: Option<u32>,
    /// Records that are older than this are not sent; `None` means without limit.
    pub max_age: Option<Duration>,
    /// Whether a failed batch is split into halves that are sent separately. A split does not count
    /// as a retry.
    pub bisect: bool,
    /// What happens to records that are given up.
    pub disposal: Disposal,
}

/// The state of all partitions that are assigned to this member.
#[derive(Debug)]
pub(crate) struct Assignment {
    limits: Limits,
    error_controls: ErrorControls,
    filters: Vec<Filter>,
    bootstrap: String,
    goals: Goals,
    partitions: BTreeMap<TopicPartition, Partition>,
    /// The partitions with records in an invocation, also of an earlier assignment: the function may
    /// still write them, so no later records are sent before it has answered.
    invoked: BTreeSet<TopicPartition>,
    retries: Vec<Retry>,
    counters: BTreeMap<TopicPartition, Counters>,
    turn: u64,
    epoch: u64,
}

/// A batch that waits: to be sent again, or to be sent after the part before it.
#[derive(Debug)]
struct Retry {
    at: Instant,
    batch: Batch,
}

impl Assignment {
    /// An assignment without partitions.
    pub(crate) fn new(
        limits: Limits,
        error_controls: ErrorControls,
        filters: Vec<Filter>,
        bootstrap: String,
        goals: Goals,
    ) -> Self {
        Self {
            limits,
            error_controls,
            filters,
            bootstrap,
            goals,
            partitions: BTreeMap::new(),
            invoked: BTreeSet::new(),
            retries: Vec::new(),
            counters: BTreeMap::new(),
            turn: 0,
            epoch: 0,
        }
    }

    /// Adds a partition. Records that are still in flight from an earlier assignment of the same
    /// partition no longer have an effect.
    pub(crate) fn assign(&mut self, start: &PartitionStart) {
        self.epoch += 1;
        let goal = self.goals.at_start(start);
        let partition = Partition::new(self.epoch, goal, start);
        self.partitions.insert(start.topic_partition.clone(), partition);
        self.drop_retries();
    }

    /// The group revokes partitions: no more of their records are sent.
    pub(crate) fn revoke(&mut self, partitions: &[TopicPartition]) {
        for topic_partition in partitions {
            if let Some(partition) = self.partitions.get_mut(topic_partition) {
                partition.revoke();
            }
        }
        self.drop_retries();
    }

    /// Removes partitions. The outcome of their records in flight no longer has an effect.
    pub(crate) fn remove(&mut self, partitions: &[TopicPartition]) {
        self.partitions.retain(|topic_partition, _| !partitions.contains(topic_partition));
        self.drop_retries();
    }

    /// Sends no more records of any partition: the next run continues after the settled records.
    pub(crate) fn abandon(&mut self) {
        for partition in self.partitions.values_mut() {
            partition.revoke();
        }
        self.drop_retries();
    }

    /// Drops waiting batches of partitions that are revoked or removed.
    fn drop_retries(&mut self) {
        for Retry { at, mut batch } in std::mem::take(&mut self.retries) {
            let mut parts = std::mem::take(&mut batch.later);
            parts.push(batch);
            self.proceed(parts, at);
        }
    }

    /// Takes records, in the order of the consumer. A record that the filters hold back leaves a
    /// gap, which is settled like every other gap.
    pub(crate) fn receive(&mut self, mut records: Vec<ConsumerRecord>, now: Instant) {
        if !self.filters.is_empty() {
            self.filter_records(&mut records);
        }
        let mut records = records.into_iter().peekable();
        // The records of one fetch are ordered by partition, so one look-up serves many records.
        while let Some(first) = records.peek() {
            let topic_partition =
                TopicPartition { topic: Arc::clone(&first.topic), partition: first.partition };
            let mut partition = self.partitions.get_mut(&topic_partition);
            while let Some(record) = records.next_if(|record| {
                record.partition == topic_partition.partition
                    && record.topic == topic_partition.topic
            }) {
                if let Some(partition) = &mut partition {
                    partition.receive(record, now);
                }
            }
        }
    }

    /// Removes the records that match no filter, and counts them.
    fn filter_records(&mut self, records: &mut Vec<ConsumerRecord>) {
        let (filters, partitions, counters) = (&self.filters, &self.partitions, &mut self.counters);
        records.retain(|record| {
            let passes = filter::passes(filters, record.value.as_deref());
            let topic_partition =
                TopicPartition { topic: Arc::clone(&record.topic), partition: record.partition };
            if !passes && partitions.get(&topic_partition).is_some_and(Partition::takes_records) {
                counters.entry(topic_partition).or_default().filtered += 1;
            }
            passes
        });
    }

    /// Whether every assigned partition has reached its goal.
    pub(crate) fn is_drained(&self) -> bool {
        self.partitions.values().all(Partition::is_drained)
    }

    /// The goals in partitions that are assigned to other members.
    pub(crate) fn goals_of_others(&self) -> impl Iterator<Item = (&TopicPartition, &Goal)> {
        self.goals.iter().filter(|(it, _)| !self.partitions.contains_key(it))
    }

    /// Removes partitions whose log may be gone. A goal that is reached before that counts.
    pub(crate) fn remove_gone(&mut self, partitions: &[TopicPartition]) {
        for topic_partition in partitions {
            if self.partitions.get(topic_partition).is_some_and(Partition::is_drained) {
                self.goals.reach(topic_partition);
            }
        }
        self.remove(partitions);
    }

    /// Whether a log was deleted before its goal was reached.
    pub(crate) fn missed_goals(&self) -> bool {
        self.goals.are_missed()
    }

    /// Gives up the goals of topics that do not exist any more. Returns the names of those topics.
    pub(crate) fn give_up_goals(&mut self, exists: impl Fn(&str) -> bool) -> Vec<Arc<str>> {
        self.goals.keep_topics(exists)
    }

    /// Counts an offset that the log does not have.
    pub(crate) fn count_lost(&mut self, lost: &LostOffset) {
        let counters = self.count(&lost.topic, lost.partition);
        counters.lost += lost.records();
        counters.out_of_range += 1;
    }

    pub(crate) fn partitions(&self) -> impl Iterator<Item = (&TopicPartition, &Partition)> {
        self.partitions.iter()
    }

    pub(crate) fn get(&self, topic_partition: &TopicPartition) -> Option<&Partition> {
        self.partitions.get(topic_partition)
    }

    pub(crate) fn get_mut(&mut self, topic_partition: &TopicPartition) -> Option<&mut Partition> {
        self.partitions.get_mut(topic_partition)
    }

    /// The offsets that are settled and not committed, each with the epoch of its partition.
    pub(crate) fn uncommitted(&self) -> Vec<(TopicPartition, u64, i64)> {
        let offset = |(topic_partition, partition): (&TopicPartition, &Partition)| {
            partition.uncommitted().map(|offset| (topic_partition.clone(), partition.epoch, offset))
        };
        self.partitions.iter().filter_map(offset).collect()
    }

    /// The broker has committed these offsets.
    pub(crate) fn confirm(&mut self, offsets: &[(TopicPartition, u64, i64)]) {
        for (topic_partition, epoch, offset) in offsets {
            if let Some(partition) = self.partitions.get_mut(topic_partition)
                && partition.epoch == *epoch
            {
                partition.confirm(*offset);
            }
        }
    }

    pub(crate) fn lag(&self) -> u64 {
        self.partitions.values().map(Partition::lag).sum()
    }

    /// The counters of every partition that was ever assigned to this member.
    pub(crate) fn counters(&self) -> &BTreeMap<TopicPartition, Counters> {
        &self.counters
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }
}

#[cfg(test)]
mod tests;
