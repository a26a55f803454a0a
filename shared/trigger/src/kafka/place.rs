//! A partition by its topic and number: the key under which everything about it is kept.

use std::sync::Arc;

use krafka::consumer::TopicPartition;

/// A topic and one of its partitions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
}

/// The same as the client names it.
pub(crate) fn place(partition: &TopicPartition) -> Place {
    Place { topic: partition.topic.as_str().into(), partition: partition.partition }
}
