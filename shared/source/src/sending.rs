//! A page on its way into Kafka.

use bytes::Bytes;
use tokio::time::Instant;

use crate::error::SourceError;
use crate::journal::Journal;
use crate::letter::{FailedRow, Letter};
use crate::pace::Pace;
use crate::page::{End, Page, Range};
use crate::position::{Order, Position};
use crate::source::{Out, SourceRecord};

/// Rows that are passed on together, at most, and their bytes.
const CHUNK: u32 = 500;
const CHUNK_BYTES: usize = 4 << 20;
/// Bytes of the rows of one moment that are held back. What is more is read again, without being held.
const HELD_BYTES: usize = 16 << 20;

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
        // Such a page has no end at which to wait: its pieces are those of one second at most.
        let is_one = range.order == Order::Unordered;
        let piece = is_one.then(|| u64::from(pace.limit(page_rows)));
        let chunk = if is_one { pace.limit(CHUNK) } else { CHUNK } as usize;
        let (sent, lettered, committed) = (0, 0, 0);
        let lane =
            Lane { journal, target, pace, sent, lettered, committed, piece, has_failed: false };
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
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::position::Bound;

    /// Counts what it is sent.
    #[derive(Default)]
    struct Counted(usize);

    impl Journal for Counted {
        async fn open(&mut self) -> Result<HashMap<Vec<u8>, Vec<u8>>, SourceError> {
            Ok(HashMap::new())
        }

        async fn send(
            &mut self,
            _: &str,
            records: &mut Vec<SourceRecord>,
        ) -> Result<(), SourceError> {
            self.0 += records.drain(..).count();
            Ok(())
        }

        async fn send_letters(
            &mut self,
            _: &str,
            letters: &mut Vec<Letter>,
        ) -> Result<(), SourceError> {
            self.0 += letters.drain(..).count();
            Ok(())
        }

        async fn commit(&mut self, _: &[u8], _: Option<&[u8]>) -> Result<(), SourceError> {
            Ok(())
        }

        async fn abort(&mut self) -> Result<(), SourceError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn rows_are_passed_on_by_size_and_not_held_beyond_one() {
        let row = |bytes: usize| SourceRecord {
            key: None,
            value: Bytes::from(vec![b' '; bytes]),
            timestamp: None,
        };
        let (mut journal, mut pace) = (Counted::default(), Pace::new(None));
        let target = Target { table: "d.t", topic: "t", letters: None, key: b"" };
        let (after, until) = (Position::BEGINNING, Bound::Time(99));
        let range = Range { order: Order::Time, after, until, limit: Some(9), moment: None };
        let mut sending = Sending::new(&mut journal, target, &mut pace, range, 9);
        assert!(!sending.push(Position::at_time(1), row(CHUNK_BYTES)), "it is held");
        assert!(sending.push(Position::at_time(2), row(HELD_BYTES)), "the first one is ready");
        sending.flush().await.unwrap();
        assert!(!sending.push(Position::at_time(2), row(1)), "it is too much to hold");
        assert!(!sending.push(Position::at_time(3), row(CHUNK_BYTES)), "it is read again");
        let sent = sending.end().await.unwrap();
        assert_eq!((sent.end, sent.rows), (End::More(Position::at_time(1)), 1));
        assert_eq!(journal.0, 1);
    }
}
