//! Commits offsets, one commit at a time.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use krafka::KrafkaError;
use krafka::consumer::{Consumer, OffsetAndMetadata, TopicPartition as ClientPartition};

use crate::assignment::Assignment;
use crate::kafka::topic_partition::TopicPartition;
use crate::time::retry;

/// Offsets to commit: the partition, its epoch, the next offset to read.
pub(crate) type SettledOffsets = Vec<(TopicPartition, u64, i64)>;

type Sending = Pin<Box<dyn Future<Output = Result<(), KrafkaError>> + Send>>;

pub(crate) struct Committer {
    consumer: Arc<Consumer>,
    sending: Option<(SettledOffsets, Sending)>,
    /// The number of failed commits in a row.
    failures: u32,
    not_before: Option<Instant>,
}

impl Committer {
    pub(crate) fn new(consumer: Arc<Consumer>) -> Self {
        Self { consumer, sending: None, failures: 0, not_before: None }
    }

    /// Commits the settled offsets, unless a commit is running or the last one has just failed.
    /// Then the next commit includes them.
    pub(crate) fn send(&mut self, assignment: &Assignment, now: Instant) {
        let waits = self.not_before.is_some_and(|not_before| not_before > now);
        if self.sending.is_some() || waits {
            return;
        }
        let offsets = assignment.uncommitted();
        if offsets.is_empty() {
            return;
        }
        let request: Vec<_> = offsets
            .iter()
            .map(|(topic_partition, _, offset)| {
                let partition =
                    ClientPartition::new(&*topic_partition.topic, topic_partition.partition);
                let owned = assignment.get(topic_partition);
                let topic_id = owned.and_then(|partition| partition.topic_id.as_ref());
                let offset = match topic_id {
                    Some(topic_id) => {
                        OffsetAndMetadata::with_metadata(*offset, topic_id.metadata())
                    }
                    None => OffsetAndMetadata::new(*offset),
                };
                (partition, offset)
            })
            .collect();
        let consumer = Arc::clone(&self.consumer);
        let sending = Box::pin(async move { consumer.commit_offsets(request).await });
        self.sending = Some((offsets, sending));
    }

    /// Waits for the running commit, without end if there is none. Returns the committed offsets,
    /// or the error.
    pub(crate) async fn sent(&mut self) -> Result<SettledOffsets, KrafkaError> {
        let Some((_, sending)) = &mut self.sending else { return std::future::pending().await };
        let result = sending.await;
        let offsets = self.sending.take().map(|(offsets, _)| offsets).unwrap_or_default();
        match result {
            Ok(()) => {
                self.failures = 0;
                self.not_before = None;
                Ok(offsets)
            }
            Err(error) => {
                self.failures += 1;
                self.not_before = Some(Instant::now() + retry::pause(self.failures));
                Err(error)
            }
        }
    }

    pub(crate) fn is_sending(&self) -> bool {
        self.sending.is_some()
    }

    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// When the next commit is allowed after a failed one.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        self.not_before
    }
}
