//! The broker past any function: topics, committed records, and what a topic of letters holds.

pub mod committed;
pub mod letter;
pub mod topic;
