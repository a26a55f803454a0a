//! What goes into a road and what comes out beside it: topics, records, letters.

use krafka::KrafkaError;
use krafka::admin::NewTopic;
use krafka::consumer::TopicPartition;
use krafka::error::ErrorCode;
use krafka::producer::Record;

use crate::letter::{self, Letter};
use crate::road::Road;
use crate::services;

/// A record without a key, for a road to send.
pub fn value_of(value: impl Into<String>) -> Record {
    Record::new("", value.into())
}

impl Road {
    /// Creates another topic; one that begins with the road's name goes with it.
    ///
    /// # Panics
    /// The broker refuses.
    pub async fn create_topic(&self, topic: &str, partitions: i32, configs: &[(&str, &str)]) {
        let mut new = NewTopic::new(topic, partitions, 1).expect("a valid topic");
        for (name, value) in configs {
            new = new.with_config(*name, *value);
        }
        let created = self.kafka.admin().create_topics([new], Default::default()).await;
        for (name, result) in created.expect("the broker creates topics") {
            result.unwrap_or_else(|error| panic!("cannot create {name}: {error}"));
        }
        // The controller knows a topic a moment before the broker can tell a client of it.
        services::until("the topic is there", async || self.topic_exists(topic).await).await;
    }

    /// Deletes a topic and waits until it is gone.
    ///
    /// # Panics
    /// The broker refuses.
    pub async fn delete_topic(&self, topic: &str) {
        let deleted = self.kafka.admin().delete_topics([topic], Default::default()).await;
        deleted.expect("the broker deletes topics");
        services::until("the topic is gone", async || !self.topic_exists(topic).await).await;
    }

    /// Creates a topic of one partition, unless it exists.
    ///
    /// # Panics
    /// The broker refuses.
    pub async fn create_missing_topic(&self, topic: &str) {
        if !self.topic_exists(topic).await {
            self.create_topic(topic, 1, &[]).await;
        }
    }

    /// What the group of the road's name has committed of its topic, by partition.
    ///
    /// # Panics
    /// The broker does not tell.
    pub async fn committed(&self, partitions: i32) -> Vec<Option<i64>> {
        let admin = self.kafka.admin();
        let offsets = admin.list_consumer_group_offsets(&self.name, Default::default()).await;
        let offsets = offsets.expect("the broker knows the group");
        let of = |partition| {
            let place = TopicPartition::new(&self.name, partition);
            offsets.get(&place)?.as_ref().ok()?.offset
        };
        (0..partitions).map(of).collect()
    }

    /// Makes the group of the road's name forget what it has committed; nobody may be in it.
    ///
    /// # Panics
    /// Somebody is still in it after a while.
    pub async fn forget_offsets(&self) {
        services::until("the group is empty and gone", async || {
            let admin = self.kafka.admin();
            let deleted = admin.delete_consumer_groups([&self.name], Default::default()).await;
            deleted.is_ok_and(|groups| groups.values().all(is_gone))
        })
        .await;
    }

    async fn topic_exists(&self, topic: &str) -> bool {
        let described = self.kafka.admin().describe_topics([topic], Default::default()).await;
        described
            .is_ok_and(|mut answers| answers.remove(topic).is_some_and(|answer| answer.is_ok()))
    }

    /// Sends records to the topic and waits until the broker has them.
    ///
    /// # Panics
    /// It does not take one of them.
    pub async fn send(&self, records: impl IntoIterator<Item = Record>) {
        self.send_to(&self.name, records).await;
    }

    /// The same to another topic.
    ///
    /// # Panics
    /// The broker does not take one of the records.
    pub async fn send_to(&self, topic: &str, records: impl IntoIterator<Item = Record>) {
        let producer = self.kafka.producer().metrics_push(false).build().await.expect("a producer");
        let mut handles = Vec::new();
        for mut record in records {
            topic.clone_into(&mut record.topic);
            handles.push(producer.enqueue(record).await.expect("queued"));
        }
        producer.flush().await.expect("flushed");
        for handle in handles {
            let _ = handle.await.expect("written");
        }
        producer.close().await.expect("closed");
    }

    /// Sends values without keys to the first partition.
    pub async fn send_values<V: Into<String>>(&self, values: impl IntoIterator<Item = V>) {
        self.send(values.into_iter().map(|value| value_of(value).partition(0))).await;
    }

    /// What was lettered: the dead-letter topic's, then the error-data topic's.
    ///
    /// # Panics
    /// A letter tells the password.
    pub async fn letters(&self) -> (Vec<Letter>, Vec<Letter>) {
        (self.read(&self.dead).await, self.read(&self.errors).await)
    }

    /// What a topic holds.
    ///
    /// # Panics
    /// A reason in it tells the password.
    pub async fn read(&self, topic: &str) -> Vec<Letter> {
        let letters = letter::read(&self.kafka, topic).await;
        for secret in services::passwords() {
            assert!(
                letters.iter().all(|letter| !letter.reasons().contains(&secret)),
                "{letters:?}"
            );
        }
        letters
    }

    /// How many records a topic holds.
    ///
    /// # Panics
    /// The topic cannot be read.
    pub async fn count(&self, topic: &str) -> i64 {
        letter::count(&self.kafka, topic).await
    }
}

/// Also where nobody had joined it yet.
fn is_gone(deleted: &Result<(), KrafkaError>) -> bool {
    match deleted {
        Ok(()) => true,
        Err(KrafkaError::Broker { code, .. }) => *code == ErrorCode::GroupIdNotFound,
        Err(_) => false,
    }
}
