//! What a schedule took away from the log while it ran.

use std::collections::{BTreeMap, BTreeSet};

/// What a schedule took away, and where it put the group's offsets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Records before this offset were deleted, by partition.
    pub deleted: BTreeMap<i32, i64>,
    /// Partitions whose committed offset was set beyond the end of the log.
    pub beyond: BTreeSet<i32>,
    /// What the group had committed of the topic when it was deleted, by partition.
    pub committed: BTreeMap<i32, i64>,
}
