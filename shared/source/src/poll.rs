//! One invocation: polls all tables until nothing is new, or until the time is up.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::error::{Next, SourceError};
use crate::journal::Journal;
use crate::model::offset;
use crate::model::page::{End, Range};
use crate::model::position::Position;
use crate::options::mode::Rules;
use crate::poll::outcome::{Outcome, TableOutcome};
use crate::poll::pace::Pace;
use crate::poll::sending::{Sending, Sent, Target};
use crate::poll::track::{Lock, Track, topic};
use crate::source::{Found, Source};

mod absent;
pub mod dry_run;
mod extent;
pub mod outcome;
mod pace;
mod sending;
mod track;
pub mod turn;

/// Pages of one table before the next table has its turn.
const PAGES: usize = 4;
/// The pause before holders are looked at again: short at first, because most transactions are, and doubled up to the
/// longest.
const PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Tables whose offsets are known, between invocations.
///
/// After an error of [`run`](Poll::run) it must not be used again: only the journal knows what is committed.
pub struct Poll<S: Source, J> {
    source: S,
    journal: J,
    rules: Rules,
    pace: Pace,
    tracks: Vec<Track<S>>,
    /// Tables that are named and not there, or that cannot be read: their outcome in each invocation.
    unread: Vec<TableOutcome>,
}

impl<S: Source, J: Journal> Poll<S, J> {
    /// Finds the tables, takes over from any earlier instance, and reads its offsets.
    ///
    /// # Errors
    /// As of [`Journal::open`] and [`Source::open`]; or two tables would have one topic.
    pub async fn open(mut source: S, mut journal: J, rules: Rules) -> Result<Self, SourceError> {
        // Side by side: neither needs the other yet.
        let ((), found) = tokio::try_join!(journal.connect(), source.open())?;
        let topics = topics(&found, &rules)?;
        let topics = topics.iter().map(String::as_str).chain(rules.letters.topic());
        let stored = journal.open(&topics.collect::<Vec<_>>()).await?;
        let unread = unread(&found, &rules);
        let track = |table| Track::new(table, &rules, &stored);
        let tracks = found.tables.into_iter().map(track).collect();
        let pace = Pace::new(rules.rows_per_second);
        Ok(Self { source, journal, rules, pace, tracks, unread })
    }

    /// What a person should know although nothing failed.
    pub fn warnings(&mut self) -> Vec<String> {
        self.source.warnings()
    }

    /// Polls until nothing is new, or until `until`. A page that was begun is finished behind that.
    ///
    /// # Errors
    /// What concerns more than one table. What is committed stays; both connections are given up.
    pub async fn run(&mut self, until: Instant) -> Result<Outcome, SourceError> {
        match self.poll(until).await {
            Ok(is_done) => {
                let is_unlocked = |table: &TableOutcome| table.waits_for.is_none();
                let is_done = is_done && self.unread.iter().all(is_unlocked);
                Ok(Outcome { is_done, ..self.committed() })
            }
            Err(error) => {
                self.close().await;
                Err(error)
            }
        }
    }

    /// What is committed so far, also if [`run`](Poll::run) failed or was dropped before its end.
    pub fn committed(&mut self) -> Outcome {
        let read = self.tracks.iter_mut().map(Track::outcome);
        Outcome { tables: read.chain(self.unread.iter().cloned()).collect(), is_done: false }
    }

    /// Gives up both connections. Nothing that was not committed becomes visible.
    pub async fn close(&mut self) {
        // If it cannot be undone now, the next instance undoes it.
        let _ = self.journal.abort().await;
        self.source.close().await;
    }

    /// What it wrote to.
    pub fn journal(&self) -> &J {
        &self.journal
    }

    async fn poll(&mut self, until: Instant) -> Result<bool, SourceError> {
        let mut pause = PAUSE;
        loop {
            let (mut is_done, mut rows) = (true, 0);
            for place in 0..self.tracks.len() {
                self.tracks[place].try_lock_again();
                if !self.tracks[place].is_open() {
                    is_done &= self.tracks[place].is_done();
                    continue;
                }
                if Instant::now() >= until {
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
            if Instant::now() >= until {
                return Ok(false);
            }
            sleep_until((Instant::now() + pause).min(until)).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    /// One look at a table, and the pages that may be read then. While a page may be read, a look has no use.
    async fn visit(&mut self, place: usize, until: Instant) -> Result<(), SourceError> {
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
            self.pace.wait(Some(until)).await;
            if Instant::now() >= until || !self.tracks[place].is_open() {
                break;
            }
            self.page(place, &range).await?;
        }
        Ok(())
    }

    /// One table does not keep the others from being read.
    fn blame(&mut self, place: usize, error: SourceError) -> Result<(), SourceError> {
        let track = &mut self.tracks[place];
        match error.next {
            Next::Stop | Next::Shrink => track.error = Some(error),
            Next::Wait => track.lock = Some(Lock::new(error.message)),
            _ => return Err(error.of_table(&track.turn.table.name)),
        }
        Ok(())
    }

    /// Looks at a table; whether it begins elsewhere than at its first row.
    async fn look(&mut self, place: usize) -> Result<bool, SourceError> {
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

/// The topics of the tables that are read. Each table has one of its own, also one that cannot be read yet.
fn topics(found: &Found, rules: &Rules) -> Result<Vec<String>, SourceError> {
    let mut of_topic: BTreeMap<String, &str> = BTreeMap::new();
    let refused = found.refused.iter().map(|table| (&table.name, &table.short));
    let tables = found.tables.iter().map(|table| (&table.name, &table.short));
    for (name, short) in tables.chain(refused) {
        let topic = topic(rules, short);
        if let Some(other) = of_topic.insert(topic.clone(), name) {
            return Err(SourceError::stop(format!(
                "tables {other} and {name} would both go to topic {topic}: give each a connector of its own"
            )));
        }
    }
    Ok(found.tables.iter().map(|table| topic(rules, &table.short)).collect())
}

/// The outcomes of the tables that are not read.
fn unread(found: &Found, rules: &Rules) -> Vec<TableOutcome> {
    let Found { tables, refused } = found;
    let read = tables.iter().map(|table| (table.name.as_str(), table.short.as_str()));
    let others = refused.iter().map(|table| (table.name.as_str(), table.short.as_str()));
    let names: Vec<absent::Name<'_>> = read.chain(others).collect();
    let absent = absent::absent(&rules.tables, &names);
    let absent = absent.iter().map(|name| absent::outcome(name, &rules.topic_prefix));
    let refused = refused
        .iter()
        .map(|it| TableOutcome::failed(it.name.clone(), topic(rules, &it.short), it.error.clone()));
    refused.chain(absent).collect()
}
