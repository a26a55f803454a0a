//! Exactly once: how far each partition was written, kept beside the rows and committed with
//! them. What lies before that place was written already and is left out.
//!
//! The place is a high-water mark, as a consumer group's offset is: whoever wants older records
//! written again deletes its row.

use crate::event::incoming::Incoming;
use crate::event::reader::Event;
use crate::event::record::Record;
use crate::model::failure::SinkError;
use crate::options::rules::Rules;
use crate::sink::position::Position;
use crate::sink::target::Sink;

/// The progress of an event's partitions, locked until the transaction ends.
#[derive(Debug, Default)]
pub(crate) struct Marks(Vec<Position>);

impl Marks {
    /// Locks and reads it; empty where none is kept.
    ///
    /// # Errors
    /// The sink's; and `Fatal` where offsets have started again, or the event is none.
    pub(crate) async fn open<S: Sink>(
        sink: &mut S,
        event: &mut Incoming<'_>,
        rules: &Rules,
    ) -> Result<Self, SinkError> {
        let Some(ledger) = &rules.ledger else { return Ok(Self::default()) };
        let event = event.whole()?;
        let mut asked: Vec<Position> = Vec::new();
        for record in &event.records {
            if !asked.iter().rev().any(|position| position.is_of(record)) {
                asked.push(Position {
                    topic: record.topic.to_owned(),
                    partition: record.partition,
                    table: rules.routes.table(record.topic).to_string(),
                    next_offset: 0,
                    latest_timestamp: None,
                });
            }
        }
        // In one order, so that invocations that meet do not lock each other out.
        asked.sort();
        let progress = Self(sink.lock_positions(ledger, &asked).await?);
        progress.check(event)?;
        Ok(progress)
    }

    /// A record before the mark that is newer than everything written there was never seen:
    /// its topic was deleted and made again, and leaving it out would lose it.
    fn check(&self, event: &Event<'_>) -> Result<(), SinkError> {
        let is_new = |record: &&Record<'_>| {
            let latest = self.of(record).and_then(|position| position.latest_timestamp);
            self.has(record) && latest.is_some_and(|latest| record.timestamp > Some(latest))
        };
        let Some(record) = event.records.iter().find(is_new) else { return Ok(()) };
        Err(SinkError::fatal(format!(
            "topic {} partition {} offset {} is newer than anything written from there, but lies before the offset that was reached: the topic was made again; delete its row from the offsets table",
            record.topic, record.partition, record.offset
        )))
    }

    fn of(&self, record: &Record<'_>) -> Option<&Position> {
        self.0.iter().find(|position| position.is_of(record))
    }

    /// Whether a record was written already.
    pub(crate) fn has(&self, record: &Record<'_>) -> bool {
        self.of(record).is_some_and(|position| record.offset < position.next_offset)
    }

    /// Moves past the records of an event and stores that.
    ///
    /// # Errors
    /// The sink's.
    pub(crate) async fn store<S: Sink>(
        mut self,
        sink: &mut S,
        event: &Event<'_>,
        rules: &Rules,
    ) -> Result<(), SinkError> {
        let Some(ledger) = &rules.ledger else { return Ok(()) };
        for record in &event.records {
            if let Some(position) = self.0.iter_mut().find(|position| position.is_of(record)) {
                position.next_offset = position.next_offset.max(record.offset + 1);
                position.latest_timestamp = position.latest_timestamp.max(record.timestamp);
            }
        }
        sink.store_positions(ledger, &self.0).await
    }
}
