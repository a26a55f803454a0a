//! The partitions of topics, and their current end offsets.

use std::collections::BTreeMap;

use krafka::Kafka;
use krafka::admin::{ListOffsetsOptions, OffsetSpec};
use krafka::consumer::TopicPartition as ClientPartition;

use crate::error::Error;
use crate::kafka::topic_partition::TopicPartition;

/// The partitions of `topics`. A topic that does not exist is an error here, so that nothing waits
/// for it later.
pub(crate) async fn partitions(
    kafka: &Kafka,
    topics: &[String],
) -> Result<Vec<ClientPartition>, Error> {
    let described = kafka
        .admin()
        .describe_topics(topics, Default::default())
        .await
        .map_err(Error::kafka("cannot describe the topics"))?;
    let mut partitions = Vec::new();
    for (topic, description) in described {
        let description = description.map_err(|error| Error::Topic(topic.clone(), error))?;
        let numbers = description.partitions.iter().map(|partition| partition.partition);
        partitions.extend(numbers.map(|number| ClientPartition::new(&topic, number)));
    }
    Ok(partitions)
}

/// The current end offsets of `partitions`, without empty partitions. Records of open transactions
/// do not count.
pub(crate) async fn ends(
    kafka: &Kafka,
    partitions: &[ClientPartition],
) -> Result<BTreeMap<TopicPartition, i64>, Error> {
    let starts = list(kafka, partitions, OffsetSpec::Earliest).await?;
    let mut ends = all_ends(kafka, partitions).await?;
    ends.retain(|topic_partition, end| starts.get(topic_partition).is_none_or(|start| start < end));
    Ok(ends)
}

/// The current end offsets of `partitions`.
pub(crate) async fn all_ends(
    kafka: &Kafka,
    partitions: &[ClientPartition],
) -> Result<BTreeMap<TopicPartition, i64>, Error> {
    list(kafka, partitions, OffsetSpec::Latest).await
}

async fn list(
    kafka: &Kafka,
    partitions: &[ClientPartition],
    spec: OffsetSpec,
) -> Result<BTreeMap<TopicPartition, i64>, Error> {
    let failed = |source| Error::Kafka { doing: "cannot look up the end of a partition", source };
    let wanted = partitions.iter().map(|partition| (partition.clone(), spec));
    let options = ListOffsetsOptions::default().read_committed(true);
    let listed = kafka.admin().list_offsets(wanted, options).await.map_err(failed)?;
    listed
        .into_iter()
        .map(|(partition, listed)| {
            Ok((TopicPartition::from(&partition), listed.map_err(failed)?.offset))
        })
        .collect()
}
