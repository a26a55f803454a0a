//! The event of `sluice check` and `sluice schema`: records of a topic, read without a group and without a commit, or
//! lines of text.

use std::sync::Arc;

use bytes::Bytes;
use krafka::Kafka;
use krafka::consumer::ConsumerRecord;

use crate::error::Error;
use crate::event;
use crate::event::batch::{Batch, Slice};
use crate::kafka::ends;
use crate::kafka::reader::Reader;
use crate::kafka::topic_partition::TopicPartition;

/// The body of an invocation that checks an event, and shows the values if it is `with_values`. A
/// function that does not support this does not find an event in it, and writes nothing.
#[must_use]
pub fn check_body(event: &[u8], with_values: bool) -> Bytes {
    let values = if with_values { r#","values":true"# } else { "" };
    let open = format!(r#"{{"sluice":"check"{values},"event":"#);
    [open.as_bytes(), event, b"}"].concat().into()
}

/// The body of an invocation that checks a source, and shows rows if it is `with_values`. A sink does not find an event in
/// it, and writes nothing.
#[must_use]
pub fn source_check_body(with_values: bool) -> Bytes {
    format!(r#"{{"sluice":"check","values":{with_values}}}"#).into()
}

/// The body of an invocation that tells what the records of an event are declared as. As for
/// [`check_body`], a function that does not support this finds no event in it.
#[must_use]
pub fn schema_body(event: &[u8]) -> Bytes {
    [br#"{"sluice":"schema","event":"#, event, b"}"].concat().into()
}

/// An event with a record for each value, at offsets 0, 1, … of partition 0 of `topic`.
#[must_use]
pub fn event_of_values(
    topic: &str,
    values: impl IntoIterator<Item = (Option<Bytes>, Bytes)>,
) -> Bytes {
    let values = values.into_iter().enumerate();
    let records = values.map(|(offset, (key, value))| {
        ConsumerRecord::new(topic, 0, offset as i64, key, Some(value))
    });
    event_of(topic, vec![(0, records.collect())])
}

/// An event with the newest records of each partition of `topic`, at most `last` of each. This
/// joins no group and commits nothing. `None` if the topic is empty.
///
/// # Errors
///
/// The topic is missing or cannot be read.
pub async fn event_of_topic(kafka: &Kafka, topic: &str, last: u32) -> Result<Option<Bytes>, Error> {
    let slices = newest(kafka, topic, last).await?;
    Ok((!slices.is_empty()).then(|| event_of(topic, slices)))
}

/// The newest records of each partition that has some, at most `last` of each.
pub(crate) async fn newest(
    kafka: &Kafka,
    topic: &str,
    last: u32,
) -> Result<Vec<(i32, Vec<ConsumerRecord>)>, Error> {
    let partitions = ends::partitions(kafka, &[topic.to_owned()]).await?;
    let mut slices = Vec::new();
    for (TopicPartition { partition, .. }, end) in ends::ends(kafka, &partitions).await? {
        let records = last_of(kafka, (topic, partition), last, end).await?;
        slices.extend((!records.is_empty()).then_some((partition, records)));
    }
    Ok(slices)
}

/// The last records before `end`. Not every offset has one: transactions have markers, and compaction leaves gaps.
async fn last_of(
    kafka: &Kafka,
    topic_partition: (&str, i32),
    last: u32,
    end: i64,
) -> Result<Vec<ConsumerRecord>, Error> {
    let mut span = i64::from(last);
    loop {
        let start = end.saturating_sub(span).max(0);
        let mut records = read(kafka, topic_partition, start, end).await?;
        if records.len() >= last as usize || start == 0 {
            records.drain(..records.len().saturating_sub(last as usize));
            return Ok(records);
        }
        span = span.saturating_mul(8);
    }
}

async fn read(
    kafka: &Kafka,
    topic_partition: (&str, i32),
    start: i64,
    end: i64,
) -> Result<Vec<ConsumerRecord>, Error> {
    let reader = Reader::open(kafka, topic_partition, start, end).await?;
    let mut records = Vec::new();
    loop {
        let next = reader.next().await?;
        if next.is_empty() {
            reader.close().await;
            return Ok(records);
        }
        records.extend(next);
    }
}

/// An event of records of each partition of a topic.
pub(crate) fn event_of(topic: &str, slices: Vec<(i32, Vec<ConsumerRecord>)>) -> Bytes {
    let slice = |(partition, records)| Slice::new(partition, 0, records);
    let slices = slices.into_iter().map(slice).collect();
    event::write(&Batch::new(Arc::from(topic), slices), "")
}
