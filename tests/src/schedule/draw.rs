//! Draws a schedule from its seed.

use std::time::Duration;

use fastrand::Rng;

use crate::database::target::Target;
use crate::schedule::fault::Fault;
use crate::schedule::records;
use crate::schedule::replay_phase::ReplayPhase;
use crate::schedule::{Mode, Schedule};

mod table_chain;
mod topic_change;

/// One of so many seeds is a schedule of large batches.
const CROWDED: u64 = 5;

/// Four of so many seeds have a scenario of their own.
const PLOTS: u64 = 7;

/// A fault comes so long after the one before it, at least and at most.
const GAP: std::ops::Range<u64> = 150..1200;

impl Schedule {
    /// Draws a schedule. In one of three nothing happens by which a record may come again, so that
    /// the laws are at their strictest.
    #[must_use]
    pub fn of(seed: u64, target: Target) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mode = match rng.u8(..3) {
            0 => Mode::Insert,
            1 => Mode::Upsert,
            _ => Mode::UpsertAndDelete,
        };
        let exactly_once = rng.bool();
        let partitions = rng.i32(1..=4);
        let mut schedule = Self {
            seed,
            target,
            mode,
            exactly_once,
            reports: rng.bool(),
            function_compute: false,
            partitions,
            partitions_at_first: partitions,
            remade: None,
            replay_phase: None,
            evolves: false,
            table_chain: None,
            triggers: rng.usize(1..=3),
            concurrency: rng.usize(1..=2),
            batch_size: rng.usize(10..=200),
            retries: rng.u32(0..=3),
            records: records::draw(&mut rng, partitions),
            burst: 0,
            faults: Vec::new(),
        };
        let bursts = rng.usize(10..=40);
        // Not drawn: what is drawn after it would be another.
        schedule.function_compute = !schedule.reports && seed.is_multiple_of(2);
        schedule.burst = schedule.records.len().div_ceil(bursts);
        if seed.is_multiple_of(CROWDED) {
            schedule.crowd();
        }
        schedule.draw_faults(&mut rng);
        schedule.thicken();
        schedule
    }

    /// Draws what happens, and when.
    fn draw_faults(&mut self, rng: &mut Rng) {
        let mut at = 0;
        let gentle = rng.u8(..3) == 0;
        if gentle {
            self.triggers = 1;
        }
        for _ in 0..rng.usize(3..=8) {
            at += rng.u64(GAP);
            let mut draws = std::iter::repeat_with(|| Fault::draw(rng, self.exactly_once));
            let fault = draws.find(|fault| !gentle || !fault.may_redeliver(self.target));
            let Some(fault) = fault else { continue };
            self.faults.push((Duration::from_millis(at), fault));
        }
    }

    /// What the seed has besides, one of: the topic changes, letters are replayed, columns are
    /// added, tables refer to each other. What else is drawn from the seed stays.
    fn thicken(&mut self) {
        let mut rng = Rng::with_seed(self.seed.rotate_left(32) ^ PLOTS);
        match self.seed % PLOTS {
            1 => self.evolve(&mut rng),
            4 => self.relate(&mut rng),
            5 => self.topic_change(&mut rng),
            6 => self.replay_phase = Some(ReplayPhase::draw(&mut rng)),
            _ => {}
        }
    }

    /// Makes it one of large batches. What else is drawn from the seed stays.
    fn crowd(&mut self) {
        let mut rng = Rng::with_seed(!self.seed);
        self.records = records::crowd(&mut rng, self.partitions);
        self.batch_size = rng.usize(1_500..=5_000);
        self.burst = self.records.len().div_ceil(rng.usize(2..=4));
    }
}
