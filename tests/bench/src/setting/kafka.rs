//! Topics on the broker, filled and thrown away.

use std::error::Error;
use std::time::Duration;

use krafka::Kafka;
use krafka::admin::NewTopic;
use krafka::producer::Record;
use sluice_tests::services;

type Failed = Box<dyn Error + Sync + Send>;

/// Creates a topic anew.
///
/// # Errors
/// The broker does not answer, or refuses.
pub async fn create(broker: &str, topic: &str, partitions: i32) -> Result<(), Failed> {
    make(broker, topic, NewTopic::new(topic, partitions, 1)?).await
}

/// Creates a topic anew that keeps the last value of each key, with one partition.
///
/// # Errors
/// As of [`create`].
pub async fn create_compacted(broker: &str, topic: &str) -> Result<(), Failed> {
    make(broker, topic, NewTopic::new(topic, 1, 1)?.with_config("cleanup.policy", "compact")).await
}

async fn make(broker: &str, topic: &str, new: NewTopic) -> Result<(), Failed> {
    delete(broker, topic).await?;
    let kafka = Kafka::builder(broker).connect().await?;
    for (_, created) in kafka.admin().create_topics([new], Default::default()).await? {
        created?;
    }
    services::until("the topic is there", async || exists(&kafka, topic).await).await;
    Ok(())
}

/// Deletes a topic, if there is one.
///
/// # Errors
/// The broker does not answer.
pub async fn delete(broker: &str, topic: &str) -> Result<(), Failed> {
    let kafka = Kafka::builder(broker).connect().await?;
    if exists(&kafka, topic).await {
        let _ = kafka.admin().delete_topics([topic], Default::default()).await?;
        services::until("the topic is gone", async || !exists(&kafka, topic).await).await;
        // The broker takes the log away a moment after the name.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

/// Sends values, the partitions in turn, and waits until the broker has them.
///
/// # Errors
/// It does not take one of them.
pub async fn fill(
    broker: &str,
    topic: &str,
    partitions: i32,
    values: impl Iterator<Item = String>,
) -> Result<(), Failed> {
    let kafka = Kafka::builder(broker).connect().await?;
    let producer = kafka.producer().metrics_push(false).build().await?;
    let mut handles = Vec::new();
    for (index, value) in values.enumerate() {
        let record = Record::new(topic, value).partition(index as i32 % partitions);
        handles.push(producer.enqueue(record).await?);
    }
    producer.flush().await?;
    for handle in handles {
        let _ = handle.await?;
    }
    Ok(producer.close().await?)
}

async fn exists(kafka: &Kafka, topic: &str) -> bool {
    let described = kafka.admin().describe_topics([topic], Default::default()).await;
    described.is_ok_and(|mut answers| answers.remove(topic).is_some_and(|answer| answer.is_ok()))
}
