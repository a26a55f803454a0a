//! One invocation: polls all tables until nothing is new, or until the time is up.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::absent;
use crate::error::{Next, SourceError};
use crate::journal::Journal;
use crate::mode::Rules;
use crate::offset::{self, Stored};
use crate::outcome::{Outcome, TableOutcome};
use crate::pace::Pace;
use crate::page::{End, Range};
use crate::position::{Order, Position};
use crate::sending::{Sending, Sent, Target};
use crate::source::{Source, Table};
use crate::turn::Turn;

/// Pages of one table before the next table has its turn.
const PAGES: usize = 8;
/// The pause before holders are looked at again.
const PAUSE: Duration = Duration::from_millis(100);

/// Tables whose offsets are known, between invocations.
///
/// After an error of [`run`](Poll::run) it must not be used again: only the journal knows what is committed.
pub struct Poll<S: Source, J> {
    source: S,
    journal: J,
    rules: Rules,
    pace: Pace,
    tracks: Vec<Track<S::Holder>>,
    stored: HashMap<Vec<u8>, Vec<u8>>,
    /// Tables that the options name and that are not there.
    absent: Vec<String>,
}

/// A table with what it needs beside its turn.
struct Track<H> {
    turn: Turn<H>,
    topic: String,
    key: Vec<u8>,
    rows: u64,
    letters: u64,
    error: Option<SourceError>,
    has_begun: bool,
}

impl<S: Source, J: Journal> Poll<S, J> {
    /// Takes over from any earlier instance, reads its offsets, and finds the tables.
    ///
    /// # Errors
    /// As of [`Journal::open`] and [`Source::open`]; or two tables would have one topic, or an offset cannot be read.
    pub async fn open(mut source: S, mut journal: J, rules: Rules) -> Result<Self, SourceError> {
        let stored = journal.open().await?;
        let tables = source.open().await?;
        let pace = Pace::new(rules.rows_per_second);
        let absent = absent::absent(&rules.tables, &tables);
        let mut poll = Self { source, journal, rules, pace, tracks: Vec::new(), stored, absent };
        poll.track(tables)?;
        Ok(poll)
    }

    fn track(&mut self, tables: Vec<Table>) -> Result<(), SourceError> {
        let mut topics: BTreeMap<String, String> = BTreeMap::new();
        for table in tables {
            let topic = format!("{}{}", self.rules.topic_prefix, table.short);
            if let Some(other) = topics.insert(topic.clone(), table.name.clone()) {
                return Err(SourceError::stop(format!(
                    "tables {other} and {} would both go to topic {topic}: give each a connector of its own",
                    table.name
                )));
            }
            let key = match self.rules.tables.query() {
                Some(_) => offset::query_key(&self.rules.connector),
                None => offset::key(&self.rules.connector, &table.name),
            };
            let position = self.stored_position(&key, &table)?;
            let turn = Turn::new(table, position.unwrap_or(Position::BEGINNING));
            let has_begun = position.is_some();
            let (rows, letters, error) = (0, 0, None);
            self.tracks.push(Track { turn, topic, key, rows, letters, error, has_begun });
        }
        Ok(())
    }

    /// Where reading goes on; `None` if nothing is stored.
    fn stored_position(&self, key: &[u8], table: &Table) -> Result<Option<Position>, SourceError> {
        let old = offset::old_key(&self.rules.connector, &table.short);
        let Some(value) = self.stored.get(key).or_else(|| self.stored.get(&old)) else {
            return Ok(None);
        };
        let stored = Stored::read(value).map_err(|why| {
            SourceError::stop(format!("the stored offset {why}")).of_table(&table.name)
        })?;
        Ok(Some(match (table.is_pass, table.order) {
            (true, Order::Id) => stored.pass().map_or(Position::BEGINNING, Position::at_id),
            (true, _) => Position::BEGINNING,
            (false, order) => stored.position(order),
        }))
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
            Ok(is_done) => Ok(Outcome { tables: self.tables(), is_done }),
            Err(error) => {
                self.close().await;
                Err(error)
            }
        }
    }

    /// Gives up both connections. Nothing that was not committed becomes visible.
    pub async fn close(&mut self) {
        // If it cannot be undone now, the next instance undoes it.
        let _ = self.journal.abort().await;
        self.source.close().await;
    }

    async fn poll(&mut self, until: Instant) -> Result<bool, SourceError> {
        loop {
            let (mut is_done, mut rows) = (true, 0);
            for place in 0..self.tracks.len() {
                if self.tracks[place].error.is_some() {
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
                is_done &= track.error.is_some() || track.turn.is_done() && !has_rest;
                rows += read;
            }
            if is_done {
                return Ok(true);
            }
            if rows == 0 {
                sleep_until((Instant::now() + PAUSE).min(until)).await;
            }
        }
    }

    /// One look at a table, and the pages that may be read then.
    async fn visit(&mut self, place: usize, until: Instant) -> Result<(), SourceError> {
        match self.look(place).await {
            Ok(true) => self.begin(place).await?,
            Ok(false) => {}
            Err(error) => return self.blame(place, error),
        }
        for _ in 0..PAGES {
            let page_rows = self.pace.limit(self.rules.page_rows);
            let Some(range) = self.tracks[place].turn.range(page_rows) else { break };
            self.pace.wait(Some(until)).await;
            if Instant::now() >= until || self.tracks[place].error.is_some() {
                break;
            }
            self.page(place, &range).await?;
        }
        Ok(())
    }

    /// One table does not keep the others from being read.
    fn blame(&mut self, place: usize, error: SourceError) -> Result<(), SourceError> {
        let track = &mut self.tracks[place];
        if error.next != Next::Stop {
            return Err(error.of_table(&track.turn.table.name));
        }
        track.error = Some(error);
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
        let table = turn.table.name.clone();
        let target = Target { table: &table, topic, letters: rules.letters.topic(), key };
        let mut sending = Sending::new(journal, target, pace, *range, rules.page_rows);
        let read = source.read(place, range, &mut sending).await;
        let sent = match &read {
            Ok(()) => sending.end().await.map(Some),
            Err(error) if sending.has_failed() => Err(error.clone()),
            // What stands before a row that stops its table is kept.
            Err(_) => sending.stop().await,
        };
        match sent {
            Ok(Some(sent)) => self.settle(place, range, sent).await?,
            Ok(None) => self.journal.abort().await?,
            // Its topic is missing, or refuses its rows. If what was sent cannot be undone, that is not the cause.
            Err(error) if error.next == Next::Stop && self.journal.abort().await.is_ok() => {
                return self.blame(place, error);
            }
            Err(error) => return Err(error),
        }
        match read {
            Ok(()) => Ok(()),
            Err(error) => self.blame(place, error),
        }
    }

    /// Commits what was sent of a page.
    async fn settle(&mut self, place: usize, range: &Range, sent: Sent) -> Result<(), SourceError> {
        let Track { turn, key, rows, letters, .. } = &mut self.tracks[place];
        let Sent { end, rows: sent, letters: lettered, is_open } = sent;
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
            self.journal.commit(key, value.as_deref()).await?;
        }
        *rows += sent;
        *letters += lettered;
        Ok(())
    }

    fn tables(&mut self) -> Vec<TableOutcome> {
        let told = |track: &mut Track<S::Holder>| TableOutcome {
            table: track.turn.table.name.clone(),
            topic: track.topic.clone(),
            rows: std::mem::take(&mut track.rows),
            letters: std::mem::take(&mut track.letters),
            behind: track.turn.behind(),
            waits_for: track.turn.drain.oldest().map(ToString::to_string),
            error: track.error.clone(),
        };
        let absent = self.absent.iter().map(|name| absent::outcome(name, &self.rules.topic_prefix));
        self.tracks.iter_mut().map(told).chain(absent).collect()
    }
}
