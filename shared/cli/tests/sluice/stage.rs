//! What each test has for itself on the real broker: a topic, a group, and a directory for what the
//! function received.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use krafka::Kafka;
use krafka::admin::NewTopic;
use krafka::consumer::AutoOffsetReset;
use krafka::producer::Record;
use serde_json::Value;

use crate::process::{PATIENCE, bootstrap, function, sluice};

fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock").as_nanos();
    format!("{now}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A topic, a group and a directory that no other test uses.
pub(crate) struct Stage {
    pub(crate) kafka: Kafka,
    pub(crate) topic: String,
    pub(crate) group: String,
    pub(crate) directory: PathBuf,
}

impl Stage {
    pub(crate) async fn new(partitions: i32) -> Self {
        let kafka = Kafka::builder(bootstrap()).connect().await.expect("the broker answers");
        let topic = format!("trigger-{}", unique());
        create(&kafka, &topic, partitions).await;
        let directory = std::env::temp_dir().join(&topic);
        fs::create_dir(&directory).expect("a directory of our own");
        Self { kafka, group: format!("group-{topic}"), topic, directory }
    }

    /// Sends the values that `make` returns for `0..count` to `partition`.
    pub(crate) async fn fill(&self, partition: i32, count: i64, make: impl Fn(i64) -> String) {
        // A new client, because the topic may have been created again.
        let kafka = Kafka::builder(bootstrap()).connect().await.expect("the broker answers");
        let producer = kafka.producer().build().await.expect("a producer");
        let mut handles = Vec::new();
        for number in 0..count {
            let record = Record::new(&self.topic, make(number)).partition(partition);
            handles.push(producer.enqueue(record).await.expect("queued"));
        }
        for handle in handles {
            let _ = handle.await.expect("written");
        }
        producer.close().await.expect("closed");
    }

    /// The command that reads this topic with the scripted function.
    pub(crate) fn trigger(&self, arguments: &[&str]) -> Command {
        self.trigger_at(&bootstrap(), arguments)
    }

    /// The same command through another listener of the broker.
    pub(crate) fn trigger_at(&self, bootstrap: &str, arguments: &[&str]) -> Command {
        let mut command = sluice();
        command
            .args(["trigger", "--summary", "json", "--batch-window", "50ms"])
            .args(["--function", &function(), "--bootstrap", bootstrap])
            .args(["--topics", &self.topic, "--group", &self.group])
            .args(arguments)
            .env("SCRIPT_DIRECTORY", &self.directory);
        command
    }

    /// Creates another topic that no other test uses.
    pub(crate) async fn another(&self, name: &str, partitions: i32) -> String {
        let name = format!("{}-{name}", self.topic);
        create(&self.kafka, &name, partitions).await;
        name
    }

    /// Deletes a topic, and waits until it no longer exists.
    pub(crate) async fn delete(&self, topic: &str) {
        let admin = self.kafka.admin();
        let deleted = admin.delete_topics([topic], Default::default()).await.expect("an answer");
        assert!(deleted.values().all(Result::is_ok), "{deleted:?}");
        let start = Instant::now();
        loop {
            let found = admin.describe_topics([topic], Default::default()).await;
            if found.expect("the broker answers").values().all(Result::is_err) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{topic} does not vanish");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Deletes the topic, and creates another one with the same name.
    pub(crate) async fn make_again(&self, partitions: i32) {
        self.delete(&self.topic).await;
        create(&self.kafka, &self.topic, partitions).await;
    }

    /// Adds partitions up to this number.
    pub(crate) async fn grow(&self, partitions: i32) {
        let admin = self.kafka.admin();
        let grown = admin.create_partitions([(&self.topic, partitions)], Default::default()).await;
        assert!(grown.expect("an answer").values().all(Result::is_ok));
        let start = Instant::now();
        loop {
            let found = admin.describe_topics([&self.topic], Default::default()).await;
            let found = found.expect("the broker answers").remove(&self.topic);
            let found = found.expect("the topic").expect("described").partitions.len();
            if i32::try_from(found) == Ok(partitions) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{} does not grow", self.topic);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The keys and values of all records of `topic`, which must be exactly `count`.
    pub(crate) async fn read(&self, topic: &str, count: usize) -> Vec<(Option<Bytes>, Bytes)> {
        let consumer = self.kafka.consumer(format!("reader-{topic}"));
        let consumer = consumer.auto_offset_reset(AutoOffsetReset::Earliest).build().await;
        let consumer = consumer.expect("a consumer");
        consumer.subscribe(&[topic.to_owned()]).await.expect("subscribed");
        let start = Instant::now();
        let mut read = Vec::new();
        while read.len() < count {
            assert!(start.elapsed() < PATIENCE, "{topic} holds {} records", read.len());
            for record in consumer.poll(Duration::from_millis(100)).await.expect("read") {
                read.push((record.key, record.value.expect("a value")));
            }
        }
        assert_eq!(read.len(), count, "{topic}");
        read
    }

    /// The partitions of an event, with the offsets of their records.
    pub(crate) fn shape(event: &Value) -> Vec<(String, Vec<i64>)> {
        let lists = event["records"].as_object().expect("records");
        let offset = |record: &Value| record["offset"].as_i64().expect("an offset");
        let offsets = |list: &Value| list.as_array().expect("a list").iter().map(offset).collect();
        lists.iter().map(|(name, list)| (name.clone(), offsets(list))).collect()
    }

    /// The committed offset of each partition.
    pub(crate) async fn committed(&self) -> BTreeMap<i32, i64> {
        let admin = self.kafka.admin();
        let offsets = admin
            .list_consumer_group_offsets(&self.group, Default::default())
            .await
            .expect("the group's offsets");
        offsets
            .into_iter()
            .filter(|(place, _)| place.topic == self.topic)
            .filter_map(|(place, offset)| Some((place.partition, offset.ok()?.offset?)))
            .collect()
    }

    /// The offsets of answered invocations, in the order they were received, by partition.
    pub(crate) fn received(&self) -> BTreeMap<i32, Vec<i64>> {
        let mut received: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
        for batch in self.batches() {
            for name in batch["received"].as_array().expect("a list") {
                let (place, offset) = name.as_str().and_then(|n| n.split_once('@')).expect("a@b");
                let (topic, partition) = place.rsplit_once('-').expect("topic-partition");
                assert_eq!(topic, self.topic);
                let offsets = received.entry(partition.parse().expect("a number")).or_default();
                offsets.push(offset.parse().expect("a number"));
            }
        }
        received
    }

    /// The function's file of each answered invocation, in order.
    pub(crate) fn batches(&self) -> Vec<Value> {
        let entries = fs::read_dir(&self.directory).expect("our directory");
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "batch"))
            .collect();
        paths.sort();
        let read = |path: &PathBuf| fs::read(path).expect("a note");
        // A file that is not complete yet is left out.
        paths.iter().filter_map(|path| serde_json::from_slice(&read(path)).ok()).collect()
    }

    /// Waits until `done` holds.
    pub(crate) async fn until(&self, what: &str, mut done: impl AsyncFnMut(&Self) -> bool) {
        let start = Instant::now();
        while !done(self).await {
            assert!(start.elapsed() < PATIENCE, "gave up waiting: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Creates a topic, and waits until the broker knows it.
async fn create(kafka: &Kafka, topic: &str, partitions: i32) {
    let new = NewTopic::new(topic, partitions, 1).expect("a valid topic");
    let created = kafka.admin().create_topics([new], Default::default()).await;
    for (name, result) in created.expect("the broker creates topics") {
        result.unwrap_or_else(|error| panic!("cannot create {name}: {error}"));
    }
    let start = Instant::now();
    loop {
        let described = kafka.admin().describe_topics([topic], Default::default()).await;
        if described.expect("the broker answers").values().all(Result::is_ok) {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{topic} does not appear");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// `0..end`, the offsets of a topic without gaps.
pub(crate) fn offsets(end: i64) -> Vec<i64> {
    (0..end).collect()
}

/// A value without instructions for the function.
pub(crate) fn plain(number: i64) -> String {
    format!(r#"{{"number":{number}}}"#)
}

/// Milliseconds since 1970.
pub(crate) fn now_millis() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock");
    i64::try_from(now.as_millis()).expect("a time of ours")
}
