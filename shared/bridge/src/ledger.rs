//! Exactly once: how far each partition was written, kept beside the rows and committed with
//! them. What lies before that place was written already and is left out.
//!
//! The place is a high-water mark, as a consumer group's offset is: whoever wants older records
//! written again deletes its row.

use crate::event::Event;
use crate::failure::SinkError;
use crate::incoming::Incoming;
use crate::options::{Opt, Settings};
use crate::record::Record;
use crate::rules::{NAME, Rules};
use crate::sink::Sink;
use crate::table::TableName;

/// `exactly.once.enabled`
pub const EXACTLY_ONCE_ENABLED: Opt = Opt::new("exactly.once.enabled", "Whether the offsets reached are kept in the target and committed with the rows: a redelivered record is then filtered, also with `insert.mode=insert`.").or("false");
/// `offsets.table`
pub const OFFSETS_TABLE: Opt = Opt::new(
    "offsets.table",
    "Where they are kept: one row for each connector (`name`), topic, partition and table. Made on first use.",
)
.or("sluice_offsets");

/// Where progress is kept, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// The table it is kept in.
    pub table: TableName,
    /// The connector's name.
    pub connector: String,
}

impl Ledger {
    /// Reads the options, noting every problem; `None` where nothing is asked for.
    pub(crate) fn from_settings(settings: &mut Settings) -> Option<Self> {
        if !settings.flag(&EXACTLY_ONCE_ENABLED) {
            return None;
        }
        let Some(connector) = settings.text(&NAME).map(str::to_owned) else {
            settings.problem("exactly.once.enabled=true needs a name: offsets are kept under it");
            return None;
        };
        match TableName::parse(settings.text(&OFFSETS_TABLE).unwrap_or_default()) {
            Ok(table) => Some(Self { table, connector }),
            Err(why) => {
                settings.problem(format!("offsets.table: {why}"));
                None
            }
        }
    }
}

/// How far one partition was written into one table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The topic.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// The table its records go to: a connector that is pointed at another one starts anew.
    pub table: String,
    /// The first offset that is not written yet.
    pub next_offset: i64,
    /// The latest timestamp of the records before it, where they had any; milliseconds since
    /// the Unix epoch.
    pub latest_timestamp: Option<i64>,
}

/// The progress of an event's partitions, locked until the transaction ends.
#[derive(Debug, Default)]
pub(crate) struct Progress(Vec<Position>);

impl Progress {
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

impl Position {
    fn is_of(&self, record: &Record<'_>) -> bool {
        self.partition == record.partition && self.topic == record.topic
    }
}
