//! A letter as it is read: which record it is about, and why it was written.
//!
//! Known are letters with the headers of Kafka Connect's dead-letter topics (KIP-298), Sluice's own
//! beside or without them, and the envelopes of Lambda's on-failure destinations, whose payload is
//! the event of the records that were given up (as JSON for a Kafka topic, as text for S3: "Using
//! a Kafka topic as an on-failure destination", AWS Lambda Developer Guide).

use std::fmt;

use bumpalo::Bump;
use bytes::Bytes;
use krafka::Headers;
use krafka::consumer::ConsumerRecord;
use serde_json::Value;
use sluice_bridge::event::Event;

use super::mark::Mark;

const CONNECT: &str = "__connect.errors.";
/// The first header of a block of reasons. Kafka Connect puts its block after whatever is there.
const FIRST: &str = "__connect.errors.topic";
const SLUICE: &str = "__sluice.errors.";

/// Before the names of the record's own headers that look like reasons, in letters of ours.
const OWN: &str = "__sluice.own.";
/// The class name in letters of ours.
const OURS: &str = "sluice";

/// A place in a topic. Displays as `topic-partition@offset`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) offset: i64,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}@{}", self.topic, self.partition, self.offset)
    }
}

/// Why a letter was written, as far as it says.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Why {
    /// Kafka Connect's name of the stage.
    pub(super) stage: Option<String>,
    pub(super) column: Option<String>,
    pub(super) code: Option<String>,
    /// The message, or the condition of Lambda's envelope.
    pub(super) reason: Option<String>,
}

/// A letter about one record, which is what it was before: without reasons and mark.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    /// Where the letter is.
    pub(super) place: Origin,
    /// The letter's timestamp in its topic, in milliseconds since 1970; -1 is none.
    pub(super) written: i64,
    /// The topic that it names; without an offset the record's place is not known.
    pub(super) topic: Option<String>,
    /// Where the record was read.
    pub(super) origin: Option<Origin>,
    pub(super) why: Why,
    pub(super) mark: Mark,
    /// Whether it holds the record whole: one that was too large is not in its letter.
    pub(super) is_whole: bool,
    pub(super) key: Option<Bytes>,
    pub(super) value: Option<Bytes>,
    pub(super) headers: Headers,
    /// Milliseconds since 1970, if the letter tells.
    pub(super) timestamp: Option<i64>,
}

impl Letter {
    /// Bytes that it takes, about.
    pub(super) fn size(&self) -> usize {
        let headers = self.headers.iter();
        let headers =
            headers.map(|(name, value)| name.len() + value.as_ref().map_or(0, Bytes::len));
        let bytes = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
        bytes(&self.key) + bytes(&self.value) + headers.sum::<usize>()
    }

    /// The same letter with bytes of its own. What is read is a part of what was fetched with it, all
    /// of which would be held.
    pub(super) fn detached(mut self) -> Self {
        let copy = |bytes: &mut Option<Bytes>| {
            *bytes = bytes.as_deref().map(Bytes::copy_from_slice);
        };
        copy(&mut self.key);
        copy(&mut self.value);
        self.headers.iter_mut().for_each(|(_, value)| copy(value));
        self
    }

    /// The record's headers with the mark of one more replay.
    pub(super) fn marked(&self) -> Headers {
        let mut headers = self.headers.clone();
        let origin = self.origin.as_ref().map(Origin::to_string);
        self.mark.put(&mut headers, self.place.to_string(), origin);
        headers
    }
}

/// The letters that a record of a topic for letters is: one, or several for an envelope of
/// several records; none if it is no letter.
pub(super) fn read(record: &ConsumerRecord) -> Vec<Letter> {
    if record.headers.iter().any(|(name, _)| is_reason(name)) {
        return vec![of_headers(record)];
    }
    record.value.as_ref().and_then(|value| of_envelope(record, value)).unwrap_or_default()
}

/// Gives the record's own headers their names back, which a letter of ours has changed.
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

fn place(record: &ConsumerRecord) -> Origin {
    let (partition, offset) = (record.partition, record.offset);
    Origin { topic: record.topic.to_string(), partition, offset }
}

fn of_headers(record: &ConsumerRecord) -> Letter {
    // Headers before the latest block are the record's own, whatever their names.
    let begin = record.headers.iter().rposition(|(name, _)| name == FIRST).unwrap_or(0);
    let (own, block) = record.headers.split_at(begin);
    let connect = |name: &str| header(&record.headers, CONNECT, name);
    let sluice = |name: &str| header(block, SLUICE, name);
    let topic = connect("topic").filter(|topic| !topic.is_empty());
    let number = |name: &str| connect(name)?.parse::<i64>().ok().filter(|number| *number >= 0);
    let partition = number("partition").and_then(|number| i32::try_from(number).ok());
    let origin = match (&topic, partition, number("offset")) {
        (Some(topic), Some(partition), Some(offset)) => {
            Some(Origin { topic: topic.clone(), partition, offset })
        }
        _ => None,
    };
    let mut headers = own.to_vec();
    headers.extend(block.iter().filter(|(name, _)| !is_reason(name)).cloned());
    if connect("class.name").as_deref() == Some(OURS) {
        give_back(&mut headers);
    }
    let omitted = ["value.omitted.bytes", "key.omitted.bytes", "headers.omitted"];
    // A letter of ours has a timestamp of its own; one of Kafka Connect has its record's.
    let timestamp = sluice("timestamp").map_or(Some(record.timestamp), |text| text.parse().ok());
    Letter {
        place: place(record),
        written: record.timestamp,
        topic,
        origin,
        why: Why {
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

/// The last header of a name.
fn header(headers: &[(String, Option<Bytes>)], prefix: &str, name: &str) -> Option<String> {
    let is_it = |known: &str| known.strip_prefix(prefix) == Some(name);
    let (_, value) = headers.iter().rev().find(|(known, _)| is_it(known))?;
    value.as_ref().map(|value| String::from_utf8_lossy(value).into_owned())
}

/// `None` if the value is no envelope, or one without its records, as SQS and SNS receive it.
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
            place: place(record),
            written: record.timestamp,
            topic: Some(original.topic.to_owned()),
            origin: Some(Origin { topic: original.topic.to_owned(), partition, offset }),
            why: Why { reason: Some(condition.clone()), ..Why::default() },
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
