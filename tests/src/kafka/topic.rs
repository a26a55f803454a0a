//! Topics, and when they are there.

use krafka::Kafka;
use krafka::admin::NewTopic;

use crate::services;

/// Creates a topic, and waits until a client can use it.
///
/// # Panics
/// The broker refuses.
pub async fn create(kafka: &Kafka, topic: NewTopic) {
    let created = kafka.admin().create_topics([topic], Default::default()).await;
    for (name, result) in created.expect("the broker creates topics") {
        result.unwrap_or_else(|error| panic!("cannot create {name}: {error}"));
        // The controller knows a topic a moment before the broker can tell a client of it.
        services::until("the topic is there", async || exists(kafka, &name).await).await;
    }
}

/// Whether the broker can tell of it.
pub async fn exists(kafka: &Kafka, topic: &str) -> bool {
    let described = kafka.admin().describe_topics([topic], Default::default()).await;
    described.is_ok_and(|mut answers| answers.remove(topic).is_some_and(|answer| answer.is_ok()))
}
