//! The settings of a replay.

use super::filter::LetterFilter;
use crate::function::FunctionConfig;

/// The destination of a replay.
#[derive(Debug, Clone)]
pub enum ReplayTarget {
    /// The topic from which each record was read.
    Source,
    /// One topic for all records.
    Topic(String),
    /// A function; the records have the positions from which they were read.
    Function(FunctionConfig),
}

/// The settings of a replay.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The topics of the letters.
    pub from: Vec<String>,
    /// The destination of the records.
    pub to: ReplayTarget,
    /// The conditions that select letters.
    pub filter: LetterFilter,
    /// How often the record of a selected letter was replayed before; 0 if never.
    pub replayed: u32,
    /// The group in which the progress is committed.
    pub group: String,
    /// Whether to start with the first letter, whatever the group has committed.
    pub again: bool,
    /// The maximum number of letters to replay.
    pub limit: Option<u64>,
    /// How many letters are sorted at once.
    pub window: u64,
    /// Whether to send the records.
    pub execute: bool,
    /// The brokers, as in an event.
    pub bootstrap: String,
    /// The maximum number of records of one invocation.
    pub batch_size: usize,
    /// How often letters that a function gives back are sent again before the replay ends.
    pub retries: u32,
}
