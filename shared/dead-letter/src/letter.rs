//! One failure as a Kafka message: the record byte for byte, and why in the headers.
//!
//! Headers: KIP-298 ("Error Handling in Connect") names `__connect.errors.*`; ours beside
//! them carry what a program wants to filter by.

use bytes::Bytes;
use sluice_bridge::failure::{Failure, Stage};
use sluice_bridge::record::Record;
use sluice_kafka::Message;

const CONNECT: &str = "__connect.errors.";
const SLUICE: &str = "__sluice.errors.";

/// Who sends letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The connector's name.
    pub connector: String,
    /// Whether the target's own words may be quoted; they may hold values.
    pub include_messages: bool,
}

/// Writes the letter about a record. Reasons that an earlier letter left in its headers give
/// way to this one.
#[must_use]
pub fn letter(sender: &Sender, topic: &str, record: &Record<'_>, failure: &Failure) -> Message {
    let original = record.headers.to_vec().into_iter();
    let kept = original.filter(|(name, _)| !name.starts_with(CONNECT) && !name.starts_with(SLUICE));
    let mut headers: Vec<_> = kept.map(|(name, value)| (name, value.map(Bytes::from))).collect();
    headers.extend(reasons(sender, record, failure));
    Message {
        topic: topic.to_owned(),
        key: record.key.map(Bytes::copy_from_slice),
        value: record.value.map(Bytes::copy_from_slice),
        headers,
        timestamp: record.timestamp,
    }
}

fn reasons(
    sender: &Sender,
    record: &Record<'_>,
    failure: &Failure,
) -> impl Iterator<Item = (String, Option<Bytes>)> {
    let cause = &failure.cause;
    let (stage, class) = names(failure.stage);
    let told = |detail: &&str| sender.include_messages && !detail.is_empty();
    let detail = cause.detail.as_deref().filter(told);
    let message = match detail {
        Some(detail) => format!("{cause}: {detail}"),
        None => cause.to_string(),
    };
    let trace = format!("{class}: {message}");
    let connect = [
        ("topic", record.topic.to_owned()),
        ("partition", record.partition.to_string()),
        ("offset", record.offset.to_string()),
        ("connector.name", sender.connector.clone()),
        ("task.id", "0".to_owned()),
        ("stage", stage.to_owned()),
        ("class.name", "sluice".to_owned()),
        ("exception.class.name", class.to_owned()),
        ("exception.message", message),
        ("exception.stacktrace", trace),
    ];
    let sluice = [
        ("column", &cause.column),
        ("code", &cause.code),
        ("expected", &cause.expected),
        ("given", &cause.given),
    ];
    let connect = connect.into_iter().map(|(name, text)| (format!("{CONNECT}{name}"), text));
    let sluice = sluice.into_iter().filter_map(|(name, text)| {
        text.as_ref().map(|text| (format!("{SLUICE}{name}"), text.to_string()))
    });
    let all: Vec<_> = connect.chain(sluice).collect();
    all.into_iter().map(|(name, text)| (name, Some(Bytes::from(text))))
}

/// Kafka Connect's name of the stage, and ours of what went wrong.
fn names(stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::Key => ("KEY_CONVERTER", "sluice.UndecodableKey"),
        Stage::Value => ("VALUE_CONVERTER", "sluice.UndecodableValue"),
        Stage::Mapping => ("TRANSFORMATION", "sluice.UnmappableRecord"),
        Stage::Write => ("TASK_PUT", "sluice.RejectedRow"),
    }
}

/// The same letter for a broker that finds it too large: the value stays where it came from,
/// and a header tells how many bytes it has.
pub(crate) fn without_value(letter: &Message) -> Message {
    let length = letter.value.as_ref().map_or(0, Bytes::len);
    let mut smaller = Message { value: None, ..letter.clone() };
    smaller.headers.push(header("value.omitted.bytes", length.to_string()));
    smaller
}

/// The same letter for a record whose key and headers alone are too large: only the reasons are
/// left; `None` if nothing else was there.
pub(crate) fn without_original(letter: &Message) -> Option<Message> {
    let is_reason = |name: &str| name.starts_with(CONNECT) || name.starts_with(SLUICE);
    let (reasons, original): (Vec<_>, Vec<_>) =
        letter.headers.iter().cloned().partition(|(name, _)| is_reason(name));
    if letter.key.is_none() && original.is_empty() {
        return None;
    }
    let key = letter.key.as_ref().map_or(0, Bytes::len);
    let mut bare = Message { key: None, headers: reasons, ..letter.clone() };
    bare.headers.push(header("key.omitted.bytes", key.to_string()));
    bare.headers.push(header("headers.omitted", original.len().to_string()));
    Some(bare)
}

/// The same letter for a topic that refuses its timestamp.
pub(crate) fn without_timestamp(letter: &Message) -> Message {
    let timestamp = letter.timestamp.map_or(String::new(), |millis| millis.to_string());
    let mut later = Message { timestamp: None, ..letter.clone() };
    later.headers.push(header("timestamp", timestamp));
    later
}

fn header(name: &str, value: String) -> (String, Option<Bytes>) {
    (format!("{SLUICE}{name}"), Some(Bytes::from(value)))
}
