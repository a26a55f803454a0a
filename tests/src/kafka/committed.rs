//! A topic as a reader of committed records sees it.

use std::time::Duration;

use krafka::Kafka;
use krafka::admin::{ListOffsetsOptions, OffsetSpec};
use krafka::consumer::{AutoOffsetReset, ConsumerRecord, IsolationLevel, TopicPartition};

/// All committed records of a topic's first `partitions` partitions, up to their ends of now.
///
/// # Panics
/// The broker does not answer.
pub async fn records(kafka: &Kafka, topic: &str, partitions: i32) -> Vec<ConsumerRecord> {
    let partitions: Vec<i32> = (0..partitions).collect();
    let wanted =
        partitions.iter().map(|number| (TopicPartition::new(topic, *number), OffsetSpec::Latest));
    let ends = kafka.admin().list_offsets(wanted, ListOffsetsOptions::default()).await;
    let ends: Vec<(i32, i64)> = ends
        .expect("an answer")
        .into_iter()
        .map(|(partition, end)| (partition.partition, end.expect("an end").offset))
        .collect();
    let consumer = kafka
        .consumer_without_group()
        .auto_offset_reset(AutoOffsetReset::Earliest)
        .isolation_level(IsolationLevel::ReadCommitted)
        .build()
        .await
        .expect("a consumer");
    consumer.assign(topic, partitions).await.expect("partitions");
    let mut records = Vec::new();
    loop {
        records.extend(consumer.poll(Duration::from_millis(100)).await.expect("records"));
        let mut is_behind = false;
        for (partition, end) in &ends {
            is_behind |= consumer.position(topic, *partition).await.unwrap_or(0) < *end;
        }
        if !is_behind {
            let _ = consumer.close().await;
            return records;
        }
    }
}
