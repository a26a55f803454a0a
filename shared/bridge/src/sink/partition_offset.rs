//! How far a partition was written: what a sink stores with the rows.

use crate::event::record::Record;

/// How far one partition was written into one table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartitionOffset {
    /// The topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// The table of its records: a connector with another table starts again.
    pub table: String,
    /// The first offset that is not written yet.
    pub next_offset: i64,
    /// The latest timestamp of the records before it, if they had any; milliseconds since the Unix
    /// epoch.
    pub latest_timestamp: Option<i64>,
}

impl PartitionOffset {
    /// Whether a record is of this partition.
    pub(crate) fn is_of(&self, record: &Record<'_>) -> bool {
        self.partition == record.partition && self.topic == record.topic
    }
}
