//! Reads a letter: its record, and why it was written.
//!
//! It recognises letters with the headers of Kafka Connect's dead-letter topics (KIP-298), with or
//! without Sluice's own headers, and the envelopes of Lambda's on-failure destinations, whose
//! payload is the event of the records that were given up (as JSON for a Kafka topic, as text for
//! S3: "Using a Kafka topic as an on-failure destination", AWS Lambda Developer Guide).

use std::fmt;

use bumpalo::Bump;
use bytes::Bytes;
use krafka::Headers;
use krafka::consumer::ConsumerRecord;
use serde_json::Value;
use sluice_bridge::event::Event;

use super::mark::Mark;

const CONNECT: &str = "__connect.errors.";
/// The first header of a block of reasons. Kafka Connect adds its block after the other headers.
const FIRST: &str = "__connect.errors.topic";
const SLUICE: &str = "__sluice.errors.";

/// In Sluice's letters, the prefix of the record's own headers whose names look like reasons.
const OWN: &str = "__sluice.own.";
/// The class name in Sluice's letters.
const OURS: &str = "sluice";

/// The position of a record. Displays as `topic-partition@offset`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct RecordPosition {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) offset: i64,
}

impl fmt::Display for RecordPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}@{}", self.topic, self.partition, self.offset)
    }
}

/// Why a letter was written; the parts that the letter has.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FailureDetails {
    /// Kafka Connect's name of the stage.
    pub(super) stage: Option<String>,
    pub(super) column: Option<String>,
    pub(super) code: Option<String>,
    /// The message, or the condition of Lambda's envelope.
    pub(super) reason: Option<String>,
}

/// A letter about one record. The record is as it was first read, without the headers of the reason
/// and of the mark.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    /// The position of the letter.
    pub(super) position: RecordPosition,
    /// The letter's timestamp in its topic, in milliseconds since 1970; -1 if it has none.
    pub(super) written: i64,
    /// The source topic of the record, which a letter can name without partition and offset.
    pub(super) topic: Option<String>,
    /// The position from which the record was read.
    pub(super) origin: Option<RecordPosition>,
    pub(super) details: FailureDetails,
    pub(super) mark: Mark,
    /// Whether it has the whole record: a letter does not contain a record that was too large.
    pub(super) is_whole: bool,
    pub(super) key: Option<Bytes>,
    pub(super) value: Option<Bytes>,
    pub(super) headers: Headers,
    /// The record's timestamp in milliseconds since 1970, if the letter has it.
    pub(super) timestamp: Option<i64>,
}

impl Letter {
    /// Its approximate size in bytes.
    pub(super) fn size(&self) -> usize {
        let headers = self.headers.iter();
        let headers =
            headers.map(|(name, value)| name.len() + value.as_ref().map_or(0, Bytes::len));
        let bytes = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
        bytes(&self.key) + bytes(&self.value) + headers.sum::<usize>()
    }

    /// The same letter with a copy of its bytes. The bytes that were read belong to a whole fetch,
    /// which would stay in memory.
    pub(super) fn detached(mut self) -> Self {
        let copy = |bytes: &mut Option<Bytes>| {
            *bytes = bytes.as_deref().map(Bytes::copy_from_slice);
        };
        copy(&mut self.key);
        copy(&mut self.value);
        self.headers.iter_mut().for_each(|(_, value)| copy(value));
        self
    }

    /// The record as it was first read; `None` if its position is not known.
    pub(super) fn record(&self) -> Option<ConsumerRecord> {
        let origin = self.origin.as_ref()?;
        let (key, value) = (self.key.clone(), self.value.clone());
        let mut record =
            ConsumerRecord::new(&*origin.topic, origin.partition, origin.offset, key, value);
        record.headers = self.headers.clone();
        record.timestamp = self.timestamp.unwrap_or(-1);
        Some(record)
    }

    /// The record's headers with the mark of one more replay.
    pub(super) fn marked(&self) -> Headers {
        let mut headers = self.headers.clone();
        let origin = self.origin.as_ref().map(RecordPosition::to_string);
        self.mark.put(&mut headers, self.position.to_string(), origin);
        headers
    }
}

/// Reads the letters in a record: one, several if it is an envelope of several records, or none if
/// it is not a letter.
pub(super) fn read(record: &ConsumerRecord) -> Vec<Letter> {
    if record.headers.iter().any(|(name, _)| is_reason(name)) {
        return vec![of_headers(record)];
    }
    record.value.as_ref().and_then(|value| of_envelope(record, value)).unwrap_or_default()
}

/// Restores the names of the record's own headers, which Sluice's letter has changed.
fn give_back(headers: &mut Headers) {
    for (name, _) in headers {
        if let Some(own) = name.strip_prefix(OWN) {
            *name = own.to_owned();
        }
    }
}

fn is_reason(name: &str) -> bool {
    name.starts_with(CONNECT) || name.starts_with(SLUICE)
}

fn position(record: &ConsumerRecord) -> RecordPosition {
    let (partition, offset) = (record.partition, record.offset);
    RecordPosition { topic: record.topic.to_string(), partition, offset }
}

fn of_headers(record: &ConsumerRecord) -> Letter {
    // Headers before the last block belong to the record, whatever their names are.
    let begin = record.headers.iter().rposition(|(name, _)| name == FIRST).unwrap_or(0);
    let (own, block) = record.headers.split_at(begin);
    let connect = |name: &str| header(&record.headers, CONNECT, name);
    let sluice = |name: &str| header(block, SLUICE, name);
    let topic = connect("topic").filter(|topic| !topic.is_empty());
    let number = |name: &str| connect(name)?.parse::<i64>().ok().filter(|number| *number >= 0);
    let partition = number("partition").and_then(|number| i32::try_from(number).ok());
    let origin = match (&topic, partition, number("offset")) {
        (Some(topic), Some(partition), Some(offset)) => {
            Some(RecordPosition { topic: topic.clone(), partition, offset })
        }
        _ => None,
    };
    let mut headers = own.to_vec();
    headers.extend(block.iter().filter(|(name, _)| !is_reason(name)).cloned());
    if connect("class.name").as_deref() == Some(OURS) {
        give_back(&mut headers);
    }
    let omitted = ["value.omitted.bytes", "key.omitted.bytes", "headers.omitted"];
    // A letter of Sluice has its own timestamp; one of Kafka Connect has that of its record.
    let timestamp = sluice("timestamp").map_or(Some(record.timestamp), |text| text.parse().ok());
    Letter {
        position: position(record),
        written: record.timestamp,
        topic,
        origin,
        details: FailureDetails {
            stage: connect("stage"),
            column: sluice("column"),
            code: sluice("code"),
            reason: connect("exception.message").or_else(|| connect("exception.class.name")),
        },
        is_whole: omitted.into_iter().all(|name| sluice(name).is_none()),
        mark: Mark::take(&mut headers),
        key: record.key.clone(),
        value: record.value.clone(),
        headers,
        timestamp: timestamp.filter(|millis| *millis >= 0),
    }
}

/// The last header with this name.
fn header(headers: &[(String, Option<Bytes>)], prefix: &str, name: &str) -> Option<String> {
    let is_it = |known: &str| known.strip_prefix(prefix) == Some(name);
    let (_, value) = headers.iter().rev().find(|(known, _)| is_it(known))?;
    value.as_ref().map(|value| String::from_utf8_lossy(value).into_owned())
}

/// Reads an envelope; `None` if the value is not one, or has no records, like those of SQS and SNS.
fn of_envelope(record: &ConsumerRecord, value: &Bytes) -> Option<Vec<Letter>> {
    if value.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return None;
    }
    let mut envelope: Value = serde_json::from_slice(value).ok()?;
    let condition = envelope["requestContext"]["condition"].as_str()?.to_owned();
    let payload = match envelope["payload"].take() {
        Value::String(text) => text.into_bytes(),
        payload => payload.to_string().into_bytes(),
    };
    let arena = Bump::new();
    let event = Event::decode(&payload, &arena).ok()?;
    let letters = event.records.iter().map(|original| {
        let headers = original.headers.to_vec().into_iter();
        let mut headers: Headers =
            headers.map(|(name, value)| (name, value.map(Bytes::from))).collect();
        let (partition, offset) = (original.partition, original.offset);
        Letter {
            position: position(record),
            written: record.timestamp,
            topic: Some(original.topic.to_owned()),
            origin: Some(RecordPosition { topic: original.topic.to_owned(), partition, offset }),
            details: FailureDetails {
                reason: Some(condition.clone()),
                ..FailureDetails::default()
            },
            is_whole: true,
            mark: Mark::take(&mut headers),
            key: original.key.map(Bytes::copy_from_slice),
            value: original.value.map(Bytes::copy_from_slice),
            headers,
            timestamp: original.timestamp,
        }
    });
    Some(letters.collect())
}

#[cfg(test)]
mod tests;
