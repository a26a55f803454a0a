//! The tables of one task: they are polled in turn, with a connection and with transactions of their own.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::error::{Next, SourceError};
use crate::journal::Journal;
use crate::model::offset;
use crate::model::page::{End, Range};
use crate::model::position::Position;
use crate::options::mode::Rules;
use crate::poll::pace::Pace;
use crate::poll::sending::{Sending, Sent, Target};
use crate::poll::track::{Lock, Track};
use crate::source::Source;

/// Pages of one table before the next table has its turn.
const PAGES: usize = 4;
/// The pause before holders are looked at again: short at first, because most transactions are, and doubled up to the
/// longest.
const PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Tables that are polled in turn.
pub(crate) struct Task<S: Source, J> {
    pub(crate) source: S,
    pub(crate) journal: J,
    pub(crate) rules: Rc<Rules>,
    pub(crate) pace: Rc<Pace>,
    /// By their places in the source.
    pub(crate) tracks: Vec<Track<S>>,
}

impl<S: Source, J: Journal> Task<S, J> {
    /// Polls until nothing is new, or until `until`, which may be set to an earlier moment meanwhile. A page that was begun
    /// is finished behind that. Returns whether nothing is new.
    ///
    /// # Errors
    /// What concerns more than one table. Other tasks need not go on.
    pub(crate) async fn run(&mut self, until: &Cell<Instant>) -> Result<bool, SourceError> {
        let polled = self.poll(until).await;
        if polled.is_err() {
            until.set(Instant::now());
        }
        polled
    }

    /// Gives up both connections. Nothing that was not committed becomes visible.
    pub(crate) async fn close(&mut self) {
        // If it cannot be undone now, the next instance undoes it.
        let _ = self.journal.abort().await;
        self.source.close().await;
    }

    async fn poll(&mut self, until: &Cell<Instant>) -> Result<bool, SourceError> {
        let mut pause = PAUSE;
        loop {
            let (mut is_done, mut rows) = (true, 0);
            for place in 0..self.tracks.len() {
                self.tracks[place].try_lock_again();
                if !self.tracks[place].is_open() {
                    is_done &= self.tracks[place].is_done();
                    continue;
                }
                if Instant::now() >= until.get() {
                    return Ok(false);
                }
                let before = self.tracks[place].rows;
                self.visit(place, until).await?;
                let track = &self.tracks[place];
                let read = track.rows - before;
                // Rows that came say that more may come; a pass is over when it is over.
                let has_rest = read > 0 && !track.turn.table.is_pass;
                is_done &= track.is_done() && !(has_rest && track.is_open());
                rows += read;
            }
            if is_done {
                return Ok(true);
            }
            if rows > 0 {
                pause = PAUSE;
                continue;
            }
            if Instant::now() >= until.get() {
                return Ok(false);
            }
            sleep_until((Instant::now() + pause).min(until.get())).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    /// One look at a table, and the pages that may be read then. While a page may be read, a look has no use.
    async fn visit(&mut self, place: usize, until: &Cell<Instant>) -> Result<(), SourceError> {
        if self.tracks[place].turn.range(1).is_none() {
            match self.look(place).await {
                Ok(true) => self.begin(place).await?,
                Ok(false) => {}
                Err(error) => return self.blame(place, error),
            }
        }
        for _ in 0..PAGES {
            let page_rows = self.pace.limit(self.tracks[place].extent.rows());
            let Some(range) = self.tracks[place].turn.range(page_rows) else { break };
            self.pace.wait(Some(until.get())).await;
            if Instant::now() >= until.get() || !self.tracks[place].is_open() {
                break;
            }
            self.page(place, &range).await?;
        }
        Ok(())
    }

    /// One table does not keep the others from being read.
    pub(crate) fn blame(&mut self, place: usize, error: SourceError) -> Result<(), SourceError> {
        let track = &mut self.tracks[place];
        match error.next {
            Next::Stop | Next::Shrink => track.error = Some(error),
            Next::Wait => track.lock = Some(Lock::new(error.message)),
            _ => return Err(error.of_table(&track.turn.table.name)),
        }
        Ok(())
    }

    /// Looks at a table; whether it begins elsewhere than at its first row.
    pub(crate) async fn look(&mut self, place: usize) -> Result<bool, SourceError> {
        let track = &mut self.tracks[place];
        if track.turn.drain.is_waiting() {
            self.source.watch(place, &mut track.turn.drain).await?;
        }
        if track.turn.wants_look() {
            let seen = self.source.look(place, track.turn.position).await?;
            let begins = !std::mem::replace(&mut track.has_begun, true);
            if begins {
                track.turn.position = self.rules.beginning(seen.now);
            }
            track.turn.saw(seen, self.rules.restarts)?;
            return Ok(begins && track.turn.position != Position::BEGINNING);
        }
        Ok(false)
    }

    /// Stores where a table begins. If it begins now and nothing comes, the next invocation must not begin later.
    async fn begin(&mut self, place: usize) -> Result<(), SourceError> {
        let Track { turn, key, .. } = &self.tracks[place];
        let value = offset::value(turn.table.order, turn.position);
        self.journal.commit(key, Some(&value)).await
    }

    /// Reads a page into Kafka, and commits it with the offset behind it.
    async fn page(&mut self, place: usize, range: &Range) -> Result<(), SourceError> {
        let Self { source, journal, tracks, rules, pace, .. } = self;
        let Track { turn, topic, key, .. } = &mut tracks[place];
        let (table, start) = (turn.table.name.clone(), Instant::now());
        let target = Target { table: &table, topic, letters: rules.letters.topic(), key };
        let mut sending = Sending::new(journal, target, pace, *range, rules.page_rows);
        let read = source.read(place, range, &mut sending).await;
        let sent = match &read {
            Ok(()) => sending.end().await.map(Some),
            Err(error) if sending.has_failed() => Err(error.clone()),
            // What stands before a row that stops its table is kept.
            Err(_) => sending.stop().await,
        };
        let settled = match sent {
            Ok(Some(sent)) => self.settle(place, range, sent, start).await,
            Ok(None) => self.journal.abort().await,
            Err(error) => Err(error),
        };
        match (settled, read) {
            (Ok(()), Ok(())) => Ok(()),
            // It is read again with fewer rows.
            (Ok(()), Err(error))
                if error.next == Next::Shrink && self.tracks[place].extent.shrink(range.limit) =>
            {
                Ok(())
            }
            (Ok(()), Err(error)) => self.blame(place, error),
            // Its topic is missing, or refuses its rows. If what was sent cannot be undone, that is not the cause.
            (Err(error), _) if error.next == Next::Stop && self.journal.abort().await.is_ok() => {
                self.blame(place, error)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Commits what was sent of a page. Only a committed page is taken note of.
    async fn settle(
        &mut self,
        place: usize,
        range: &Range,
        sent: Sent,
        start: Instant,
    ) -> Result<(), SourceError> {
        let Track { turn, key, rows, letters, extent, .. } = &mut self.tracks[place];
        let Sent { end, rows: sent, bytes, letters: lettered, is_open } = sent;
        let before = turn.position;
        turn.read(range, end);
        // A pass that began in the middle ends its offset. Nothing else is committed without a row.
        let ends_pass = turn.table.is_pass && matches!(end, End::Bound(_));
        if is_open || ends_pass && before != Position::BEGINNING {
            let value = match (turn.table.is_pass, turn.position.id) {
                (true, Some(id)) if !ends_pass => Some(offset::pass(id)),
                (true, _) => None,
                (false, _) => Some(offset::value(range.order, turn.position)),
            };
            let committed = self.journal.commit(key, value.as_deref()).await;
            if committed.is_err() {
                turn.position = before;
            }
            committed?;
        }
        if matches!(end, End::More(_)) {
            extent.learn(sent, bytes, start.elapsed());
        }
        *rows += sent;
        *letters += lettered;
        Ok(())
    }
}
