//! Sends the records of letters to a topic: each as it was, with the mark, in order, and once.
//!
//! A broker refuses a whole batch. Letters are sent in groups of at most one batch for each
//! partition, and the next group waits for the last one, so that the order is kept if a batch is
//! refused. The records of a refused batch are sent again one by one.
//!
//! A batch that is too large for its topic would break the order: the client divides it and writes
//! the parts that fit, also those behind a part that does not. So no group is larger than its topics
//! accept (`max.message.bytes`), and a record is alone if that is not known or if it is larger.

use std::collections::HashMap;
use std::time::Duration;

use krafka::error::ErrorCode;
use krafka::producer::{DeliveryHandle, Producer, Record};
use krafka::{Kafka, KrafkaError};
use sluice_kafka::{SendError, max_message_bytes};

use super::letter::Letter;
use super::settings::ReplayTarget;
use crate::error::Error;
use crate::kafka::ends;

/// The largest size of a group of letters, in bytes, whatever its topics accept.
const GROUP_BYTES: usize = 512 * 1024;
/// Longer than it takes to queue a group: the group is sent when it is flushed.
const LINGER: Duration = Duration::from_secs(5);
/// The largest size of a record; brokers that accept more are rare.
const BUFFER_BYTES: usize = 64 * 1024 * 1024;

const MISSING: ErrorCode = ErrorCode::UnknownTopicOrPartition;

pub(super) struct TopicSender<'k> {
    kafka: &'k Kafka,
    producer: Producer,
    servers: &'k str,
    /// The topics that were looked up, or why a topic cannot be used.
    known: HashMap<String, Result<Destination, String>>,
}

/// A topic that exists.
struct Destination {
    partitions: Vec<i32>,
    /// How many bytes a batch may have, if that is known.
    limit: Option<usize>,
}

/// The size of a group, and the largest size that all of its topics accept, in bytes.
struct GroupSize {
    bytes: usize,
    most: usize,
}

impl GroupSize {
    /// Adds a record. `false` if the group is too large then, or if that is not known.
    fn takes(&mut self, bytes: usize, limit: Option<usize>) -> bool {
        self.bytes += bytes;
        self.most = self.most.min(limit.unwrap_or(0));
        self.bytes <= self.most
    }
}

/// The result of a letter: sent, or refused for good with a reason.
pub(super) type SendResult = Result<(), String>;

/// Why a letter may not be sent.
enum Unsent {
    /// The topic refuses it for good.
    Refused(String),
    /// Every other error.
    Failed(Error),
}

impl<'k> TopicSender<'k> {
    pub(super) async fn open(kafka: &'k Kafka, servers: &'k str) -> Result<Self, Error> {
        let producer = kafka.producer().batch_size(GROUP_BYTES).linger(LINGER);
        let producer = producer.buffer_memory(BUFFER_BYTES).metrics_push(false);
        let producer = producer.build().await.map_err(Error::kafka("cannot send"))?;
        Ok(Self { kafka, producer, servers, known: HashMap::new() })
    }

    /// Sends letters in their order. Returns the results, from the first letter on, and the error
    /// of the next letter, if there is one. Some of the letters after it may be written too.
    pub(super) async fn send(
        &mut self,
        letters: &[Letter],
        to: &ReplayTarget,
    ) -> (Vec<SendResult>, Result<(), Error>) {
        let mut done = Vec::with_capacity(letters.len());
        while done.len() < letters.len() {
            let behind = &letters[done.len()..];
            let group = self.group(behind, to).await;
            if let Err(error) = self.send_group(&behind[..group.len()], to, group, &mut done).await
            {
                return (done, Err(error));
            }
        }
        (done, Ok(()))
    }

    /// The records of the first letters, as many as are one group.
    async fn group(
        &mut self,
        letters: &[Letter],
        to: &ReplayTarget,
    ) -> Vec<Result<Record, Unsent>> {
        let (mut group, mut size) = (Vec::new(), GroupSize { bytes: 0, most: GROUP_BYTES });
        for letter in letters {
            let record = self.record(letter, to).await;
            let is_full = match &record {
                Ok((record, limit)) => !size.takes(record.estimated_size(), *limit),
                Err(_) => false,
            };
            if is_full && !group.is_empty() {
                break;
            }
            group.push(record.map(|(record, _)| record));
            if is_full {
                break;
            }
        }
        group
    }

    async fn send_group(
        &mut self,
        letters: &[Letter],
        to: &ReplayTarget,
        group: Vec<Result<Record, Unsent>>,
        done: &mut Vec<SendResult>,
    ) -> Result<(), Error> {
        let mut queued = Vec::with_capacity(group.len());
        for record in group {
            queued.push(self.enqueue(record).await);
        }
        self.producer.flush().await.map_err(Error::kafka("cannot send"))?;
        let mut results = Vec::with_capacity(queued.len());
        for (letter, handle) in letters.iter().zip(queued) {
            results.push(self.acknowledged(letter, to, handle).await);
        }
        for (letter, result) in letters.iter().zip(results) {
            done.push(match result {
                Ok(()) => Ok(()),
                Err(Unsent::Failed(error)) => return Err(error),
                Err(Unsent::Refused(reason)) if letters.len() == 1 => Err(reason),
                Err(Unsent::Refused(_)) => self.send_alone(letter, to).await?,
            });
        }
        Ok(())
    }

    /// Sends a letter of a refused batch again: only if it is refused alone, it is the cause.
    async fn send_alone(
        &mut self,
        letter: &Letter,
        to: &ReplayTarget,
    ) -> Result<SendResult, Error> {
        let record = self.record(letter, to).await.map(|(record, _)| record);
        let handle = self.enqueue(record).await;
        self.producer.flush().await.map_err(Error::kafka("cannot send"))?;
        match self.acknowledged(letter, to, handle).await {
            Ok(()) => Ok(Ok(())),
            Err(Unsent::Refused(reason)) => Ok(Err(reason)),
            Err(Unsent::Failed(error)) => Err(error),
        }
    }

    /// The record of a letter, and what its topic accepts.
    async fn record(
        &mut self,
        letter: &Letter,
        to: &ReplayTarget,
    ) -> Result<(Record, Option<usize>), Unsent> {
        let topic = topic(letter, to);
        let destination = self.look_up(topic).await?;
        let record = record(letter, to, topic, &destination.partitions);
        if let Err(error) = record.validate() {
            return Err(Unsent::Refused(format!("the record cannot be sent: {error}")));
        }
        if record.estimated_size() > BUFFER_BYTES {
            return Err(Unsent::Refused(format!("the record is larger than {BUFFER_BYTES} bytes")));
        }
        Ok((record, destination.limit))
    }

    async fn enqueue(&self, record: Result<Record, Unsent>) -> Result<DeliveryHandle, Unsent> {
        let queued = self.producer.enqueue(record?).await;
        queued.map_err(|source| Unsent::Failed(Error::Kafka { doing: "cannot send", source }))
    }

    async fn acknowledged(
        &self,
        letter: &Letter,
        to: &ReplayTarget,
        handle: Result<DeliveryHandle, Unsent>,
    ) -> Result<(), Unsent> {
        let Err(source) = handle?.await else { return Ok(()) };
        let has_key = letter.key.is_some();
        match SendError::writing(&source, topic(letter, to), self.servers, has_key) {
            SendError::TooLarge(reason) | SendError::Refused(reason) => {
                Err(Unsent::Refused(reason))
            }
            _ => Err(Unsent::Failed(Error::Kafka { doing: "cannot send", source })),
        }
    }

    /// Asks for a topic. For a topic that does not exist, the producer would wait for its whole
    /// delivery timeout.
    async fn look_up(&mut self, topic: &str) -> Result<&Destination, Unsent> {
        if !self.known.contains_key(topic) {
            let found = if is_name(topic) {
                match ends::partitions(self.kafka, &[topic.to_owned()]).await {
                    Ok(found) => Ok(Destination {
                        partitions: found.iter().map(|place| place.partition).collect(),
                        limit: max_message_bytes(self.kafka, topic).await,
                    }),
                    Err(Error::Topic(_, KrafkaError::Broker { code: MISSING, .. })) => {
                        Err(format!("topic {topic} does not exist"))
                    }
                    Err(error) => return Err(Unsent::Failed(error)),
                }
            } else {
                Err("the name of the topic in the letter is not valid".to_owned())
            };
            self.known.insert(topic.to_owned(), found);
        }
        match &self.known[topic] {
            Ok(destination) => Ok(destination),
            Err(reason) => Err(Unsent::Refused(reason.clone())),
        }
    }

    pub(super) async fn close(self) -> Result<(), Error> {
        self.producer.close().await.map_err(Error::kafka("cannot send"))
    }
}

/// Kafka's rule for topic names.
fn is_name(topic: &str) -> bool {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (1..=249).contains(&topic.len()) && topic.chars().all(is_legal) && !matches!(topic, "." | "..")
}

fn record(letter: &Letter, to: &ReplayTarget, topic: &str, partitions: &[i32]) -> Record {
    let mut record = Record::new(topic, bytes::Bytes::new());
    record.key.clone_from(&letter.key);
    record.value.clone_from(&letter.value);
    record.headers = letter.marked();
    record.timestamp = letter.timestamp;
    // The record's producer may not have used the key to choose the partition, and later records
    // of the same key are in that partition.
    let same = letter.origin.as_ref().filter(|_| matches!(to, ReplayTarget::Source));
    let same = same.map(|origin| origin.partition);
    record.partition = same.filter(|number| partitions.contains(number));
    record
}

pub(super) fn topic<'l>(letter: &'l Letter, to: &'l ReplayTarget) -> &'l str {
    match to {
        ReplayTarget::Topic(topic) => topic,
        _ => letter.topic.as_deref().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_holds_what_each_of_its_topics_accepts() {
        let takes = |records: &[(usize, Option<usize>)]| {
            let mut size = GroupSize { bytes: 0, most: GROUP_BYTES };
            records.iter().take_while(|(bytes, limit)| size.takes(*bytes, *limit)).count()
        };
        assert_eq!(takes(&[(400, Some(1000)), (600, Some(1000)), (1, Some(1000))]), 2);
        assert_eq!(takes(&[(400, Some(1000)), (1, Some(300))]), 1);
        assert_eq!(takes(&[(GROUP_BYTES, Some(usize::MAX)), (1, Some(usize::MAX))]), 1);
        assert_eq!(takes(&[(1, None)]), 0, "it goes alone");
    }
}
