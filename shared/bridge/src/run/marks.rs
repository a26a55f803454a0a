//! Exactly once: how far each partition was written. The offset is stored with the rows and
//! committed with them. Records before it were already written and are skipped.
//!
//! The offset is a high-water mark, like the offset of a consumer group: to write older records
//! again, delete its row.

use crate::event::incoming::Incoming;
use crate::event::reader::Event;
use crate::event::record::Record;
use crate::model::failure::SinkError;
use crate::options::rules::Rules;
use crate::sink::partition_offset::PartitionOffset;
use crate::sink::target::Sink;

/// The progress of an event's partitions, locked until the transaction ends.
#[derive(Debug, Default)]
pub(crate) struct Marks(Vec<PartitionOffset>);

impl Marks {
    /// Locks and reads it; empty if no offsets are stored.
    ///
    /// # Errors
    /// The sink's error; `Fatal` if offsets have started again, or the body is not an event.
    pub(crate) async fn open<S: Sink>(
        sink: &mut S,
        event: &mut Incoming<'_>,
        rules: &Rules,
    ) -> Result<Self, SinkError> {
        let Some(offsets_table) = &rules.offsets_table else { return Ok(Self::default()) };
        let event = event.whole()?;
        let mut asked: Vec<PartitionOffset> = Vec::new();
        for record in &event.records {
            if !asked.iter().rev().any(|offset| offset.is_of(record)) {
                asked.push(PartitionOffset {
                    topic: record.topic.to_owned(),
                    partition: record.partition,
                    table: rules.routes.table(record.topic).to_string(),
                    next_offset: 0,
                    latest_timestamp: None,
                });
            }
        }
        // Always in the same order, so that concurrent invocations do not block each other.
        asked.sort();
        let progress = Self(sink.lock_offsets(offsets_table, &asked).await?);
        progress.check(event)?;
        Ok(progress)
    }

    /// A record before the stored offset that is newer than everything written there was never
    /// seen: its topic was deleted and created again, and skipping the record would lose it.
    fn check(&self, event: &Event<'_>) -> Result<(), SinkError> {
        let is_new = |record: &&Record<'_>| {
            let latest = self.of(record).and_then(|offset| offset.latest_timestamp);
            self.has(record) && latest.is_some_and(|latest| record.timestamp > Some(latest))
        };
        let Some(record) = event.records.iter().find(is_new) else { return Ok(()) };
        Err(SinkError::fatal(format!(
            "topic {} partition {} offset {} has a later timestamp than every record written from this partition, but a lower offset than the stored one: the topic was deleted and created again; delete its row from the offsets table",
            record.topic, record.partition, record.offset
        )))
    }

    fn of(&self, record: &Record<'_>) -> Option<&PartitionOffset> {
        self.0.iter().find(|offset| offset.is_of(record))
    }

    /// Whether a record was written already.
    pub(crate) fn has(&self, record: &Record<'_>) -> bool {
        self.of(record).is_some_and(|offset| record.offset < offset.next_offset)
    }

    /// Moves the offsets past the records of an event and stores them.
    ///
    /// # Errors
    /// The sink's error.
    pub(crate) async fn store<S: Sink>(
        mut self,
        sink: &mut S,
        event: &Event<'_>,
        rules: &Rules,
    ) -> Result<(), SinkError> {
        let Some(offsets_table) = &rules.offsets_table else { return Ok(()) };
        for record in &event.records {
            if let Some(offset) = self.0.iter_mut().find(|offset| offset.is_of(record)) {
                offset.next_offset = offset.next_offset.max(record.offset + 1);
                offset.latest_timestamp = offset.latest_timestamp.max(record.timestamp);
            }
        }
        sink.store_offsets(offsets_table, &self.0).await
    }
}
