//! Sends the records of letters to a topic: each as it was, with the mark, in order, and once.
//!
//! A broker refuses a whole batch. Letters are sent in groups of at most one batch for each
//! partition, and the next group waits for the last one, so that the order is kept if a batch is
//! refused. The records of a refused batch are sent again one by one.

use std::collections::HashMap;
use std::time::Duration;

use krafka::error::ErrorCode;
use krafka::producer::{DeliveryHandle, Producer, Record};
use krafka::{Kafka, KrafkaError};
use sluice_kafka::SendError;

use super::letter::Letter;
use super::settings::ReplayTarget;
use crate::error::Error;
use crate::kafka::ends;

/// Less than the 1 MB that brokers accept by default.
const BATCH_BYTES: usize = 512 * 1024;
/// The largest size of a group of letters, in bytes. It leaves room for what a batch adds to them.
const GROUP_BYTES: usize = 384 * 1024;
/// The approximate size of a record without its key, value and headers, in bytes.
const RECORD_BYTES: usize = 200;
/// Longer than it takes to queue a group: the group is sent when it is flushed.
const LINGER: Duration = Duration::from_secs(5);
/// The largest size of a record; brokers that accept more are rare.
const BUFFER_BYTES: usize = 64 * 1024 * 1024;

const MISSING: ErrorCode = ErrorCode::UnknownTopicOrPartition;

pub(super) struct TopicSender<'k> {
    kafka: &'k Kafka,
    producer: Producer,
    servers: &'k str,
    /// The topics that were looked up: their partitions, or why the topic cannot be used.
    known: HashMap<String, Result<Vec<i32>, String>>,
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
        let producer = kafka.producer().batch_size(BATCH_BYTES).linger(LINGER);
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
            let group = &letters[done.len()..];
            let group = &group[..fitting(group)];
            if let Err(error) = self.send_group(group, to, &mut done).await {
                return (done, Err(error));
            }
        }
        (done, Ok(()))
    }

    async fn send_group(
        &mut self,
        group: &[Letter],
        to: &ReplayTarget,
        done: &mut Vec<SendResult>,
    ) -> Result<(), Error> {
        let mut queued = Vec::with_capacity(group.len());
        for letter in group {
            queued.push(self.enqueue(letter, to).await);
        }
        self.producer.flush().await.map_err(Error::kafka("cannot send"))?;
        let mut results = Vec::with_capacity(group.len());
        for (letter, handle) in group.iter().zip(queued) {
            results.push(self.acknowledged(letter, to, handle).await);
        }
        for (letter, result) in group.iter().zip(results) {
            done.push(match result {
                Ok(()) => Ok(()),
                Err(Unsent::Failed(error)) => return Err(error),
                Err(Unsent::Refused(reason)) if group.len() == 1 => Err(reason),
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
        let handle = self.enqueue(letter, to).await;
        self.producer.flush().await.map_err(Error::kafka("cannot send"))?;
        match self.acknowledged(letter, to, handle).await {
            Ok(()) => Ok(Ok(())),
            Err(Unsent::Refused(reason)) => Ok(Err(reason)),
            Err(Unsent::Failed(error)) => Err(error),
        }
    }

    async fn enqueue(
        &mut self,
        letter: &Letter,
        to: &ReplayTarget,
    ) -> Result<DeliveryHandle, Unsent> {
        let topic = topic(letter, to);
        let partitions = self.look_up(topic).await?;
        let record = record(letter, to, topic, partitions);
        if let Err(error) = record.validate() {
            return Err(Unsent::Refused(format!("the record cannot be sent: {error}")));
        }
        if record.estimated_size() > BUFFER_BYTES {
            return Err(Unsent::Refused(format!("the record is larger than {BUFFER_BYTES} bytes")));
        }
        let queued = self.producer.enqueue(record).await;
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

    /// The partitions of a topic. For a topic that does not exist, the producer would wait for its
    /// whole delivery timeout.
    async fn look_up(&mut self, topic: &str) -> Result<&[i32], Unsent> {
        if !self.known.contains_key(topic) {
            let found = if is_name(topic) {
                match ends::partitions(self.kafka, &[topic.to_owned()]).await {
                    Ok(found) => Ok(found.iter().map(|place| place.partition).collect()),
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
        match self.known.get(topic) {
            Some(Ok(partitions)) => Ok(partitions),
            Some(Err(reason)) => Err(Unsent::Refused(reason.clone())),
            None => Ok(&[]),
        }
    }

    pub(super) async fn close(self) -> Result<(), Error> {
        self.producer.close().await.map_err(Error::kafka("cannot send"))
    }
}

/// How many of the letters, from the first on, are one group.
fn fitting(letters: &[Letter]) -> usize {
    let mut bytes = 0;
    let fits = |letter: &&Letter| {
        bytes += letter.size() + RECORD_BYTES;
        bytes <= GROUP_BYTES
    };
    letters.iter().take_while(fits).count().max(1)
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
