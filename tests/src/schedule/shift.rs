//! Schedules in which the topic itself changes while it is read.

use std::time::Duration;

use fastrand::Rng;

use crate::schedule::Schedule;
use crate::schedule::fault::Fault;
use crate::schedule::records::Planned;

/// One of so many seeds is such a schedule: those that leave this rest.
const SHIFTING: u64 = 7;
const REST: u64 = 5;

/// Faults that put the group's offsets elsewhere, or read the topic from its beginning.
fn begins_anew(fault: &Fault) -> bool {
    matches!(fault, Fault::Replay | Fault::Twin(_) | Fault::Beyond)
}

impl Schedule {
    /// Lets the topic change, if the seed is of that kind. What else is drawn from the seed stays.
    pub(super) fn shift(&mut self) {
        if self.seed % SHIFTING != REST {
            return;
        }
        let mut rng = Rng::with_seed(self.seed.rotate_left(32) ^ SHIFTING);
        let last = self.faults.last().map_or(1000, |(at, _)| at.as_millis() as u64);
        // The database's offsets would hold back the records of the topic that is made again.
        if !self.exactly_once && rng.u8(..3) == 0 {
            self.faults.retain(|(_, fault)| !begins_anew(fault));
            let bursts = self.records.len().div_ceil(self.burst);
            return self.remake(self.burst * rng.usize(1..bursts.max(2)));
        }
        for _ in 0..rng.usize(1..=2) {
            let at = Duration::from_millis(rng.u64(200..last.max(201)));
            let fault = match rng.u8(..4) {
                0 if self.partitions > 1 => {
                    self.partitions_at_first = rng.i32(1..self.partitions);
                    Fault::Grow
                }
                0 | 1 => Fault::Trim,
                2 => Fault::Overtake,
                _ => Fault::Beyond,
            };
            if !self.faults.iter().any(|(_, known)| *known == fault) {
                self.faults.push((at, fault));
            }
        }
        self.faults.sort_by_key(|(at, _)| *at);
    }

    /// The topic is made again after so many records: offsets begin at 0 again.
    fn remake(&mut self, after: usize) {
        self.remade_after = Some(after.min(self.records.len()));
        let mut next = vec![0; self.partitions as usize];
        for record in self.records.iter_mut().skip(after) {
            let offset = &mut next[record.partition as usize];
            record.offset = *offset;
            *offset += 1;
        }
    }

    /// The records of the first topic, and those of the one that is made again.
    #[must_use]
    pub fn topics(&self) -> (&[Planned], &[Planned]) {
        self.records.split_at(self.remade_after.unwrap_or(0))
    }

    /// Whether two records are of the same topic.
    pub(super) fn same_topic(&self, one: &Planned, other: &Planned) -> bool {
        let first = |record: &Planned| {
            usize::try_from(record.n).is_ok_and(|n| n < self.remade_after.unwrap_or(0))
        };
        first(one) == first(other)
    }

    /// How many of these records go to each partition.
    #[must_use]
    pub fn count(&self, records: &[Planned]) -> Vec<i64> {
        let of = |partition| {
            records.iter().filter(|record| record.partition == partition).count() as i64
        };
        (0..self.partitions).map(of).collect()
    }
}
