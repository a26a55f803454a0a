//! A table with what it needs beside its turn: its topic, the key of its offset, and what was done.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::SourceError;
use crate::model::offset::{self, Stored};
use crate::model::position::{Order, Position};
use crate::options::mode::Rules;
use crate::poll::extent::Extent;
use crate::poll::outcome::TableOutcome;
use crate::poll::turn::Turn;
use crate::source::{Source, Table};

/// Keys and values of offsets.
pub(crate) type Offsets = HashMap<Vec<u8>, Vec<u8>>;

/// How long a table is left alone whose lock was not granted: asking for it takes the time of the others.
const LOCKED: Duration = Duration::from_secs(1);

/// A lock that was not granted.
pub(crate) struct Lock {
    /// What the database says.
    told: String,
    /// When the table is tried again.
    again: Instant,
}

impl Lock {
    pub(crate) fn new(told: String) -> Self {
        Self { told, again: Instant::now() + LOCKED }
    }
}

/// A table that is read.
pub(crate) struct Track<S: Source> {
    pub(crate) turn: Turn<S::Holder>,
    pub(crate) topic: String,
    pub(crate) key: Vec<u8>,
    pub(crate) extent: Extent,
    pub(crate) rows: u64,
    pub(crate) letters: u64,
    pub(crate) error: Option<SourceError>,
    /// The lock on the table that was not granted.
    pub(crate) lock: Option<Lock>,
    /// Whether it is known where it begins.
    pub(crate) has_begun: bool,
}

impl<S: Source> Track<S> {
    /// A table that goes on where its stored offset says. If that cannot be read, the table has an error.
    pub(crate) fn new(table: Table, rules: &Rules, stored: &Offsets) -> Self {
        let key = match rules.tables.query() {
            Some(_) => offset::query_key(&rules.connector),
            None => offset::key(&rules.connector, &table.name),
        };
        let (position, error) = match position(&key, &table, rules, stored) {
            Ok(position) => (position, None),
            Err(why) => (None, Some(SourceError::stop(format!("the stored offset {why}")))),
        };
        let topic = topic(rules, &table.short);
        let turn = Turn::new(table, position.unwrap_or(Position::BEGINNING));
        let (extent, has_begun) = (Extent::new(rules.page_rows), position.is_some());
        let (rows, letters, lock) = (0, 0, None);
        Self { turn, topic, key, extent, rows, letters, error, lock, has_begun }
    }

    /// Whether it is read now: it has not stopped, and waits for no lock.
    pub(crate) fn is_open(&self) -> bool {
        self.error.is_none() && self.lock.is_none()
    }

    /// Whether nothing is left of it that was seen.
    pub(crate) fn is_done(&self) -> bool {
        self.error.is_some() || self.lock.is_none() && self.turn.is_done()
    }

    /// Forgets a lock that may be asked for again.
    pub(crate) fn try_lock_again(&mut self) {
        self.lock.take_if(|lock| lock.again <= Instant::now());
    }

    /// What was done since this was asked for last.
    pub(crate) fn outcome(&mut self) -> TableOutcome {
        TableOutcome {
            table: self.turn.table.name.clone(),
            topic: self.topic.clone(),
            rows: std::mem::take(&mut self.rows),
            letters: std::mem::take(&mut self.letters),
            behind: self.turn.behind(),
            waits_for: self
                .lock
                .as_ref()
                .map(|lock| lock.told.clone())
                .or_else(|| self.turn.waits_for()),
            error: self.error.clone(),
        }
    }
}

/// The topic of a table.
pub(crate) fn topic(rules: &Rules, short: &str) -> String {
    format!("{}{short}", rules.topic_prefix)
}

/// Where reading goes on; `None` if nothing is stored. `Err` says what is wrong with what is stored.
fn position(
    key: &[u8],
    table: &Table,
    rules: &Rules,
    stored: &Offsets,
) -> Result<Option<Position>, String> {
    let old = offset::old_key(&rules.connector, &table.short);
    let Some(value) = stored.get(key).or_else(|| stored.get(&old)) else { return Ok(None) };
    let stored = Stored::read(value)?;
    Ok(Some(match (table.is_pass, table.order) {
        (true, Order::Id) => stored.pass().map_or(Position::BEGINNING, Position::at_id),
        (true, _) => Position::BEGINNING,
        (false, order) => stored.position(order),
    }))
}
