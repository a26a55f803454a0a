//! What is to be replayed, and where it goes.

use super::filter::Filter;
use crate::function::FunctionConfig;

/// Where records go.
#[derive(Debug, Clone)]
pub enum To {
    /// Each to the topic it was read from.
    Source,
    /// All to one topic.
    Topic(String),
    /// Through a function, at the places they were read from.
    Function(FunctionConfig),
}

/// What is to be replayed.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The topics of the letters.
    pub from: Vec<String>,
    /// Where their records go.
    pub to: To,
    /// Which letters are meant.
    pub filter: Filter,
    /// How often a letter's record was replayed before: 0 for those that never were.
    pub replayed: u32,
    /// The group that keeps how far the replay has come.
    pub group: String,
    /// Whether to begin at the beginning, whatever the group has come to.
    pub again: bool,
    /// How many letters to replay at the most.
    pub limit: Option<u64>,
    /// How many letters are put in order at once.
    pub window: u64,
    /// Whether to send anything.
    pub execute: bool,
    /// The brokers as an event names them.
    pub bootstrap: String,
    /// Records of one invocation.
    pub batch_size: usize,
    /// How often what a function gives back is sent again before the replay ends.
    pub retries: u32,
}
