//! The offsets of the logs of partitions, as the cluster returns them.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use krafka::Kafka;
use krafka::admin::{ListOffsetsOptions, OffsetSpec};
use krafka::consumer::{Consumer, TopicPartition as ClientPartition};

use crate::kafka::committed::Committed;
use crate::kafka::topic_partition::TopicPartition;

/// The timestamps by which `ListOffsets` returns the start and the end of the log.
const EARLIEST: i64 = -2;
const LATEST: i64 = -1;

/// How long the broker may take to answer a request that is rarely needed.
const PATIENCE: Duration = Duration::from_secs(10);

/// The range of offsets of a log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Log {
    /// The offset of the oldest record.
    pub(super) start: i64,
    /// The last stable offset.
    pub(super) end: i64,
    /// The high watermark; records of open transactions are between the two.
    pub(super) written: i64,
}

/// Offsets by topic and partition.
pub(super) type Offsets = HashMap<(String, i32), i64>;

/// The logs of the partitions, without those for which the cluster gives no answer.
pub(super) async fn logs(
    kafka: &Kafka,
    consumer: &Consumer,
    partitions: &[&TopicPartition],
    committed: &BTreeMap<TopicPartition, Committed>,
) -> BTreeMap<TopicPartition, Log> {
    let starts = offsets(consumer, partitions, EARLIEST).await;
    let ends = offsets(consumer, partitions, LATEST).await;
    let log = |partition: &&TopicPartition| {
        let (start, end) = (*starts.get(&key(partition))?, *ends.get(&key(partition))?);
        Some(((*partition).clone(), Log { start, end, written: end }))
    };
    let mut logs: BTreeMap<TopicPartition, Log> = partitions.iter().filter_map(log).collect();
    let beyond = |(partition, log): (&TopicPartition, &Log)| {
        let committed = committed.get(partition)?;
        (committed.offset > log.end).then(|| client_partition(partition))
    };
    let beyond: Vec<ClientPartition> = logs.iter().filter_map(beyond).collect();
    for (partition, written) in high_watermarks(kafka, &beyond).await {
        match (logs.get_mut(&partition), written) {
            (Some(log), Some(written)) => log.written = written,
            // The end is not known yet, so the request is repeated.
            _ => _ = logs.remove(&partition),
        }
    }
    logs
}

/// The high watermarks of the partitions. Another tool may have moved the group to a record of an
/// open transaction.
async fn high_watermarks(
    kafka: &Kafka,
    partitions: &[ClientPartition],
) -> Vec<(TopicPartition, Option<i64>)> {
    if partitions.is_empty() {
        return Vec::new();
    }
    let specs = partitions.iter().map(|partition| (partition.clone(), OffsetSpec::Latest));
    let options = ListOffsetsOptions::default().timeout(PATIENCE);
    let listed = kafka.admin().list_offsets(specs, options).await.unwrap_or_default();
    let offset = |partition: &ClientPartition| {
        listed.get(partition).and_then(|listed| Some(listed.as_ref().ok()?.offset))
    };
    partitions.iter().map(|it| (TopicPartition::from(it), offset(it))).collect()
}

/// The offsets of a timestamp, without partitions for which the cluster gives no answer.
pub(super) async fn offsets(
    consumer: &Consumer,
    partitions: &[&TopicPartition],
    time: i64,
) -> Offsets {
    let named: Vec<_> = partitions.iter().map(|it| (&*it.topic, it.partition)).collect();
    let found = consumer.offsets_for_times(&named, time).await;
    found.into_iter().filter_map(|(named, offset)| Some((named, offset.ok()?))).collect()
}

/// The key of a partition in [`Offsets`].
pub(super) fn key(partition: &TopicPartition) -> (String, i32) {
    (partition.topic.to_string(), partition.partition)
}

/// The client's type of a topic-partition.
pub(super) fn client_partition(partition: &TopicPartition) -> ClientPartition {
    ClientPartition::new(&*partition.topic, partition.partition)
}
