//! One failure as a Kafka message: the record byte for byte, and the reason in the headers.
//!
//! Headers: KIP-298 ("Error Handling in Connect") defines `__connect.errors.*`. Ours have what
//! programs filter by, and the record's timestamp. The letter's own timestamp is the time of
//! sending, because brokers count retention from it.

use bytes::Bytes;
use sluice_bridge::event::record::Record;
use sluice_bridge::model::failure::{Failure, Stage};
use sluice_kafka::Message;

pub(crate) const CONNECT: &str = "__connect.errors.";
pub(crate) const SLUICE: &str = "__sluice.errors.";
/// The prefix for a record's own header whose name looks like a reason, or like such a prefixed
/// name.
const OWN: &str = "__sluice.own.";
const CLASS: &str = "__connect.errors.class.name";
/// The value of [`CLASS`] in our letters.
const OURS: &[u8] = b"sluice";
/// The record's timestamp in milliseconds since 1970, empty if the record has none.
const TIMESTAMP: &str = "timestamp";

/// A name and a value.
pub(crate) type Header = (String, Option<Bytes>);

/// The sender of letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The connector's name.
    pub connector: String,
    /// Whether the target's own messages may be quoted; they may contain values.
    pub include_messages: bool,
}

/// Writes the letter about a record. The record's headers come first. Headers that look like
/// reasons get a prefix, so that no reader mistakes them for ours; a replay removes the prefix. If
/// the record is itself one of our letters, the reasons of that letter are removed, and the
/// timestamp of the first record is kept.
#[must_use]
pub fn letter(sender: &Sender, topic: &str, record: &Record<'_>, failure: &Failure) -> Message {
    let original = record.headers.to_vec().into_iter();
    let mut headers: Vec<Header> =
        original.map(|(name, value)| (name, value.map(Bytes::from))).collect();
    let timestamp = if is_ours(&headers) {
        take_reasons(&mut headers)
    } else {
        for (name, _) in &mut headers {
            if is_reason(name) || name.starts_with(OWN) {
                name.insert_str(0, OWN);
            }
        }
        None
    };
    let millis = record.timestamp.map_or(String::new(), |millis| millis.to_string());
    let timestamp = timestamp.unwrap_or_else(|| Bytes::from(millis));
    headers.extend(reasons(sender, record, failure, timestamp));
    Message {
        topic: topic.to_owned(),
        key: record.key.map(Bytes::copy_from_slice),
        value: record.value.map(Bytes::copy_from_slice),
        headers,
        timestamp: None,
    }
}

/// Whether these are the headers of one of our letters.
fn is_ours(headers: &[Header]) -> bool {
    let class = headers.iter().rev().find(|(name, _)| name == CLASS);
    class.is_some_and(|(_, value)| value.as_deref() == Some(OURS))
}

/// Removes the reasons from one of our letters. Returns the timestamp of its record.
fn take_reasons(headers: &mut Vec<Header>) -> Option<Bytes> {
    let is_timestamp = |name: &str| name.strip_prefix(SLUICE) == Some(TIMESTAMP);
    let timestamp = headers.iter().rev().find(|(name, _)| is_timestamp(name));
    let timestamp = timestamp.and_then(|(_, value)| value.clone());
    headers.retain(|(name, _)| !is_reason(name));
    timestamp
}

fn is_reason(name: &str) -> bool {
    name.starts_with(CONNECT) || name.starts_with(SLUICE)
}

fn reasons(
    sender: &Sender,
    record: &Record<'_>,
    failure: &Failure,
    timestamp: Bytes,
) -> Vec<Header> {
    let cause = &failure.cause;
    let (stage, class) = names(failure.stage);
    let message = message(sender, failure);
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
    let text = |prefix: &str, name: &str, text: String| {
        (format!("{prefix}{name}"), Some(Bytes::from(text)))
    };
    let mut headers: Vec<_> =
        connect.into_iter().map(|(name, value)| text(CONNECT, name, value)).collect();
    headers.push((format!("{SLUICE}{TIMESTAMP}"), Some(timestamp)));
    let given = sluice.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    headers.extend(given.map(|(name, value)| text(SLUICE, name, value.to_string())));
    headers
}

/// The reason in words, with the target's own message if that may be quoted.
pub(crate) fn message(sender: &Sender, failure: &Failure) -> String {
    let cause = &failure.cause;
    let may_quote = |detail: &&str| sender.include_messages && !detail.is_empty();
    match cause.detail.as_deref().filter(may_quote) {
        Some(detail) => format!("{cause}: {detail}"),
        None => cause.to_string(),
    }
}

/// Kafka Connect's name of the stage, and our name of the error.
pub(crate) fn names(stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::Key => ("KEY_CONVERTER", "sluice.UndecodableKey"),
        Stage::Value => ("VALUE_CONVERTER", "sluice.UndecodableValue"),
        Stage::Mapping => ("TRANSFORMATION", "sluice.UnmappableRecord"),
        Stage::Write => ("TASK_PUT", "sluice.RejectedRow"),
    }
}

/// The same letter for a broker that finds it too large: the value is left out, and a header has
/// its length in bytes.
pub(crate) fn without_value(letter: &Message) -> Message {
    let length = letter.value.as_ref().map_or(0, Bytes::len);
    let mut smaller = Message { value: None, ..letter.clone() };
    smaller.headers.push(header("value.omitted.bytes", length.to_string()));
    smaller
}

/// The same letter for a record whose key and headers alone are too large: only the reasons are
/// kept; `None` if there was nothing else.
pub(crate) fn without_original(letter: &Message) -> Option<Message> {
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

fn header(name: &str, value: String) -> (String, Option<Bytes>) {
    (format!("{SLUICE}{name}"), Some(Bytes::from(value)))
}
