//! Which topics there are, and how large a message of each may be.
//!
//! Not here: what becomes of a message that is too large.

use std::collections::HashMap;

use krafka::Kafka;
use krafka::admin::{ConfigResource, DescribeConfigsOptions, DescribeTopicsOptions};

use crate::{Access, SendError};

const LIMIT: &str = "max.message.bytes";

/// What is known of topics. One that is deleted later fails its messages.
#[derive(Debug, Clone, Default)]
pub(crate) struct Topics(HashMap<String, Option<usize>>);

impl Topics {
    pub(crate) fn has(&self, topic: &str) -> bool {
        self.0.contains_key(topic)
    }

    /// How many bytes a batch of the topic may have; `None` if that is not known.
    pub(crate) fn limit(&self, topic: &str) -> Option<usize> {
        self.0.get(topic).copied().flatten()
    }

    /// The limits that are known.
    pub(crate) fn limits(&self) -> impl Iterator<Item = usize> {
        self.0.values().copied().flatten()
    }

    /// Whether all of them are.
    pub(crate) fn are_known(&self) -> bool {
        !self.0.is_empty() && self.0.values().all(Option::is_some)
    }

    /// Asks for topics. One that is missing, or that no topic can be called, stays unknown. An account that may not read
    /// a topic's configuration does not know its limit.
    pub(crate) async fn ask(&mut self, kafka: &Kafka, topics: &[&str]) {
        if topics.is_empty() {
            return;
        }
        let admin = kafka.admin();
        let (described, mut limits) = tokio::join!(
            admin.describe_topics(topics.iter().copied(), DescribeTopicsOptions::default()),
            limits(kafka, topics),
        );
        for (topic, described) in described.unwrap_or_default() {
            if described.is_ok() {
                let limit = limits.remove(&topic);
                self.0.insert(topic, limit);
            }
        }
    }

    /// Asks for one topic.
    ///
    /// # Errors
    /// It is missing, or there is no answer.
    pub(crate) async fn look_up(
        &mut self,
        kafka: &Kafka,
        topic: &str,
        servers: &str,
    ) -> Result<(), SendError> {
        let options = DescribeTopicsOptions::default();
        let described = kafka.admin().describe_topics([topic], options).await;
        let mut described = described.map_err(|_| SendError::misnamed(topic, servers))?;
        match described.remove(topic) {
            Some(Ok(_)) => {
                self.ask(kafka, &[topic]).await;
                self.add(topic);
                Ok(())
            }
            Some(Err(error)) => Err(SendError::looking_up(&error, topic, servers)),
            None => Err(SendError::timed_out("answer", servers)),
        }
    }

    /// Takes note of a topic that was seen otherwise.
    pub(crate) fn add(&mut self, topic: &str) {
        self.0.entry(topic.to_owned()).or_insert(None);
    }
}

/// How many bytes a batch of the topic may have (`max.message.bytes`); `None` if that is not known, as for an account
/// that may not read the topic's configuration.
pub async fn max_message_bytes(kafka: &Kafka, topic: &str) -> Option<usize> {
    limits(kafka, &[topic]).await.remove(topic)
}

/// What each of these topics accepts, as [`max_message_bytes`] tells, or why nothing can be sent to it. It changes nothing.
///
/// # Errors
/// The cluster cannot be reached.
pub async fn acceptance(
    access: &Access,
    topics: &[&str],
) -> Result<HashMap<String, Result<Option<usize>, SendError>>, SendError> {
    let kafka = access.connect().await?;
    let (admin, servers) = (kafka.admin(), access.servers());
    let mut of_topic = HashMap::new();
    let mut limits = limits(&kafka, topics).await;
    for topic in topics {
        let described = admin.describe_topics([*topic], DescribeTopicsOptions::default()).await;
        let accepts = match described.map(|mut described| described.remove(*topic)) {
            Ok(Some(Ok(_))) => Ok(limits.remove(*topic)),
            Ok(Some(Err(error))) => Err(SendError::looking_up(&error, topic, servers)),
            Ok(None) => Err(SendError::timed_out("answer", servers)),
            // The call fails only for a name that no topic can have.
            Err(_) => Err(SendError::misnamed(topic, servers)),
        };
        of_topic.insert((*topic).to_owned(), accepts);
    }
    Ok(of_topic)
}

/// The limits that are known.
async fn limits(kafka: &Kafka, topics: &[&str]) -> HashMap<String, usize> {
    let resources = topics.iter().map(|topic| ConfigResource::topic(*topic));
    let options = DescribeConfigsOptions::default().config_names(vec![LIMIT.to_owned()]);
    let configs = kafka.admin().describe_configs(resources, options).await;
    let mut limits = HashMap::new();
    for (resource, entries) in configs.unwrap_or_default() {
        let limit = entries.unwrap_or_default().into_iter().find(|entry| entry.name == LIMIT);
        let limit = limit.and_then(|limit| limit.value?.parse().ok());
        limits.extend(limit.map(|limit| (resource.name, limit)));
    }
    limits
}
