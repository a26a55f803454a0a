//! What a topic holds, read twice: by our client's library, and byte for byte the same by kcat.

use std::time::Duration;

use bytes::Bytes;
use krafka::Kafka;
use krafka::consumer::{AutoOffsetReset, Consumer, ConsumerRecord};
use tokio::process::Command;

use crate::services::{self, PATIENCE};

/// A record as the broker keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Milliseconds since 1970.
    pub timestamp: i64,
    /// Its key; `None` is null.
    pub key: Option<Bytes>,
    /// Its value; `None` is null.
    pub value: Option<Bytes>,
    /// Its headers, in order; a value of `None` is null.
    pub headers: Vec<(String, Option<Bytes>)>,
}

impl Letter {
    /// The text of a reason header, `""` if there is none.
    ///
    /// # Panics
    /// The header stands there more than once, or is no text.
    #[must_use]
    pub fn reason(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let Some((_, value)) = found.next() else { return "" };
        assert!(found.next().is_none(), "{name} stands twice in {self:?}");
        let value = value.as_ref().expect("a reason is never null");
        std::str::from_utf8(value).expect("a reason is text")
    }

    /// `__connect.errors.exception.message`
    #[must_use]
    pub fn message(&self) -> &str {
        self.reason("__connect.errors.exception.message")
    }

    /// The record's coordinates: topic, partition, offset.
    #[must_use]
    pub fn origin(&self) -> (&str, &str, &str) {
        let of = |name| self.reason(name);
        (
            of("__connect.errors.topic"),
            of("__connect.errors.partition"),
            of("__connect.errors.offset"),
        )
    }

    /// The headers that came with the record.
    #[must_use]
    pub fn own_headers(&self) -> Vec<(&str, Option<&[u8]>)> {
        let ours = |name: &str| name.starts_with("__connect.") || name.starts_with("__sluice.");
        let headers = self.headers.iter().filter(|(name, _)| !ours(name));
        headers.map(|(name, value)| (name.as_str(), value.as_deref())).collect()
    }

    /// All reason headers as text, `name=value` in lines.
    #[must_use]
    pub fn reasons(&self) -> String {
        let ours = |name: &str| name.starts_with("__connect.") || name.starts_with("__sluice.");
        let headers = self.headers.iter().filter(|(name, _)| ours(name));
        headers
            .map(|(name, value)| {
                let value = value.as_deref().unwrap_or_default();
                format!("{name}={}\n", String::from_utf8_lossy(value))
            })
            .collect()
    }

    /// As kcat prints it in [`FORMAT`].
    fn as_kcat(&self) -> Vec<u8> {
        let length = |bytes: &Option<Bytes>| bytes.as_ref().map_or(-1, |bytes| bytes.len() as i64);
        let (key, value) = (length(&self.key), length(&self.value));
        let mut out =
            format!("{} {} {} {key} {value}\n", self.partition, self.offset, self.timestamp)
                .into_bytes();
        out.extend_from_slice(self.key.as_deref().unwrap_or_default());
        out.extend_from_slice(self.value.as_deref().unwrap_or_default());
        for (index, (name, value)) in self.headers.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            // To kcat a header's name and value are C strings.
            let value = value.as_deref().unwrap_or(b"NULL");
            out.extend_from_slice(comma.as_bytes());
            out.extend(name.bytes().take_while(|byte| *byte != 0));
            out.push(b'=');
            out.extend(value.iter().take_while(|byte| **byte != 0));
        }
        out.extend_from_slice(b"\n");
        out
    }
}

/// Partition, offset, timestamp and lengths, then the bytes themselves.
const FORMAT: &str = "%p %o %T %K %S\\n%k%s%h\\n";

/// Everything that stands in a topic nobody writes to now, by partition and offset.
///
/// # Panics
/// The topic cannot be read, or the two readers do not agree on every byte.
pub async fn read(kafka: &Kafka, topic: &str) -> Vec<Letter> {
    let consumer = consumer(kafka).await;
    let mut letters = Vec::new();
    for (partition, end) in ends(kafka, &consumer, topic).await {
        let of_partition = read_partition(&consumer, topic, partition, end).await;
        assert_as_kcat_reads(topic, partition, &of_partition).await;
        letters.extend(of_partition);
    }
    consumer.close().await.expect("closed");
    letters
}

/// How many records a topic holds that was never compacted.
///
/// # Panics
/// The topic cannot be read.
pub async fn count(kafka: &Kafka, topic: &str) -> i64 {
    let consumer = consumer(kafka).await;
    let ends = ends(kafka, &consumer, topic).await;
    consumer.close().await.expect("closed");
    ends.into_iter().map(|(_, end)| end).sum()
}

async fn consumer(kafka: &Kafka) -> Consumer {
    let consumer = kafka
        .consumer_without_group()
        .auto_offset_reset(AutoOffsetReset::Earliest)
        .fetch_max_wait(Duration::from_millis(50))
        .metrics_push(false)
        .build();
    consumer.await.expect("a consumer")
}

/// Each partition with the offset after its last record.
async fn ends(kafka: &Kafka, consumer: &Consumer, topic: &str) -> Vec<(i32, i64)> {
    let described = kafka.admin().describe_topics([topic], Default::default()).await;
    let mut described = described.expect("the broker answers");
    let described = described.remove(topic).expect("an answer").expect("the topic exists");
    let mut ends = Vec::new();
    for partition in 0..described.partitions.len() as i32 {
        let (_, end) = consumer.fetch_watermarks(topic, partition).await.expect("an end");
        ends.push((partition, end));
    }
    ends
}

async fn read_partition(consumer: &Consumer, topic: &str, partition: i32, end: i64) -> Vec<Letter> {
    consumer.assign(topic, vec![partition]).await.expect("assigned");
    let mut letters: Vec<Letter> = Vec::new();
    while letters.last().map_or(0, |letter| letter.offset + 1) < end {
        let polled = consumer.poll(PATIENCE).await.expect("records");
        assert!(!polled.is_empty(), "topic {topic} should go on to {end}");
        letters.extend(polled.into_iter().map(letter));
    }
    letters
}

fn letter(record: ConsumerRecord) -> Letter {
    Letter {
        partition: record.partition,
        offset: record.offset,
        timestamp: record.timestamp,
        key: record.key,
        value: record.value,
        headers: record.headers,
    }
}

async fn assert_as_kcat_reads(topic: &str, partition: i32, letters: &[Letter]) {
    let (servers, partition) = (services::kafka(), partition.to_string());
    let arguments = ["-C", "-e", "-q", "-b", &servers, "-t", topic, "-p", &partition];
    let ran = Command::new("kcat")
        .args(arguments)
        .args(["-X", "fetch.wait.max.ms=20", "-f", FORMAT])
        .output()
        .await
        .expect("kcat runs: it is the Debian package of that name");
    assert!(ran.status.success(), "kcat: {}", String::from_utf8_lossy(&ran.stderr));
    let expected: Vec<u8> = letters.iter().flat_map(Letter::as_kcat).collect();
    assert!(
        ran.stdout == expected,
        "kcat reads something else in {topic}:\n{}\n{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&expected)
    );
}
