//! Schedules in which the topic itself changes while it is read, or an offset is moved to where the
//! log has nothing.

use std::time::Duration;

use fastrand::Rng;

use crate::schedule::Schedule;
use crate::schedule::fault::Fault;
use crate::schedule::plan::Remade;

/// Faults that put the group's offsets elsewhere, or read the topic from its beginning. A loss of
/// which only the group's offset could tell would stay untold.
fn begins_anew(fault: &Fault) -> bool {
    matches!(fault, Fault::Replay | Fault::Twin(_) | Fault::Beyond)
}

impl Schedule {
    /// Lets the topic change.
    pub(super) fn topic_change(&mut self, rng: &mut Rng) {
        if rng.u8(..3) == 0 {
            return self.remake(rng);
        }
        let last = self.faults.last().map_or(1000, |(at, _)| at.as_millis() as u64);
        for _ in 0..rng.usize(1..=2) {
            let at = Duration::from_millis(rng.u64(200..last.max(201)));
            let time = Duration::from_millis(rng.u64(500..3000));
            let fault = match rng.u8(..if self.exactly_once { 5 } else { 4 }) {
                0 if self.partitions > 1 => {
                    self.partitions_at_first = rng.i32(1..self.partitions);
                    Fault::Grow
                }
                0 | 1 => Fault::Trim,
                2 if rng.bool() => Fault::Outlast(time),
                2 => Fault::Overtake,
                3 => Fault::Beyond,
                _ => Fault::StoredBeyond(time),
            };
            let same =
                |known: &Fault| std::mem::discriminant(known) == std::mem::discriminant(&fault);
            if !self.faults.iter().any(|(_, known)| same(known)) {
                self.faults.push((at, fault));
            }
        }
        self.keep_losses_told();
        self.faults.sort_by_key(|(at, _)| *at);
    }

    /// Takes faults away after which nobody could tell of a loss.
    fn keep_losses_told(&mut self) {
        let has = |wanted: fn(&Fault) -> bool| self.faults.iter().any(|(_, fault)| wanted(fault));
        let overtaken = has(|fault| matches!(fault, Fault::Overtake | Fault::Outlast(_)));
        let beyond = has(|fault| *fault == Fault::Beyond);
        self.faults.retain(|(_, fault)| match fault {
            Fault::Replay => !overtaken && !beyond,
            // A group that is new begins behind what was deleted, and takes the offset that the
            // database keeps with it: past records that the other group still has.
            Fault::Beyond | Fault::Twin(_) => !overtaken,
            _ => true,
        });
    }

    /// The topic is made again after so many records: offsets begin at 0 again.
    fn remake(&mut self, rng: &mut Rng) {
        // One that stands still for so long would go on with records of the first topic.
        self.faults
            .retain(|(_, fault)| !begins_anew(fault) && !matches!(fault, Fault::FreezeTrigger(..)));
        let bursts = self.records.len().div_ceil(self.burst);
        let after = (self.burst * rng.usize(1..bursts.max(2))).min(self.records.len());
        self.remade = Some(Remade { after, settled: rng.bool() });
        let mut next = vec![0; self.partitions as usize];
        for record in self.records.iter_mut().skip(after) {
            let offset = &mut next[record.partition as usize];
            record.offset = *offset;
            *offset += 1;
        }
    }
}
