//! The brokers of `scripts/test.sh`, topics with unique names, and a reader that shares no code
//! with this crate (kcat).
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use krafka::Kafka;
use krafka::admin::{CreateTopicsOptions, DescribeTopicsOptions, NewTopic};
use sluice_bridge::options::Settings;
use sluice_kafka::{Access, Message};
use tokio::time::Instant;

/// An address that `scripts/test.sh` exports.
pub(crate) fn exported(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/test.sh"))
}

/// The brokers without encryption or authentication, newest first.
pub(crate) fn plain_brokers() -> Vec<String> {
    ["TEST_KAFKA", "TEST_KAFKA_3_6", "TEST_KAFKA_2_6"].into_iter().map(exported).collect()
}

pub(crate) fn access(servers: &str, more: &[(&str, &str)]) -> Access {
    let pairs = [&[("kafka.bootstrap.servers", servers)], more].concat();
    let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut settings = Settings::new(sluice_kafka::options::OPTIONS, pairs);
    let access = Access::from_settings(&mut settings);
    settings.check().expect("options without a problem");
    access
}

/// A name that no other test or run uses.
pub(crate) fn name(what: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    format!("kafka-{what}-{}-{count}", now.as_micros())
}

pub(crate) async fn create(servers: &str, topic: &str, partitions: i32, configs: &[(&str, &str)]) {
    let kafka = access(servers, &[]).connect().await.expect("a broker");
    let mut new = NewTopic::new(topic, partitions, 1).expect("a valid topic");
    for (key, value) in configs {
        new = new.with_config(*key, *value);
    }
    let answers = kafka.admin().create_topics([new], CreateTopicsOptions::default()).await;
    for (topic, answer) in answers.expect("an answer") {
        answer.unwrap_or_else(|error| panic!("cannot create {topic}: {error}"));
        // The controller knows a topic a moment before the broker can tell a client of it.
        let patience = within(60);
        while !is_there(&kafka, &topic).await {
            assert!(Instant::now() < patience, "{topic} does not appear");
        }
    }
}

async fn is_there(kafka: &Kafka, topic: &str) -> bool {
    let described = kafka.admin().describe_topics([topic], DescribeTopicsOptions::default()).await;
    described.expect("an answer").values().all(Result::is_ok)
}

pub(crate) fn within(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

pub(crate) fn message(topic: &str, value: &str) -> Message {
    Message {
        topic: topic.to_owned(),
        key: Some("key".into()),
        value: Some(value.to_owned().into()),
        headers: Vec::new(),
        timestamp: None,
    }
}

/// Everything in a topic, one line per message in kcat's format.
pub(crate) fn kcat(servers: &str, topic: &str, format: &str) -> Vec<u8> {
    let arguments = ["-C", "-e", "-q", "-b", servers, "-t", topic, "-f", format];
    let ran = Command::new("kcat").args(arguments).output();
    let Output { status, stdout, stderr } =
        ran.expect("kcat runs: it is the Debian package of that name");
    assert!(status.success(), "kcat: {}", String::from_utf8_lossy(&stderr));
    stdout
}
