//! The cluster: how to connect to it, and its topics, partitions and committed offsets.
//!
//! This folder joins no group and writes to no topic.

mod access;
pub(crate) mod committed;
pub(crate) mod ends;
pub mod keeping;
pub(crate) mod lost;
pub(crate) mod place;
pub(crate) mod reader;
pub(crate) mod topics;

pub use access::{access, connect};
