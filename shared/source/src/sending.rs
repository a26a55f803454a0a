//! A page on its way into Kafka.

use crate::error::SourceError;
use crate::journal::Journal;
use crate::page::{End, Page, Range};
use crate::position::{Order, Position};
use crate::source::{Out, SourceRecord};

/// Rows that are passed on together.
const CHUNK: usize = 500;

/// Passes on the rows of a page as soon as they are safe to tell.
pub(crate) struct Sending<'a, J> {
    page: Page<SourceRecord>,
    ready: Vec<SourceRecord>,
    lane: Lane<'a, J>,
}

/// The open transaction.
struct Lane<'a, J> {
    journal: &'a mut J,
    topic: &'a str,
    key: &'a [u8],
    sent: u64,
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
    /// Whether some of them are not committed.
    pub(crate) is_open: bool,
}

impl<'a, J: Journal> Sending<'a, J> {
    pub(crate) fn new(
        journal: &'a mut J,
        topic: &'a str,
        key: &'a [u8],
        range: Range,
        page_rows: u32,
    ) -> Self {
        let piece = (range.order == Order::Unordered).then_some(u64::from(page_rows));
        let lane = Lane { journal, topic, key, sent: 0, committed: 0, piece, has_failed: false };
        Self { page: Page::new(range), ready: Vec::new(), lane }
    }

    /// Whether it was Kafka that failed, and not the database.
    pub(crate) fn has_failed(&self) -> bool {
        self.lane.has_failed
    }

    /// Ends the page. The last transaction stays open.
    pub(crate) async fn end(mut self) -> Result<Sent, SourceError> {
        let end = self.page.end(&mut self.ready);
        self.lane.send(&mut self.ready).await?;
        let Lane { sent, committed, .. } = self.lane;
        Ok(Sent { end, rows: sent, is_open: sent > committed })
    }
}

impl<J: Journal> Lane<'_, J> {
    async fn send(&mut self, ready: &mut Vec<SourceRecord>) -> Result<(), SourceError> {
        if ready.is_empty() {
            return Ok(());
        }
        let count = ready.len() as u64;
        // Unless all of it succeeds.
        self.has_failed = true;
        self.journal.send(self.topic, ready).await?;
        self.sent += count;
        if self.piece.is_some_and(|piece| self.sent - self.committed >= piece) {
            self.journal.commit(self.key, None).await?;
            self.committed = self.sent;
        }
        self.has_failed = false;
        Ok(())
    }
}

impl<J: Journal> Out for Sending<'_, J> {
    fn push(&mut self, at: Position, record: SourceRecord) -> bool {
        self.page.take(at, record, &mut self.ready);
        self.ready.len() >= CHUNK
    }

    async fn flush(&mut self) -> Result<(), SourceError> {
        self.lane.send(&mut self.ready).await
    }
}
