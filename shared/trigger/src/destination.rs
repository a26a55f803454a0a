//! The on-failure destination: a topic that receives an envelope for each record given up.
//!
//! When records are given up, and that they are settled only once they have arrived, is the
//! assignment's business; what an envelope looks like is in [`crate::destination::envelope`].

use std::time::{Duration, SystemTime};

use krafka::consumer::ConsumerRecord;
use sluice_kafka::{Access, KafkaProducer, Message, Producer, SendError};
use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use crate::error::Error;
use crate::event::batch::{Batch, Slice};

pub mod envelope;

use envelope::Source;

/// How long the envelopes of one batch may take before they are sent again.
const DEADLINE: Duration = Duration::from_secs(60);

/// Where envelopes go.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The topic, which must exist and is none of those that are read.
    pub topic: String,
    /// The way to its cluster.
    pub access: Access,
}

/// A destination that is known to exist.
pub(crate) struct Postbox {
    topic: String,
    producer: Mutex<KafkaProducer>,
}

/// Why envelopes are not known to be written.
#[derive(Debug)]
pub(crate) enum Undelivered {
    /// Trying again may help.
    Yet(String),
    /// The topic does not take one of them as it is.
    Ever(String),
}

impl Postbox {
    /// Connects and looks the topic up.
    pub(crate) async fn open(destination: Destination) -> Result<Self, Error> {
        let mut producer = KafkaProducer::new(destination.access);
        let found = producer.check_topic(&destination.topic, Instant::now() + DEADLINE).await;
        found.map_err(|error| Error::Access(format!("the on-failure destination: {error}")))?;
        Ok(Self { topic: destination.topic, producer: Mutex::new(producer) })
    }

    /// Writes an envelope for each record of `batch`, which is discarded, and waits until all
    /// in-sync replicas have them. Writing them again doubles those that had arrived.
    pub(crate) async fn post(&self, batch: &Batch, source: Source<'_>) -> Result<(), Undelivered> {
        let letters = self.letters(batch, source);
        let results = self.producer.lock().await.send(&letters, Instant::now() + DEADLINE).await;
        let mut yet = None;
        for error in results.into_iter().filter_map(Result::err) {
            match error {
                SendError::TooLarge(_) | SendError::Refused(_) => {
                    return Err(Undelivered::Ever(error.to_string()));
                }
                error => yet = Some(error),
            }
        }
        yet.map_or(Ok(()), |error| Err(Undelivered::Yet(error.to_string())))
    }

    fn letters(&self, batch: &Batch, source: Source<'_>) -> Vec<Message> {
        let Some(discard) = &batch.discarded else { return Vec::new() };
        let request = batch.request.clone().unwrap_or_else(|| Uuid::new_v4().to_string());
        let now = SystemTime::now();
        let letter = |slice: &Slice, record: &ConsumerRecord| Message {
            topic: self.topic.clone(),
            key: record.key.clone(),
            value: Some(envelope::write(record, slice, &request, discard, source, now)),
            headers: Vec::new(),
            timestamp: None,
        };
        let mut letters = Vec::with_capacity(batch.len());
        for slice in &batch.slices {
            letters.extend(slice.records.iter().map(|record| letter(slice, record)));
        }
        letters
    }
}
