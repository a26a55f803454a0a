//! What can happen, and to whom.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use fastrand::Rng;

use crate::database::target::Target;
use crate::pipeline::step::Step;
use crate::wire::proxy::Side;

/// A wire with a proxy in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// From the functions to the database.
    Database,
    /// From the functions to Kafka, for letters.
    Letters,
    /// From the triggers to Kafka.
    Source,
}

/// What is done at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// The connection is cut.
    Cut,
    /// The functions are killed.
    Kill,
}

/// One fault. What begins also ends, unless it is over at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A function is killed, or every one.
    KillFunction {
        /// Every one.
        all: bool,
    },
    /// A function stands still and then goes on, as a frozen execution environment does.
    FreezeFunction(Duration),
    /// A trigger is killed, its function orphaned, and another started in its place.
    KillTrigger(usize, Duration),
    /// A trigger is asked to end, and another started in its place.
    StopTrigger(usize, Duration),
    /// A trigger more joins the group and leaves it again.
    Join(Duration),
    /// All triggers end, the group's offsets are forgotten, and they begin anew.
    Replay,
    /// Every connection on a wire is reset.
    Cut(Wire),
    /// An invocation is struck at a step.
    At(Step, Blow),
    /// A wire is slow: so long for every 16 KiB, for a time.
    Slow(Wire, Duration, Duration),
    /// What one side says stays away for a time; then the connections are reset.
    Silent(Wire, Side, Duration),
    /// Connections are refused for a time.
    Shut(Wire, Duration),
    /// The functions' sessions are ended by an administrator.
    Terminate,
    /// Their statements are cancelled.
    Cancel,
    /// Somebody else locks the table.
    LockTable(Duration),
    /// Somebody else locks a row.
    LockRow(Duration),
    /// The database dies and comes back. Where the server is not ours to kill: its sessions end,
    /// and connections are refused for a time.
    Restart(Duration),
    /// The topic for what cannot be decoded is made only now.
    LateLetters(Duration),
    /// Another group reads the topic from its beginning into the same table.
    Twin(Duration),
    /// The topic, made with fewer partitions, gets the rest.
    Grow,
    /// Records that are settled are deleted from the topic.
    Trim,
    /// All records that are in the topic are deleted, settled or not.
    Overtake,
    /// All triggers end for a time, and all records that are in the topic by then are deleted.
    Outlast(Duration),
    /// All triggers end, the group's offsets are set beyond the end of the log, and they begin anew.
    Beyond,
    /// The offsets that the database keeps are set beyond the end of the log, and set back after a
    /// time.
    StoredBeyond(Duration),
    /// A trigger stands still until its group has given it up, and then goes on.
    FreezeTrigger(usize, Duration),
}

const STEPS: [Step; 7] =
    [Step::Lock, Step::Write, Step::Isolate, Step::Letter, Step::Store, Step::Commit, Step::Answer];

/// How long a step is waited for; without traffic none comes.
pub(crate) const LOOKOUT: Duration = Duration::from_secs(2);
/// Longer than the group waits for a member that has gone silent.
const GIVEN_UP: Duration = Duration::from_secs(14);

impl Fault {
    /// Draws one. Some are only harmless where offsets are kept with the rows.
    #[must_use]
    pub fn draw(rng: &mut Rng, exactly_once: bool) -> Self {
        let wire = [Wire::Database, Wire::Letters, Wire::Source][rng.usize(..3)];
        let side = if rng.bool() { Side::Client } else { Side::Server };
        let step = STEPS[rng.usize(..STEPS.len())];
        let blow = if rng.bool() { Blow::Cut } else { Blow::Kill };
        let time = Duration::from_millis(rng.u64(100..2500));
        let pause = Duration::from_millis(rng.u64(1..80));
        let one = rng.usize(..8);
        match rng.u8(..if exactly_once { 48 } else { 44 }) {
            0..4 => Self::KillFunction { all: rng.bool() },
            4..6 => Self::FreezeFunction(time),
            6..8 => Self::KillTrigger(one, time),
            8..11 => Self::StopTrigger(one, time),
            11..13 => Self::Join(time),
            13 => Self::Replay,
            14..19 => Self::Cut(wire),
            19..28 => Self::At(step, blow),
            28..31 => Self::Slow(wire, pause, time),
            31..34 => Self::Silent(wire, side, time),
            34..36 => Self::Shut(wire, time),
            36..38 => Self::Terminate,
            38 => Self::Cancel,
            39 => Self::LockTable(time),
            40..42 => Self::LockRow(time),
            42 => Self::Restart(time),
            43 => Self::LateLetters(time),
            44..47 => Self::Twin(time),
            _ => Self::FreezeTrigger(one, GIVEN_UP),
        }
    }

    /// Whether a settled record may come again by it, where the target is this one.
    #[must_use]
    pub fn may_redeliver(&self, target: Target) -> bool {
        match self {
            // Nobody can be asked about a commit that was cut off.
            _ if !target.knows_transactions() && self.blow(Duration::ZERO).is_some() => true,
            Self::KillFunction { .. }
            | Self::FreezeFunction(_)
            | Self::KillTrigger(..)
            | Self::StopTrigger(..)
            | Self::Join(_)
            | Self::Replay
            | Self::Beyond
            | Self::Outlast(_)
            | Self::At(_, Blow::Kill)
            | Self::Restart(_)
            | Self::Twin(_)
            | Self::FreezeTrigger(..) => true,
            // A commit may go unanswered, and the database not be there to be asked about it;
            // settled offsets may not be committed before another member takes over.
            Self::Slow(wire, ..) | Self::Silent(wire, ..) | Self::Shut(wire, _) => {
                *wire != Wire::Letters
            }
            Self::Cut(wire) => *wire == Wire::Source,
            Self::At(_, Blow::Cut)
            | Self::Terminate
            | Self::Cancel
            | Self::LockTable(_)
            | Self::LockRow(_)
            | Self::LateLetters(_)
            | Self::Grow
            | Self::Trim
            | Self::Overtake
            | Self::StoredBeyond(_) => false,
        }
    }

    /// When it takes a session of the functions away, if it begins `at`.
    #[must_use]
    pub fn blow(&self, at: Duration) -> Option<Range<Duration>> {
        match self {
            Self::Cut(Wire::Database) | Self::Terminate | Self::Cancel => Some(at..at),
            Self::At(step, _) if *step != Step::Letter => Some(at..at + LOOKOUT),
            _ => None,
        }
    }

    /// Whether triggers may end by themselves: without a broker they do not start.
    #[must_use]
    pub fn ends_triggers(&self) -> bool {
        matches!(
            self,
            Self::Slow(Wire::Source, ..)
                | Self::Silent(Wire::Source, ..)
                | Self::Shut(Wire::Source, _)
                | Self::Cut(Wire::Source)
        )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
