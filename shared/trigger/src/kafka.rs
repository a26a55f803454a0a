//! The cluster: how to connect to it, and its topics, partitions and committed offsets.
//!
//! This folder joins no group and writes to no topic.

mod access;
pub(crate) mod committed;
pub(crate) mod ends;
pub(crate) mod lost_offset;
pub(crate) mod reader;
pub mod retention;
pub(crate) mod topic_partition;
pub(crate) mod topics;

pub use access::{access, connect};
