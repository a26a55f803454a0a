//! The brokers: how they are reached, and what they say of topics, partitions and committed offsets.
//!
//! Nobody joins a group here, and nothing is written to a topic.

mod access;
pub(crate) mod committed;
pub(crate) mod ends;
pub mod keeping;
pub(crate) mod lost;
pub(crate) mod place;
pub(crate) mod reader;
pub(crate) mod topics;

pub use access::{access, connect};
