//! What goes into a pipeline and what comes out beside it: topics, records, letters.

use krafka::admin::{NewTopic, OffsetSpec};
use krafka::consumer::TopicPartition;
use krafka::error::ErrorCode;
use krafka::producer::Record;
use krafka::{Kafka, KrafkaError};

use crate::database::target;
use crate::kafka::letter::{self, Letter};
use crate::kafka::topic;
use crate::pipeline::Pipeline;
use crate::services;

/// A record without a key, for a pipeline to send.
pub fn value_of(value: impl Into<String>) -> Record {
    Record::new("", value.into())
}

impl Pipeline {
    /// Creates another topic; one that begins with the pipeline's name goes with it.
    ///
    /// # Panics
    /// The broker refuses.
    pub async fn create_topic(&self, topic: &str, partitions: i32, configs: &[(&str, &str)]) {
        let mut new = NewTopic::new(topic, partitions, 1).expect("a valid topic");
        for (name, value) in configs {
            new = new.with_config(*name, *value);
        }
        topic::create(&self.kafka, new).await;
    }

    /// Deletes a topic and waits until it is gone.
    ///
    /// # Panics
    /// The broker refuses.
    pub async fn delete_topic(&self, topic: &str) {
        let deleted = self.kafka.admin().delete_topics([topic], Default::default()).await;
        deleted.expect("the broker deletes topics");
        services::until("the topic is gone", async || !topic::exists(&self.kafka, topic).await)
            .await;
    }

    /// Creates a topic of one partition, unless it exists.
    ///
    /// # Panics
    /// The broker refuses.
    pub async fn create_missing_topic(&self, topic: &str) {
        if !topic::exists(&self.kafka, topic).await {
            self.create_topic(topic, 1, &[]).await;
        }
    }

    /// What the group of the pipeline's name has committed of its topic, by partition.
    ///
    /// # Panics
    /// The broker does not tell.
    pub async fn committed(&self, partitions: i32) -> Vec<Option<i64>> {
        self.committed_of(&self.name, partitions).await
    }

    /// The same of another topic.
    ///
    /// # Panics
    /// The broker does not tell.
    pub async fn committed_of(&self, topic: &str, partitions: i32) -> Vec<Option<i64>> {
        let admin = self.kafka.admin();
        let offsets = admin.list_consumer_group_offsets(&self.name, Default::default()).await;
        let offsets = offsets.expect("the broker knows the group");
        let of = |partition| {
            let place = TopicPartition::new(topic, partition);
            offsets.get(&place)?.as_ref().ok()?.offset
        };
        (0..partitions).map(of).collect()
    }

    /// Adds partitions to the topic, so that there are so many.
    ///
    /// # Panics
    /// The broker refuses.
    pub async fn grow(&self, partitions: i32) {
        let admin = self.kafka.admin();
        let grown = admin.create_partitions([(&self.name, partitions)], Default::default()).await;
        assert!(grown.expect("an answer").values().all(Result::is_ok));
        services::until("the topic has grown", async || self.size().await == partitions).await;
    }

    /// Partitions of the topic.
    async fn size(&self) -> i32 {
        let described = self.kafka.admin().describe_topics([&self.name], Default::default()).await;
        let found = described.ok().and_then(|mut found| found.remove(&self.name)?.ok());
        found.map_or(0, |topic| topic.partitions.len() as i32)
    }

    /// The ends of the topic's partitions, as far as it has them.
    ///
    /// # Panics
    /// The broker does not tell.
    pub async fn ends(&self, partitions: i32) -> Vec<Option<i64>> {
        let there = self.size().await.min(partitions);
        let wanted = (0..there)
            .map(|partition| (TopicPartition::new(&self.name, partition), OffsetSpec::Latest));
        let listed = self.kafka.admin().list_offsets(wanted, Default::default()).await;
        let listed = listed.expect("the broker tells");
        let end = |partition| {
            let place = TopicPartition::new(&self.name, partition);
            Some(listed.get(&place)?.as_ref().ok()?.offset)
        };
        (0..partitions).map(end).collect()
    }

    /// Deletes the records before an offset of each partition.
    ///
    /// # Panics
    /// The broker refuses.
    pub async fn delete_before(&self, offsets: &[Option<i64>]) {
        let before = (0..).zip(offsets).filter_map(|(partition, offset)| {
            Some((TopicPartition::new(&self.name, partition), (*offset)?))
        });
        let deleted = self.kafka.admin().delete_records(before, Default::default()).await;
        assert!(deleted.expect("an answer").values().all(Result::is_ok));
    }

    /// Commits offsets beyond the end of each partition that holds records, and tells which these
    /// are; nobody may be in the group.
    ///
    /// # Panics
    /// The broker refuses.
    pub async fn move_beyond(&self, partitions: i32) -> Vec<i32> {
        let ends = self.ends(partitions).await;
        let held = (0..).zip(ends).filter_map(|(partition, end)| Some((partition, end?)));
        let held: Vec<(i32, i64)> = held.filter(|(_, end)| *end > 0).collect();
        let beyond = held
            .iter()
            .map(|(partition, end)| (TopicPartition::new(&self.name, *partition), end + 1_000_000));
        let beyond: Vec<_> = beyond.collect();
        let admin = self.kafka.admin();
        let moved =
            admin.alter_consumer_group_offsets(&self.name, beyond, Default::default()).await;
        assert!(moved.expect("an answer").values().all(Result::is_ok));
        held.into_iter().map(|(partition, _)| partition).collect()
    }

    /// Makes the group of the pipeline's name forget what it has committed; nobody may be in it.
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
        // A client of its own: one that is older does not see partitions that were added.
        let kafka = Kafka::builder(services::kafka()).connect().await.expect("the broker answers");
        let producer = kafka.producer().metrics_push(false).build().await.expect("a producer");
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
        for secret in target::passwords() {
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
