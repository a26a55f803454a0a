//! Sends records to a topic: one, or a file of them.

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;
use krafka::producer::{DeliveryHandle, Producer, Record};
use krafka::{Kafka, KrafkaError};
use tokio::io::{AsyncBufRead, AsyncBufReadExt};

use crate::error::Error;
use crate::kafka::ends;

mod follow;

pub use follow::{GroupPosition, RecordFollower, RecordOutcome};

/// The number of records in flight before the first of them is waited for.
const UNDER_WAY: usize = 10_000;

/// The size of one request to a partition, in bytes: a file of records is sent several times faster
/// than with the client's 16 KiB, and brokers accept 1 MB by default.
const BATCH_BYTES: usize = 512 * 1024;

/// What all records that are sent have in common.
#[derive(Debug, Clone, Default)]
pub struct RecordTemplate {
    /// The topic.
    pub topic: String,
    /// The partition; `None` means that the key determines it.
    pub partition: Option<i32>,
    /// The key of records that have none of their own; `None` is null.
    pub key: Option<Bytes>,
    /// The headers, in order.
    pub headers: Vec<(String, Bytes)>,
}

/// Key, value and headers of one record, as they are sent.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// The key; `None` is null.
    pub key: Option<Bytes>,
    /// The value; `None` is a tombstone.
    pub value: Option<Bytes>,
    /// Headers that are sent after those of the template.
    pub headers: Vec<(String, Bytes)>,
}

/// The position of a record that was sent. Displays as `topic-partition@offset`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}@{}", self.topic, self.partition, self.offset)
    }
}

/// Sends one record, and waits until every in-sync replica has it.
///
/// # Errors
///
/// The topic does not exist, or the record may not be written.
pub async fn send(
    kafka: &Kafka,
    message: &RecordTemplate,
    prepared: Prepared,
) -> Result<Sent, Error> {
    let producer = open(kafka, message).await?;
    let sent = producer.send(record(message, prepared)).await.map_err(failed)?;
    producer.close().await.map_err(failed)?;
    Ok(Sent { topic: sent.topic, partition: sent.partition, offset: sent.offset })
}

/// Sends one record for each line of `input`, in order, and waits until every in-sync replica has
/// all of them. With a `separator`, the text before its first occurrence in a line is the key, or
/// else it is that of the template. `prepare` makes key and value what is sent. Returns the number of
/// records.
///
/// # Errors
///
/// The topic does not exist, the input cannot be read, or a record may not be written. If a line cannot
/// be prepared, those before it are sent, and the error says so.
pub async fn send_lines(
    kafka: &Kafka,
    message: &RecordTemplate,
    separator: Option<&str>,
    mut input: impl AsyncBufRead + Unpin,
    prepare: impl Fn(Option<Bytes>, Bytes) -> Result<Prepared, String>,
) -> Result<u64, Error> {
    let producer = open(kafka, message).await?;
    let mut under_way: VecDeque<DeliveryHandle> = VecDeque::new();
    let (mut count, mut wrong) = (0, None);
    let mut line = Vec::new();
    while read_line(&mut input, &mut line).await? {
        let (key, value) = split(&line, separator);
        let prepared = match prepare(key.or_else(|| message.key.clone()), value) {
            Ok(prepared) => prepared,
            Err(why) => {
                wrong = Some(Error::Record { line: count + 1, why });
                break;
            }
        };
        let handle = producer.enqueue(record(message, prepared)).await.map_err(failed)?;
        under_way.push_back(handle);
        count += 1;
        if under_way.len() > UNDER_WAY
            && let Some(oldest) = under_way.pop_front()
        {
            oldest.await.map(drop).map_err(failed)?;
        }
    }
    producer.flush().await.map_err(failed)?;
    for handle in under_way {
        handle.await.map(drop).map_err(failed)?;
    }
    producer.close().await.map_err(failed)?;
    wrong.map_or(Ok(count), Err)
}

async fn open(kafka: &Kafka, message: &RecordTemplate) -> Result<Producer, Error> {
    // For a topic that does not exist, the producer would wait for its whole delivery timeout.
    ends::partitions(kafka, std::slice::from_ref(&message.topic)).await?;
    let producer = kafka.producer().batch_size(BATCH_BYTES).metrics_push(false);
    producer.build().await.map_err(failed)
}

fn record(message: &RecordTemplate, prepared: Prepared) -> Record {
    let mut record = match prepared.value {
        Some(value) => Record::new(&message.topic, value),
        None => Record::new(&message.topic, Bytes::new()).without_value(),
    };
    if let Some(key) = prepared.key {
        record = record.key(key);
    }
    if let Some(partition) = message.partition {
        record = record.partition(partition);
    }
    for (name, value) in message.headers.iter().chain(&prepared.headers) {
        record = record.header(name, value.clone());
    }
    record
}

/// Reads a line without its line end; `false` at the end of the input. An empty line is a line.
///
/// # Errors
///
/// The input cannot be read.
pub async fn read_line(
    input: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> Result<bool, Error> {
    line.clear();
    let read = input.read_until(b'\n', line).await;
    let read = read.map_err(|error| Error::Io("cannot read the records".into(), error))?;
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    Ok(read > 0)
}

/// The key and the value of a line: with a `separator`, the text before its first occurrence is the
/// key.
#[must_use]
pub fn split(line: &[u8], separator: Option<&str>) -> (Option<Bytes>, Bytes) {
    let found = separator.and_then(|separator| {
        memchr::memmem::find(line, separator.as_bytes()).map(|at| (at, at + separator.len()))
    });
    match found {
        Some((key_end, value_start)) => (
            Some(Bytes::copy_from_slice(&line[..key_end])),
            Bytes::copy_from_slice(&line[value_start..]),
        ),
        None => (None, Bytes::copy_from_slice(line)),
    }
}

fn failed(source: KrafkaError) -> Error {
    Error::Kafka { doing: "cannot send", source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_separator_ends_the_key() {
        let pair = |line: &str, separator| {
            let (key, value) = split(line.as_bytes(), separator);
            let text = |bytes: Bytes| String::from_utf8_lossy(&bytes).into_owned();
            (key.map(text), text(value))
        };
        assert_eq!(pair("a:b:c", Some(":")), (Some("a".into()), "b:c".into()));
        assert_eq!(pair(":b", Some(":")), (Some(String::new()), "b".into()));
        assert_eq!(pair("a||", Some("||")), (Some("a".into()), String::new()));
        assert_eq!(pair("plain", Some(":")), (None, "plain".into()));
        assert_eq!(pair("a:b", None), (None, "a:b".into()));
    }

    #[tokio::test]
    async fn lines_end_as_on_any_system_and_an_empty_one_is_a_record() {
        let mut input: &[u8] = b"one\r\n\nthree\n";
        let mut lines = Vec::new();
        let mut line = Vec::new();
        while read_line(&mut input, &mut line).await.expect("reading from memory") {
            lines.push(String::from_utf8_lossy(&line).into_owned());
        }
        assert_eq!(lines, ["one", "", "three"]);
    }
}
