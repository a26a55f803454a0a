//! Where reading of a partition starts. The run finds this out.

use crate::kafka::lost_offset::LostOffset;
use crate::kafka::topic_partition::TopicPartition;
use crate::kafka::topics::TopicId;

/// A partition and the offset at which reading starts.
#[derive(Debug)]
pub(crate) struct PartitionStart {
    pub(crate) topic_partition: TopicPartition,
    pub(crate) topic_id: Option<TopicId>,
    /// The first offset to read.
    pub(crate) from: i64,
    /// The end of the log: the last stable offset.
    pub(crate) end: i64,
    /// Set if the log does not have the group's offset.
    pub(crate) lost: Option<LostOffset>,
}
