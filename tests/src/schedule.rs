//! A schedule: traffic and faults drawn from one seed. The same seed is the same schedule; how
//! it falls out differs a little each time, for the processes and servers are real.
//!
//! [`perform::run`] carries one out on real servers, [`laws`] judge what came of it.

use std::fmt;
use std::time::Duration;

use fastrand::Rng;

pub mod evidence;
mod evolve;
pub mod fault;
pub mod laws;
pub mod letters;
pub mod perform;
pub mod processes;
pub mod records;
pub mod replay_phase;
pub mod stage;
pub mod table_chain;
pub mod told;
pub mod topic_change;

use fault::Fault;
use records::{Fate, Planned};
use replay_phase::ReplayPhase;
use table_chain::TableChain;
use topic_change::Remade;

use crate::target::Target;

/// What the function does with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A row for every record; the table knows no key.
    Insert,
    /// The last value of a key; tombstones are filtered.
    Upsert,
    /// The same; tombstones delete.
    UpsertAndDelete,
}

/// Everything that is decided beforehand.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// What it was drawn from.
    pub seed: u64,
    /// Where the records go.
    pub target: Target,
    /// What the function does.
    pub mode: Mode,
    /// Whether offsets are kept in the database, with the rows.
    pub exactly_once: bool,
    /// Whether batch item failures are reported.
    pub reports: bool,
    /// Whether the functions run as on Function Compute, where nothing is reported.
    pub function_compute: bool,
    /// Partitions of the topic.
    pub partitions: i32,
    /// Partitions before it grows.
    pub partitions_at_first: i32,
    /// The topic is deleted and made again.
    pub remade: Option<Remade>,
    /// Letters are replayed at the end.
    pub replay_phase: Option<ReplayPhase>,
    /// Records bring new keys, and the table gets columns for them.
    pub evolves: bool,
    /// Several topics, whose tables refer to each other.
    pub table_chain: Option<TableChain>,
    /// Triggers that share the group.
    pub triggers: usize,
    /// Function processes of each trigger.
    pub concurrency: usize,
    /// Most records of a batch.
    pub batch_size: usize,
    /// `max.retries` of the function.
    pub retries: u32,
    /// The records, in the order they are sent.
    pub records: Vec<Planned>,
    /// How many records are sent at a time, spread evenly over [`Schedule::span`].
    pub burst: usize,
    /// When which fault begins.
    pub faults: Vec<(Duration, Fault)>,
}

/// One of so many seeds is a schedule of large batches.
const CROWDED: u64 = 5;

/// Four of so many seeds have a scenario of their own.
const PLOTS: u64 = 7;

/// A fault comes so long after the one before it, at least and at most.
const GAP: std::ops::Range<u64> = 150..1200;

/// Two blows further apart than this do not fall on the same commit.
const GUARD: Duration = Duration::from_millis(300);

type Window = std::ops::Range<Duration>;

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

    /// The time over which records are sent: a little longer than faults begin.
    #[must_use]
    pub fn span(&self) -> Duration {
        let last = self.faults.last().map_or(Duration::ZERO, |(at, _)| *at);
        last + Duration::from_millis(500)
    }

    /// How many topics there are.
    #[must_use]
    pub fn topics(&self) -> usize {
        self.table_chain.map_or(1, |table_chain| table_chain.generations)
    }

    /// The end of each partition of each topic.
    #[must_use]
    pub fn ends(&self) -> Vec<Vec<i64>> {
        let (_, records) = self.before_and_after();
        (0..self.topics()).map(|topic| self.count(records, topic)).collect()
    }

    /// What becomes of a record.
    #[must_use]
    pub fn fate(&self, record: &Planned) -> Fate {
        record.fate(self.mode)
    }

    /// Whether a settled record may come again: not by what is only an error, for then its rows
    /// are known to be written or not, but where somebody died or could not be asked, and where
    /// partitions change hands: a heartbeat that a rebalance overtakes can cost a member of the
    /// group what it was just assigned (krafka 0.28), while the function is at work on it.
    #[must_use]
    pub fn may_redeliver(&self) -> bool {
        let windows: Vec<_> =
            self.faults.iter().filter_map(|(at, fault)| fault.blow(*at)).collect();
        // The first loses the answer to a commit, the second the question about it.
        let meet = |one: &Window, other: &Window| {
            one.start <= other.end + GUARD && other.start <= one.end + GUARD
        };
        let mut pairs = windows
            .iter()
            .enumerate()
            .flat_map(|(index, one)| windows[index + 1..].iter().map(move |other| (one, other)));
        self.triggers > 1
            || self.remade.is_some()
            || self.faults.iter().any(|(_, fault)| fault.may_redeliver(self.target))
            || pairs.any(|(one, other)| meet(one, other))
    }

    /// The command that carries it out again.
    #[must_use]
    pub fn command(&self) -> String {
        let target = match self.target {
            Target::Postgres => "",
            Target::Mariadb => "mysql ",
        };
        format!("scripts/soak.sh {target}0 {}", self.seed)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, mode, partitions, triggers, concurrency, batch_size, retries, .. } = self;
        let (records, burst) = (self.records.len(), self.burst);
        let exactly = if self.exactly_once { ", exactly once" } else { "" };
        let reports = match (self.reports, self.function_compute) {
            (true, _) => ", item failures reported",
            (false, true) => ", on Function Compute",
            (false, false) => "",
        };
        writeln!(f, "seed {seed}, {}: {mode:?}{exactly}{reports}", self.target)?;
        writeln!(f, "  {records} records, {burst} at a time, over {:?}", self.span())?;
        writeln!(f, "  {partitions} partitions, {triggers} triggers with {concurrency} functions")?;
        writeln!(f, "  batches of {batch_size}, {retries} retries")?;
        self.scenario(f)?;
        self.faults.iter().try_for_each(|(at, fault)| writeln!(f, "  {at:>6.2?} {fault}"))
    }
}

impl Schedule {
    fn scenario(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(remade) = self.remade {
            writeln!(f, "  the topic is made again: {remade:?}")?;
        }
        if let Some(replay_phase) = self.replay_phase {
            writeln!(f, "  letters are replayed: {replay_phase:?}")?;
        }
        if self.evolves {
            writeln!(f, "  records bring new keys")?;
        }
        if let Some(table_chain) = self.table_chain {
            writeln!(f, "  tables refer to each other: {table_chain:?}")?;
        }
        Ok(())
    }
}
