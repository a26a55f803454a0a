//! A page on its way into Kafka.

use tokio::time::Instant;

use crate::error::SourceError;
use crate::journal::Journal;
use crate::letter::{FailedRow, Letter};
use crate::pace::Pace;
use crate::page::{End, Page, Range};
use crate::position::{Order, Position};
use crate::source::{Out, SourceRecord};

/// Rows that are passed on together.
const CHUNK: usize = 500;

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

/// Passes on the rows of a page as soon as it is known that they belong to it.
pub(crate) struct Sending<'a, J> {
    page: Page<Row>,
    ready: Vec<Row>,
    lane: Lane<'a, J>,
    /// Whether a row stops the table.
    is_stopped: bool,
}

/// The open transaction.
struct Lane<'a, J> {
    journal: &'a mut J,
    target: Target<'a>,
    pace: &'a mut Pace,
    sent: u64,
    lettered: u64,
    committed: u64,
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
    /// Those of them that became letters.
    pub(crate) letters: u64,
    /// Whether some of them are not committed.
    pub(crate) is_open: bool,
}

impl<'a, J: Journal> Sending<'a, J> {
    pub(crate) fn new(
        journal: &'a mut J,
        target: Target<'a>,
        pace: &'a mut Pace,
        range: Range,
        page_rows: u32,
    ) -> Self {
        let piece = (range.order == Order::Unordered).then_some(u64::from(page_rows));
        let (sent, lettered, committed) = (0, 0, 0);
        let lane =
            Lane { journal, target, pace, sent, lettered, committed, piece, has_failed: false };
        Self { page: Page::new(range), ready: Vec::new(), lane, is_stopped: false }
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

    fn take(&mut self, at: Position, row: Row) -> bool {
        self.page.take(at, row, &mut self.ready);
        self.ready.len() >= CHUNK
    }
}

impl<J: Journal> Lane<'_, J> {
    fn sent(&self, end: End) -> Sent {
        let Self { sent, lettered, committed, .. } = *self;
        Sent { end, rows: sent, letters: lettered, is_open: sent > committed }
    }

    async fn send(&mut self, ready: &mut Vec<Row>) -> Result<(), SourceError> {
        if ready.is_empty() {
            return Ok(());
        }
        let count = ready.len() as u64;
        // Unless all of it succeeds.
        self.has_failed = true;
        self.pass_on(ready).await?;
        self.sent += count;
        self.pace.spend(count, Instant::now());
        if self.piece.is_some_and(|piece| self.sent - self.committed >= piece) {
            self.journal.commit(self.target.key, None).await?;
            self.committed = self.sent;
            // There is no page after which to wait.
            self.pace.wait(None).await;
        }
        self.has_failed = false;
        Ok(())
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
    fn push(&mut self, at: Position, record: SourceRecord) -> bool {
        self.take(at, Row::Written(record))
    }

    fn fail(&mut self, at: Position, row: FailedRow) -> Result<bool, SourceError> {
        match self.lane.target.letters {
            Some(_) => Ok(self.take(at, Row::Failed(row))),
            None => {
                self.is_stopped = true;
                Err(row.error())
            }
        }
    }

    async fn flush(&mut self) -> Result<(), SourceError> {
        self.lane.send(&mut self.ready).await
    }
}
