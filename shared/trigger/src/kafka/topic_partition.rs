//! Kafka's topic-partition: a topic and the number of a partition.

use std::sync::Arc;

use krafka::consumer::TopicPartition as ClientPartition;

/// A topic and one of its partitions. Unlike the client's type, clones share the topic's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TopicPartition {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
}

impl From<&ClientPartition> for TopicPartition {
    fn from(partition: &ClientPartition) -> Self {
        Self { topic: partition.topic.as_str().into(), partition: partition.partition }
    }
}
