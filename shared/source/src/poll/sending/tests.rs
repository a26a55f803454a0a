//! What is passed on together, what is held, and how long a transaction may take.

use std::collections::HashMap;
use std::time::Duration;

use super::*;
use crate::journal::Opened;
use crate::model::position::Bound;

/// Counts what it is sent.
#[derive(Default)]
struct Counted(usize);

impl Journal for Counted {
    async fn connect(&mut self) -> Result<(), SourceError> {
        Ok(())
    }

    async fn open(&mut self, _: &[&str], _: usize) -> Result<Opened<Self>, SourceError> {
        Ok(Opened { offsets: HashMap::new(), beside: Vec::new() })
    }

    async fn schema(&mut self, _: &str, _: Part, _: Schema) -> Result<u32, SourceError> {
        Err(SourceError::stop("there is no registry"))
    }

    fn excess(&self, _: &str, _: &SourceRecord) -> Option<String> {
        None
    }

    fn longest(&self) -> Duration {
        Duration::from_secs(60)
    }

    async fn send(&mut self, _: &str, records: &mut Vec<SourceRecord>) -> Result<(), SourceError> {
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

fn row(bytes: usize) -> SourceRecord {
    SourceRecord { key: None, value: Bytes::from(vec![b' '; bytes]), timestamp: None }
}

const TARGET: Target<'static> = Target { table: "d.t", topic: "t", letters: None, key: b"" };

fn range(limit: Option<u32>, moment: Option<Micros>) -> Range {
    let (after, until) = (Position::BEGINNING, Bound::Time(99));
    Range { order: Order::Time, after, until, limit, moment }
}

#[tokio::test]
async fn rows_are_passed_on_by_size_and_not_held_beyond_one() {
    let (mut journal, pace) = (Counted::default(), Pace::new(None, 1));
    let range = range(Some(9), None);
    let mut sending = Sending::new(&mut journal, TARGET, &pace, range, 9);
    let mut push = |at, bytes| sending.push(Position::at_time(at), row(bytes));
    assert!(!push(1, CHUNK_BYTES), "it is held");
    assert!(push(2, HELD_BYTES), "the first one is ready");
    sending.flush().await.unwrap();
    let mut push = |at, bytes| sending.push(Position::at_time(at), row(bytes));
    assert!(!push(2, 1), "it is too much to hold");
    assert!(!push(3, CHUNK_BYTES), "it is read again");
    let sent = sending.end().await.unwrap();
    assert_eq!((sent.end, sent.rows), (End::More(Position::at_time(1)), 1));
    assert_eq!((journal.0, sent.bytes), (1, CHUNK_BYTES as u64));
}

#[tokio::test(start_paused = true)]
async fn a_moment_that_takes_longer_than_a_transaction_may_is_told() {
    for (moment, why) in [(Some(7), "one moment, 7 microseconds"), (None, "lower batch.max.rows")] {
        let (mut journal, pace) = (Counted::default(), Pace::new(None, 1));
        let mut sending = Sending::new(&mut journal, TARGET, &pace, range(None, moment), 9);
        for at in [7, 8] {
            sending.push(Position::at_time(at), row(1));
        }
        sending.flush().await.unwrap();
        tokio::time::advance(Duration::from_secs(44)).await;
        sending.push(Position::at_time(9), row(1));
        sending.flush().await.unwrap();
        tokio::time::advance(Duration::from_secs(2)).await;
        sending.push(Position::at_time(10), row(1));
        let error = sending.flush().await.unwrap_err();
        assert!(error.message.contains(why), "{error}");
        assert!(sending.has_failed());
    }
}
