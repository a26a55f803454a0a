//! Schedules whose records bring keys that the table has no columns for yet.

use std::collections::BTreeSet;

use fastrand::Rng;

use crate::database::target::Target;
use crate::schedule::records::{Fate, Kind, Planned};
use crate::schedule::{Mode, Schedule};

/// What every new column is called at the beginning.
pub(crate) const NEW: &str = "new_";
/// A key that is only ever null: it gets no column.
const NEVER_A_VALUE: &str = "new_void";
/// A key of records that are refused for another key: it gets none either.
const NEVER_TAKEN: &str = "new_ghost";
/// A key of records that a column refuses: it may get one.
const PERHAPS: &str = "new_perhaps";
/// So many records of a batch, and no more, so that a slow machine has the time for them.
const MOST_AT_ONCE: usize = 500;
/// A name that is too long for a column.
const LONGEST: usize = 70;

impl Schedule {
    /// Gives records new keys, more of them as time goes on. A key has values of one kind.
    pub(super) fn evolve(&mut self, rng: &mut Rng) {
        self.evolves = true;
        // MariaDB refuses new columns of a table that notes its transactions.
        if self.mode == Mode::Insert && self.target == Target::Mariadb {
            self.mode = Mode::Upsert;
        }
        // Rows of other keys are statements of their own.
        self.batch_size = self.batch_size.min(MOST_AT_ONCE);
        let (most, all) = (rng.usize(2..=12), self.records.len());
        for (index, record) in self.records.iter_mut().enumerate() {
            match record.kind {
                Kind::Good { .. } => {
                    let known = 1 + index * most / all;
                    record.more = draw(rng, known, record.n);
                }
                Kind::Unknown => record.more = ones([&"x".repeat(LONGEST), NEVER_TAKEN]),
                Kind::Typed => record.more = ones([PERHAPS]),
                _ => {}
            }
        }
    }

    /// The columns that are to be there at the end: each has had a value in a record that is written.
    #[must_use]
    pub fn new_columns(&self) -> BTreeSet<String> {
        let written = self.records.iter().filter(|record| self.fate(record) == Fate::Put);
        let keys = written.flat_map(|record| &record.more).filter(|(_, json)| json != "null");
        let new = keys.filter(|(name, _)| name.starts_with(NEW));
        new.map(|(name, _)| name.clone()).collect()
    }
}

fn ones<const N: usize>(names: [&str; N]) -> Vec<(String, String)> {
    names.map(|name| (name.to_owned(), "1".to_owned())).into()
}

/// Some of the keys that are known by now.
fn draw(rng: &mut Rng, known: usize, n: i64) -> Vec<(String, String)> {
    let mut keys = BTreeSet::new();
    (0..rng.usize(..3)).for_each(|_| _ = keys.insert(rng.usize(..known)));
    let value = |rng: &mut Rng, key: usize| match key % 2 {
        _ if rng.u8(..8) == 0 => "null".to_owned(),
        0 => (n * 3).to_string(),
        _ => format!("\"text of {n}\""),
    };
    let mut more: Vec<_> =
        keys.into_iter().map(|key| (format!("{NEW}{key}"), value(rng, key))).collect();
    if rng.u8(..10) == 0 {
        more.push((NEVER_A_VALUE.to_owned(), "null".to_owned()));
    }
    more
}

/// Whether a column may be there although no record that was written has a value for it.
pub(crate) fn is_allowed(column: &str) -> bool {
    column == PERHAPS
}

impl Planned {
    /// Its further keys as their columns show them; `None` is NULL.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.more.iter().map(|(name, json)| {
            let value = (json != "null").then(|| json.trim_matches('"'));
            (name.as_str(), value)
        })
    }
}
