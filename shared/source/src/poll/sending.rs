//! A page on its way into Kafka.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::encoding::{Part, Schema};
use crate::error::SourceError;
use crate::journal::Journal;
use crate::model::page::{End, Page, Range};
use crate::model::position::{Micros, Order, Position};
use crate::options::letter::{FailedRow, Letter};
use crate::poll::pace::Pace;
use crate::source::{Out, SourceRecord};

/// Rows that are passed on together, at most, and their bytes.
const CHUNK: u32 = 500;
const CHUNK_BYTES: usize = 4 << 20;
/// Bytes of the rows of one moment that are held back. What is more is read again, without being held.
const HELD_BYTES: usize = 16 << 20;
/// Bytes of a piece, and how long it is open. The first rows behind either end it.
const PIECE_BYTES: u64 = 16 << 20;
const PIECE_TIME: Duration = Duration::from_secs(1);

/// Where the rows of a table go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// The table, with its database.
    pub(crate) table: &'a str,
    pub(crate) topic: &'a str,
    /// The topic for letters; without one, a row that cannot be written stops the table.
    pub(crate) letters: Option<&'a str>,
    /// The key of the table's offset.
    pub(crate) key: &'a [u8],
}

/// A row of a page.
enum Row {
    Written(SourceRecord),
    Failed(FailedRow),
}

impl Row {
    /// The bytes of its key and value.
    fn bytes(&self) -> usize {
        let (key, value) = match self {
            Self::Written(record) => (&record.key, &record.value),
            Self::Failed(row) => (&row.key, &row.value),
        };
        key.as_ref().map_or(0, Bytes::len) + value.len()
    }
}

/// Passes on the rows of a page as soon as it is known that they belong to it.
pub(crate) struct Sending<'a, J> {
    page: Page<Row>,
    ready: Vec<Row>,
    ready_bytes: usize,
    held_bytes: usize,
    /// Rows that are passed on together, at most.
    chunk: usize,
    lane: Lane<'a, J>,
    /// Whether a row stops the table.
    is_stopped: bool,
}

/// The open transaction.
struct Lane<'a, J> {
    journal: &'a mut J,
    target: Target<'a>,
    pace: &'a Pace,
    sent: u64,
    /// The bytes of those rows.
    bytes: u64,
    lettered: u64,
    committed: u64,
    committed_bytes: u64,
    /// Since when the transaction is open.
    begun: Option<Instant>,
    /// The moment of which all rows are read.
    moment: Option<Micros>,
    /// After how many rows a piece is committed although the page goes on: only where no position is stored.
    piece: Option<u64>,
    has_failed: bool,
}

/// What was sent.
pub(crate) struct Sent {
    /// What the page turned out to be.
    pub(crate) end: End,
    /// Rows in all.
    pub(crate) rows: u64,
    /// The bytes of their keys and values.
    pub(crate) bytes: u64,
    /// Those of them that became letters.
    pub(crate) letters: u64,
    /// Whether some of them are not committed.
    pub(crate) is_open: bool,
}

impl<'a, J: Journal> Sending<'a, J> {
    pub(crate) fn new(
        journal: &'a mut J,
        target: Target<'a>,
        pace: &'a Pace,
        range: Range,
        page_rows: u32,
    ) -> Self {
        // Such a page has no end at which to wait: its pieces are those of one second at most.
        let is_one = range.order == Order::Unordered;
        let piece = is_one.then(|| u64::from(pace.limit(page_rows)));
        let chunk = if is_one { pace.limit(CHUNK) } else { CHUNK } as usize;
        let lane = Lane {
            journal,
            target,
            pace,
            sent: 0,
            bytes: 0,
            lettered: 0,
            committed: 0,
            committed_bytes: 0,
            begun: None,
            moment: range.moment,
            piece,
            has_failed: false,
        };
        let (page, ready) = (Page::new(range), Vec::new());
        Self { page, ready, ready_bytes: 0, held_bytes: 0, chunk, lane, is_stopped: false }
    }

    /// Whether it was Kafka that failed, and not the database.
    pub(crate) fn has_failed(&self) -> bool {
        self.lane.has_failed
    }

    /// Ends the page. The last transaction stays open.
    pub(crate) async fn end(mut self) -> Result<Sent, SourceError> {
        let end = self.page.end(&mut self.ready);
        self.lane.send(&mut self.ready).await?;
        Ok(self.lane.sent(end))
    }

    /// Ends the page before the row that stops its table, as [`end`](Self::end) does. `None` if the database failed, or
    /// if nothing of the page can be kept.
    pub(crate) async fn stop(mut self) -> Result<Option<Sent>, SourceError> {
        let Some(position) = self.page.stop().filter(|_| self.is_stopped) else { return Ok(None) };
        self.lane.send(&mut self.ready).await?;
        Ok(Some(self.lane.sent(End::More(position))))
    }

    /// Takes a row; whether what is ready must be passed on.
    fn take(&mut self, at: Position, row: Row) -> bool {
        self.held_bytes += row.bytes();
        let before = self.ready.len();
        self.page.take(at, row, &mut self.ready);
        let released: usize = self.ready[before..].iter().map(Row::bytes).sum();
        self.held_bytes -= released;
        self.ready_bytes += released;
        if self.held_bytes > HELD_BYTES {
            self.page.cut();
        }
        self.ready.len() >= self.chunk || self.ready_bytes >= CHUNK_BYTES
    }
}

impl<J: Journal> Lane<'_, J> {
    fn sent(&self, end: End) -> Sent {
        let Self { sent, bytes, lettered, committed, .. } = *self;
        Sent { end, rows: sent, bytes, letters: lettered, is_open: sent > committed }
    }

    async fn send(&mut self, ready: &mut Vec<Row>) -> Result<(), SourceError> {
        if ready.is_empty() {
            return Ok(());
        }
        let count = ready.len() as u64;
        // Unless all of it succeeds.
        self.has_failed = true;
        self.check_time()?;
        self.bytes += ready.iter().map(Row::bytes).sum::<usize>() as u64;
        self.pass_on(ready).await?;
        self.sent += count;
        self.pace.spend(count, Instant::now());
        if self.piece.is_some_and(|piece| self.is_piece(piece)) {
            self.journal.commit(self.target.key, None).await?;
            (self.committed, self.committed_bytes) = (self.sent, self.bytes);
            self.begun = None;
            // There is no page after which to wait.
            self.pace.wait(None).await;
        }
        self.has_failed = false;
        Ok(())
    }

    fn is_piece(&self, rows: u64) -> bool {
        self.sent - self.committed >= rows
            || self.bytes - self.committed_bytes >= PIECE_BYTES
            || self.begun.is_some_and(|begun| begun.elapsed() >= PIECE_TIME)
    }

    /// A transaction that is open for too long is undone by the broker, and the next invocation would not fare better.
    fn check_time(&mut self) -> Result<(), SourceError> {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let longest = self.journal.longest();
        // The commit takes time too.
        if begun.elapsed() < longest * 3 / 4 {
            return Ok(());
        }
        let seconds = longest.as_secs();
        Err(SourceError::stop(match self.moment {
            Some(moment) => format!(
                "the rows of one moment, {moment} microseconds after 1970, do not fit into a transaction of {seconds} s: \
                 with a primary key of one integer column such a moment is read in parts"
            ),
            None => format!(
                "a page of rows does not fit into a transaction of {seconds} s: lower batch.max.rows"
            ),
        }))
    }

    async fn pass_on(&mut self, ready: &mut Vec<Row>) -> Result<(), SourceError> {
        let (mut records, mut letters) = (Vec::with_capacity(ready.len()), Vec::new());
        let Target { table, topic, .. } = self.target;
        for row in ready.drain(..) {
            match row {
                Row::Written(record) => records.push(record),
                Row::Failed(row) => {
                    letters.push(Letter { table: table.to_owned(), topic: topic.to_owned(), row });
                }
            }
        }
        if !records.is_empty() {
            self.journal.send(topic, &mut records).await?;
        }
        if let Some(topic) = self.target.letters.filter(|_| !letters.is_empty()) {
            self.lettered += letters.len() as u64;
            self.journal.send_letters(topic, &mut letters).await?;
        }
        Ok(())
    }
}

impl<J: Journal> Out for Sending<'_, J> {
    async fn schema(&mut self, part: Part, schema: Schema) -> Result<u32, SourceError> {
        self.lane.journal.schema(self.lane.target.topic, part, schema).await
    }

    fn excess(&self, record: &SourceRecord) -> Option<String> {
        self.lane.journal.excess(self.lane.target.topic, record)
    }

    fn push(&mut self, at: Position, record: SourceRecord) -> bool {
        self.take(at, Row::Written(record))
    }

    fn fail(&mut self, at: Position, row: FailedRow) -> Result<bool, SourceError> {
        match self.lane.target.letters {
            Some(_) => Ok(self.take(at, Row::Failed(row))),
            // It is read again.
            None if self.page.is_cut() => Ok(false),
            None => {
                self.is_stopped = true;
                Err(row.error())
            }
        }
    }

    async fn flush(&mut self) -> Result<(), SourceError> {
        self.ready_bytes = 0;
        self.lane.send(&mut self.ready).await
    }
}

#[cfg(test)]
mod tests;
