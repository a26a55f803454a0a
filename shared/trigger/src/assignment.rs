//! The partitions this member owns: records come in, batches go out, verdicts are booked.
//!
//! Pure, like the partitions it holds: time comes in as an argument, and what was decided goes out
//! as data. Talking to the broker and to the function is [`crate::settings::mapping`]'s.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use krafka::consumer::ConsumerRecord;

use crate::event::batch::{Batch, Limits};
use crate::filter::{self, Filter};
use crate::kafka::place::Place;
use crate::observer::{Counters, Disposal, Lost};

pub(crate) mod begin;
mod collect;
mod conclude;
mod discard;
pub(crate) mod partition;

use begin::Begin;
pub(crate) use conclude::Conclusion;
use partition::Partition;

/// How long a batch is tried, how, and what happens to one that is tried no more.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How often a failed batch is sent again; `None` is for ever, as Lambda does by default.
    pub retries: Option<u32>,
    /// Records older than this are not sent; `None` is however old they are.
    pub max_age: Option<Duration>,
    /// Whether a failed batch is split in two, each half sent alone. A split is no retry.
    pub bisect: bool,
    /// What becomes of what is given up.
    pub disposal: Disposal,
}

/// The books of everything this member owns.
#[derive(Debug)]
pub(crate) struct Assignment {
    limits: Limits,
    patience: Patience,
    filters: Vec<Filter>,
    bootstrap: String,
    goals: BTreeMap<Place, i64>,
    partitions: BTreeMap<Place, Partition>,
    retries: Vec<Retry>,
    counters: BTreeMap<Place, Counters>,
    turn: u64,
    epoch: u64,
}

/// A batch that waits for its time: to be sent again, or after the part before it.
#[derive(Debug)]
struct Retry {
    at: Instant,
    batch: Batch,
}

impl Assignment {
    /// Nothing is owned yet. `goals` are the offsets at which a run that drains its topics is
    /// done; empty if it goes on for ever.
    pub(crate) fn new(
        limits: Limits,
        patience: Patience,
        filters: Vec<Filter>,
        bootstrap: String,
        goals: BTreeMap<Place, i64>,
    ) -> Self {
        Self {
            limits,
            patience,
            filters,
            bootstrap,
            goals,
            partitions: BTreeMap::new(),
            retries: Vec::new(),
            counters: BTreeMap::new(),
            turn: 0,
            epoch: 0,
        }
    }

    /// A partition is ours from now on. What is still in flight of an earlier time changes nothing.
    pub(crate) fn begin(&mut self, begin: &Begin) {
        self.epoch += 1;
        let goal = self.goals.get(&begin.place).copied();
        let partition = Partition::new(self.epoch, goal, begin);
        self.partitions.insert(begin.place.clone(), partition);
        self.drop_retries();
    }

    /// The group asks for `places` back: nothing of them is sent any more.
    pub(crate) fn leave(&mut self, places: &[Place]) {
        for place in places {
            if let Some(partition) = self.partitions.get_mut(place) {
                partition.leave();
            }
        }
        self.drop_retries();
    }

    /// Forgets `places`; what is still in flight of them will change nothing.
    pub(crate) fn remove(&mut self, places: &[Place]) {
        self.partitions.retain(|place, _| !places.contains(place));
        self.drop_retries();
    }

    /// Sends nothing more of any partition: the next run reads on where this one has settled.
    pub(crate) fn abandon(&mut self) {
        for partition in self.partitions.values_mut() {
            partition.leave();
        }
        self.drop_retries();
    }

    /// Drops what waits to be sent again of partitions that are leaving or gone.
    fn drop_retries(&mut self) {
        for Retry { at, mut batch } in std::mem::take(&mut self.retries) {
            let mut parts = std::mem::take(&mut batch.later);
            parts.push(batch);
            self.proceed(parts, at);
        }
    }

    /// Takes records in, in the order the consumer handed them out. What a filter holds back
    /// leaves a gap, which is settled like any other.
    pub(crate) fn receive(&mut self, mut records: Vec<ConsumerRecord>, now: Instant) {
        if !self.filters.is_empty() {
            self.sieve(&mut records);
        }
        let mut records = records.into_iter().peekable();
        // The records of one fetch come partition by partition: one look-up serves many.
        while let Some(first) = records.peek() {
            let place = Place { topic: Arc::clone(&first.topic), partition: first.partition };
            let mut partition = self.partitions.get_mut(&place);
            while let Some(record) = records.next_if(|record| {
                record.partition == place.partition && record.topic == place.topic
            }) {
                if let Some(partition) = &mut partition {
                    partition.receive(record, now);
                }
            }
        }
    }

    /// Leaves out the records that no filter lets through, and counts them.
    fn sieve(&mut self, records: &mut Vec<ConsumerRecord>) {
        let (filters, partitions, counters) = (&self.filters, &self.partitions, &mut self.counters);
        records.retain(|record| {
            let passes = filter::passes(filters, record.value.as_deref());
            let place = Place { topic: Arc::clone(&record.topic), partition: record.partition };
            if !passes && partitions.get(&place).is_some_and(Partition::takes_records) {
                counters.entry(place).or_default().filtered += 1;
            }
            passes
        });
    }

    /// Whether every partition owned has reached its goal.
    pub(crate) fn is_drained(&self) -> bool {
        self.partitions.values().all(Partition::is_drained)
    }

    /// The goals that lie in partitions another member owns.
    pub(crate) fn goals_elsewhere(&self) -> impl Iterator<Item = (&Place, i64)> {
        let elsewhere = |(place, _): &(&Place, i64)| !self.partitions.contains_key(place);
        self.goals.iter().map(|(place, goal)| (place, *goal)).filter(elsewhere)
    }

    /// Notes that the log did not hold an offset.
    pub(crate) fn lose(&mut self, lost: &Lost) {
        let counters = self.count(&lost.topic, lost.partition);
        counters.lost += lost.records();
        counters.out_of_range += 1;
    }

    pub(crate) fn partitions(&self) -> impl Iterator<Item = (&Place, &Partition)> {
        self.partitions.iter()
    }

    pub(crate) fn get(&self, place: &Place) -> Option<&Partition> {
        self.partitions.get(place)
    }

    pub(crate) fn get_mut(&mut self, place: &Place) -> Option<&mut Partition> {
        self.partitions.get_mut(place)
    }

    /// Offsets that are settled and not committed, each with the assignment it belongs to.
    pub(crate) fn uncommitted(&self) -> Vec<(Place, u64, i64)> {
        let offset = |(place, partition): (&Place, &Partition)| {
            partition.uncommitted().map(|offset| (place.clone(), partition.epoch, offset))
        };
        self.partitions.iter().filter_map(offset).collect()
    }

    /// The broker confirmed these offsets.
    pub(crate) fn confirm(&mut self, offsets: &[(Place, u64, i64)]) {
        for (place, epoch, offset) in offsets {
            if let Some(partition) = self.partitions.get_mut(place)
                && partition.epoch == *epoch
            {
                partition.confirm(*offset);
            }
        }
    }

    pub(crate) fn lag(&self) -> u64 {
        self.partitions.values().map(Partition::lag).sum()
    }

    /// What was counted of each partition this member has ever owned.
    pub(crate) fn counters(&self) -> &BTreeMap<Place, Counters> {
        &self.counters
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }
}

#[cfg(test)]
mod tests;
