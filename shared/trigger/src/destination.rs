//! The on-failure destination: a topic that receives an envelope for each record that is given up.
//!
//! The assignment decides when records are given up, and settles them once the destination has
//! them. The format of an envelope is in [`crate::destination::envelope`].

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

/// How long the broker may take to acknowledge the envelopes of one batch before they are sent
/// again.
const DEADLINE: Duration = Duration::from_secs(60);

/// The topic for envelopes and its cluster.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The topic. It must exist, and the mapping must not read it.
    pub topic: String,
    /// How to connect to its cluster.
    pub access: Access,
}

/// A connected destination whose topic exists.
pub(crate) struct DestinationProducer {
    topic: String,
    producer: Mutex<KafkaProducer>,
}

/// Why envelopes may not be written.
#[derive(Debug)]
pub(crate) enum DestinationError {
    /// A retry may help.
    Retriable(String),
    /// The topic refuses one of the envelopes for good.
    Permanent(String),
}

impl DestinationProducer {
    /// Connects and checks that the topic exists.
    pub(crate) async fn open(destination: Destination) -> Result<Self, Error> {
        let mut producer = KafkaProducer::new(destination.access);
        let found = producer.check_topic(&destination.topic, Instant::now() + DEADLINE).await;
        found.map_err(|error| Error::Access(format!("the on-failure destination: {error}")))?;
        Ok(Self { topic: destination.topic, producer: Mutex::new(producer) })
    }

    /// Writes an envelope for each record of `batch`, which is discarded, and waits until all
    /// in-sync replicas have them. If this is repeated, envelopes that were written before are
    /// duplicated.
    pub(crate) async fn send(
        &self,
        batch: &Batch,
        source: Source<'_>,
    ) -> Result<(), DestinationError> {
        let letters = self.letters(batch, source);
        let results = self.producer.lock().await.send(&letters, Instant::now() + DEADLINE).await;
        let mut retriable = None;
        for error in results.into_iter().filter_map(Result::err) {
            match error {
                SendError::TooLarge(_) | SendError::Refused(_) => {
                    return Err(DestinationError::Permanent(error.to_string()));
                }
                error => retriable = Some(error),
            }
        }
        retriable.map_or(Ok(()), |error| Err(DestinationError::Retriable(error.to_string())))
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
