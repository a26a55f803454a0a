//! What is decided before a schedule is carried out.

use std::fmt;
use std::time::Duration;

use crate::database::target::Target;
use crate::schedule::fault::Fault;
use crate::schedule::mode::Mode;
use crate::schedule::records::{Fate, Planned};
use crate::schedule::replay_phase::ReplayPhase;
use crate::schedule::table_chain::TableChain;

/// The topic is deleted while triggers read it, and made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remade {
    /// So many records were sent to the first topic.
    pub after: usize,
    /// Whether all of them are settled before it is deleted. If not, those that the group has not
    /// committed may go with the topic.
    pub settled: bool,
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

/// Two blows further apart than this do not fall on the same commit.
const GUARD: Duration = Duration::from_millis(300);

type Window = std::ops::Range<Duration>;

impl Schedule {
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

    /// Whether this fault is among them.
    #[must_use]
    pub fn faults_hold(&self, fault: Fault) -> bool {
        self.faults.iter().any(|(_, known)| *known == fault)
    }

    /// The records of the first topic, and those of the one that is made again.
    #[must_use]
    pub fn before_and_after(&self) -> (&[Planned], &[Planned]) {
        self.records.split_at(self.remade.map_or(0, |remade| remade.after))
    }

    /// Whether a record is of the first topic, which was deleted.
    pub(crate) fn is_of_the_first(&self, record: &Planned) -> bool {
        let after = self.remade.map_or(0, |remade| remade.after);
        usize::try_from(record.n).is_ok_and(|n| n < after)
    }

    /// How many of these records go to each partition of a topic.
    #[must_use]
    pub fn count(&self, records: &[Planned], topic: usize) -> Vec<i64> {
        let of = |partition| {
            let is_there =
                |record: &&Planned| (record.topic, record.partition) == (topic, partition);
            records.iter().filter(is_there).count() as i64
        };
        (0..self.partitions).map(of).collect()
    }

    /// Whether a record may be one of a child whose parent does not come in time.
    pub(crate) fn may_wait_in_vain(&self, record: &Planned) -> bool {
        self.table_chain.is_some_and(|table_chain| table_chain.patience >= 0) && record.topic > 0
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
