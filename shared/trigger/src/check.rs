//! Records for a function to try out: from a topic, without a group and without committing
//! anything, or from lines of text; and the event that asks for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use krafka::consumer::{AutoOffsetReset, Consumer, ConsumerRecord, IsolationLevel};
use krafka::{Kafka, KrafkaError};

use crate::assignment::Place;
use crate::batch::{Batch, Slice};
use crate::drain;
use crate::error::Error;
use crate::event;

/// How long a partition may take to hand out records that it has.
const PATIENCE: Duration = Duration::from_secs(30);
const WAIT: Duration = Duration::from_millis(200);

/// The body of an invocation that tries an event out. A function that does not know it finds no
/// event in it, and so writes nothing.
#[must_use]
pub fn check_body(event: &[u8]) -> Bytes {
    [br#"{"sluice":"check","event":"#, event, b"}"].concat().into()
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

/// An event with the newest records of each partition of `topic`, `last` of each at the most. No
/// group is joined, and nothing is committed. `None` if the topic is empty.
///
/// # Errors
///
/// If the topic is missing or cannot be read.
pub async fn event_of_topic(kafka: &Kafka, topic: &str, last: u32) -> Result<Option<Bytes>, Error> {
    let partitions = drain::partitions(kafka, &[topic.to_owned()]).await?;
    let failed = |source| Error::Kafka { doing: "cannot read the topic", source };
    let consumer = kafka
        .consumer_without_group()
        .auto_offset_reset(AutoOffsetReset::Earliest)
        .isolation_level(IsolationLevel::ReadCommitted)
        .fetch_max_wait(WAIT)
        .metrics_push(false)
        .build()
        .await
        .map_err(failed)?;
    let mut slices = Vec::new();
    for (Place { partition, .. }, end) in drain::ends(kafka, &partitions).await? {
        consumer.assign(topic, vec![partition]).await.map_err(failed)?;
        let start = (end - i64::from(last)).max(0);
        consumer.seek(topic, partition, start).await.map_err(failed)?;
        let records = read(&consumer, topic, partition, end).await.map_err(failed)?;
        slices.extend((!records.is_empty()).then_some((partition, records)));
    }
    consumer.close().await.map_err(failed)?;
    Ok((!slices.is_empty()).then(|| event_of(topic, slices)))
}

/// Reads up to `end`; what lies before the oldest record that is left is not waited for.
async fn read(
    consumer: &Consumer,
    topic: &str,
    partition: i32,
    end: i64,
) -> Result<Vec<ConsumerRecord>, KrafkaError> {
    let mut records = Vec::new();
    let start = Instant::now();
    // Control records of transactions have offsets too, and are never handed out.
    while consumer.position(topic, partition).await.is_none_or(|position| position < end) {
        if start.elapsed() > PATIENCE {
            return Err(KrafkaError::timeout("a partition hands out no records"));
        }
        records.extend(consumer.poll(WAIT).await?.into_iter().filter(|record| record.offset < end));
    }
    Ok(records)
}

fn event_of(topic: &str, slices: Vec<(i32, Vec<ConsumerRecord>)>) -> Bytes {
    let slice = |(partition, records)| Slice::new(partition, 0, records);
    let slices = slices.into_iter().map(slice).collect();
    event::write(&Batch::new(Arc::from(topic), slices), "")
}
