//! Letters to a topic: the record as it was, with the mark.

use std::collections::HashMap;

use krafka::Kafka;
use krafka::producer::{Producer, Record};

use super::To;
use super::letter::Letter;
use crate::drain;
use crate::error::Error;

/// Several times as fast as the client's 16 KiB, and below the 1 MB that brokers accept unless
/// told otherwise.
const BATCH_BYTES: usize = 512 * 1024;

pub(super) struct Post<'k> {
    kafka: &'k Kafka,
    producer: Producer,
    /// The topics known to exist, and their partitions.
    known: HashMap<String, Vec<i32>>,
}

impl<'k> Post<'k> {
    pub(super) async fn open(kafka: &'k Kafka) -> Result<Self, Error> {
        let producer = kafka.producer().batch_size(BATCH_BYTES).metrics_push(false);
        let producer = producer.build().await.map_err(Error::kafka("cannot send"))?;
        Ok(Self { kafka, producer, known: HashMap::new() })
    }

    /// Sends letters in their order. Returns how many of them, from the first on, all in-sync
    /// replicas have, and what kept the next from it; of those behind it some may be written too.
    pub(super) async fn send(&mut self, letters: &[Letter], to: &To) -> (usize, Result<(), Error>) {
        if let Err(error) = self.look_up(letters, to).await {
            return (0, Err(error));
        }
        let mut handles = Vec::with_capacity(letters.len());
        let mut failed = None;
        for letter in letters {
            match self.producer.enqueue(self.record(letter, to)).await {
                Ok(handle) => handles.push(handle),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        let mut sent = 0;
        let mut acknowledged = true;
        for handle in handles {
            match handle.await {
                Ok(_) if acknowledged => sent += 1,
                Ok(_) => {}
                Err(error) => {
                    if acknowledged {
                        failed = Some(error);
                    }
                    acknowledged = false;
                }
            }
        }
        let result =
            failed.map_or(Ok(()), |source| Err(Error::Kafka { doing: "cannot send", source }));
        (sent, result)
    }

    /// The producer would wait out its delivery timeout for a topic that is missing.
    async fn look_up(&mut self, letters: &[Letter], to: &To) -> Result<(), Error> {
        for topic in letters.iter().filter_map(|letter| topic(letter, to)) {
            if !self.known.contains_key(topic) {
                let found = drain::partitions(self.kafka, &[topic.to_owned()]).await?;
                let numbers = found.iter().map(|place| place.partition).collect();
                self.known.insert(topic.to_owned(), numbers);
            }
        }
        Ok(())
    }

    fn record(&self, letter: &Letter, to: &To) -> Record {
        let topic = topic(letter, to).unwrap_or_default();
        let mut record = Record::new(topic, bytes::Bytes::new());
        record.key.clone_from(&letter.key);
        record.value.clone_from(&letter.value);
        record.headers = letter.marked();
        record.timestamp = letter.timestamp;
        // Whoever wrote it may have chosen the partition otherwise than by its key, and later
        // records of the key are there.
        let same = letter.origin.as_ref().filter(|_| matches!(to, To::Source));
        let partitions = self.known.get(topic).map_or(&[][..], Vec::as_slice);
        let same = same.map(|origin| origin.partition);
        record.partition = same.filter(|number| partitions.contains(number));
        record
    }

    pub(super) async fn close(self) -> Result<(), Error> {
        self.producer.close().await.map_err(Error::kafka("cannot send"))
    }
}

fn topic<'l>(letter: &'l Letter, to: &'l To) -> Option<&'l str> {
    match to {
        To::Topic(topic) => Some(topic),
        _ => letter.topic.as_deref(),
    }
}
