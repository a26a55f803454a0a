//! Kafka's topic-partition: a topic and the number of a partition.

use std::sync::Arc;

use krafka::consumer::TopicPartition;

/// A topic and one of its partitions. Unlike the client's type, clones share the topic's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
}

/// Converts the client's topic-partition.
pub(crate) fn place(partition: &TopicPartition) -> Place {
    Place { topic: partition.topic.as_str().into(), partition: partition.partition }
}
