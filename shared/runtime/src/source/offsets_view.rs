//! Kafka for a check of a source: its offsets, and what its topics accept. Nothing is written, and no other instance is
//! superseded.

use std::collections::HashMap;
use std::time::Duration;

use sluice_kafka::{Access, SendError, TRANSACTION_TIMEOUT, acceptance, read_compacted};
use sluice_source::encoding::{Part, Schema};
use sluice_source::error::SourceError;
use sluice_source::journal::{Journal, Opened};
use sluice_source::options::letter::Letter;
use sluice_source::source::SourceRecord;
use tokio::time::Instant;

use super::journal::{Schemas, excess, refused, unsent};

/// What a schema that is not registered is written with.
const NO_ID: u32 = 0;

/// What is there, and what an invocation would find.
pub(crate) struct OffsetsView {
    pub(crate) access: Access,
    pub(crate) topic: String,
    pub(crate) schemas: Schemas,
    /// By when the offsets must be read.
    pub(crate) deadline: Instant,
    /// Whether the topic of the offsets exists.
    pub(crate) exists: bool,
    /// What each topic accepts, or why nothing can be sent to it.
    pub(crate) topics: HashMap<String, Result<Option<usize>, SendError>>,
}

impl Journal for OffsetsView {
    async fn connect(&mut self) -> Result<(), SourceError> {
        Ok(())
    }

    async fn open(&mut self, topics: &[&str], _: usize) -> Result<Opened<Self>, SourceError> {
        let (offsets, accepted) = tokio::join!(
            read_compacted(&self.access, &self.topic, self.deadline),
            acceptance(&self.access, topics),
        );
        let offsets = offsets.map_err(|error| unsent(&error))?;
        self.topics = accepted.map_err(|error| unsent(&error))?;
        self.exists = offsets.is_some();
        let offsets = offsets.unwrap_or_default().into_iter();
        let offsets = offsets.map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
        Ok(Opened { offsets, beside: Vec::new() })
    }

    async fn schema(
        &mut self,
        topic: &str,
        part: Part,
        schema: Schema,
    ) -> Result<u32, SourceError> {
        match self.schemas.id(&part.subject(topic), &schema, false).await {
            // An invocation registers it.
            Err(error) if self.schemas.registers && error.cause.code.as_deref() == Some("404") => {
                Ok(NO_ID)
            }
            found => found.map_err(refused),
        }
    }

    fn excess(&self, topic: &str, record: &SourceRecord) -> Option<String> {
        let limit = self.topics.get(topic).and_then(|accepts| accepts.clone().ok()?);
        excess(topic, record, limit, usize::MAX)
    }

    fn longest(&self) -> Duration {
        TRANSACTION_TIMEOUT
    }

    async fn send(&mut self, _: &str, _: &mut Vec<SourceRecord>) -> Result<(), SourceError> {
        Err(read_only())
    }

    async fn send_letters(&mut self, _: &str, _: &mut Vec<Letter>) -> Result<(), SourceError> {
        Err(read_only())
    }

    async fn commit(&mut self, _: &[u8], _: Option<&[u8]>) -> Result<(), SourceError> {
        Err(read_only())
    }

    async fn abort(&mut self) -> Result<(), SourceError> {
        Ok(())
    }
}

fn read_only() -> SourceError {
    SourceError::stop("a check writes nothing")
}
