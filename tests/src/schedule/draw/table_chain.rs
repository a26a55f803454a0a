//! Draws the records of several topics whose tables refer to each other.

use std::collections::BTreeSet;

use fastrand::Rng;

use crate::schedule::records::{Kind, Planned, bad_kind};
use crate::schedule::table_chain::{PARENT, SUFFIXES, TableChain};
use crate::schedule::{Mode, Schedule};

/// A parent that never comes.
const NOBODY: i32 = 1_000_000;

impl Schedule {
    /// Draws records of several topics instead.
    pub(super) fn relate(&mut self, rng: &mut Rng) {
        // A row that comes again would be a letter.
        if self.mode == Mode::Insert {
            self.mode = Mode::Upsert;
        }
        let patience = if rng.bool() { -1 } else { rng.i64(500..3000) };
        let table_chain = TableChain { generations: rng.usize(2..=SUFFIXES.len()), patience };
        self.table_chain = Some(table_chain);
        self.records = self.draw_table_chain(rng, table_chain);
        self.burst = self.records.len().div_ceil(rng.usize(10..=40));
    }

    fn draw_table_chain(&self, rng: &mut Rng, table_chain: TableChain) -> Vec<Planned> {
        let keys: Vec<i32> = (0..table_chain.generations).map(|_| rng.i32(3..=60)).collect();
        let (bad, tombstones, count) = (rng.u8(0..=10), rng.u8(0..=15), rng.i64(300..=1200));
        let mut next = vec![vec![0; self.partitions as usize]; table_chain.generations];
        let draw = |n| {
            let topic = rng.usize(..table_chain.generations);
            let id = rng.i32(0..keys[topic]);
            let partition = id % self.partitions;
            let offset = &mut next[topic][partition as usize];
            *offset += 1;
            let (is_last, is_steady) =
                (topic + 1 == table_chain.generations, table_chain.patience < 0 && topic > 0);
            let kind = match rng.u8(..100) {
                dice if dice < bad => bad_kind(rng),
                // A parent stays while it has children.
                dice if dice < bad + tombstones && is_last && !is_steady => Kind::Tombstone,
                _ => Kind::Good { padded: rng.bool() },
            };
            let kind = match kind {
                Kind::Foreign | Kind::NotNull | Kind::Checked | Kind::Raised if is_steady => {
                    Kind::CutOff
                }
                // Only the first table has the trigger.
                Kind::Raised if topic > 0 => Kind::Checked,
                kind => kind,
            };
            let (offset, pad) = (*offset - 1, rng.usize(..40));
            Planned { n, id, partition, offset, kind, pad, topic, more: Vec::new() }
        };
        let mut records: Vec<Planned> = (0..count).map(draw).collect();
        give_parents(rng, table_chain, &mut records);
        records
    }
}

/// A child's parent is any of those that are there some time, and now and then one that is not.
fn give_parents(rng: &mut Rng, table_chain: TableChain, records: &mut [Planned]) {
    for generation in 1..table_chain.generations {
        let good = records.iter().filter(|record| {
            record.topic == generation - 1 && matches!(record.kind, Kind::Good { .. })
        });
        let parents: BTreeSet<i32> = good.map(|record| record.id).collect();
        let parents: Vec<i32> = parents.into_iter().collect();
        let first = rng.usize(..parents.len());
        for child in records.iter_mut().filter(|record| record.topic == generation) {
            let any = parents[rng.usize(..parents.len())];
            let parent = match table_chain.patience {
                ..0 => parents[(first + child.id as usize) % parents.len()],
                _ if rng.u8(..20) == 0 => NOBODY,
                _ => any,
            };
            child.more = vec![(PARENT.to_owned(), parent.to_string())];
        }
    }
}
