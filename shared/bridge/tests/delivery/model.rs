//! What must come of a sequence of records: each is applied on its own, in order.
//!
//! With one documented exception. Rows of one key in one event are reduced to one before they
//! are written, so a bad value that a later record of the run overwrites never meets the
//! target and counts as written. A *run* ends where a put follows a delete, and begins behind
//! the rows that were sent before the rest were mapped.

use std::collections::{BTreeMap, BTreeSet};

use sluice_bridge::options::rules::InsertMode;
use sluice_testkit::memory::TextRow;

/// The value that the target refuses.
pub(crate) const BAD: &str = "bad";
/// What column `b` holds when it is left out of an insert.
pub(crate) const DEFAULT: &str = "default";

/// What a record says of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    Absent,
    Null,
    Good(u8),
    Bad,
}

/// What a record asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    Put {
        a: Field,
        b: Field,
    },
    Delete,
    /// A value that is not JSON.
    Garbage,
    /// A put without a key.
    Keyless,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) key: u8,
    pub(crate) ask: Ask,
}

/// What an event came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) written: usize,
    pub(crate) filtered: usize,
    pub(crate) failed: Vec<usize>,
}

impl Sent {
    pub(crate) fn partition(&self) -> i32 {
        i32::from(self.key % 2)
    }

    pub(crate) fn key(&self) -> Option<String> {
        (self.ask != Ask::Keyless).then(|| format!("k{}", self.key))
    }

    pub(crate) fn value(&self) -> Option<String> {
        match &self.ask {
            Ask::Put { a, b } => {
                let fields = [member("a", a), member("b", b)];
                Some(format!("{{{}}}", fields.into_iter().flatten().collect::<Vec<_>>().join(",")))
            }
            Ask::Delete => None,
            Ask::Garbage => Some("no JSON".to_owned()),
            Ask::Keyless => Some("{}".to_owned()),
        }
    }

    fn is_row(&self) -> bool {
        matches!(self.ask, Ask::Put { .. } | Ask::Delete)
    }

    fn is_bad(&self) -> bool {
        match &self.ask {
            Ask::Put { a, b } => *a == Field::Bad || *b == Field::Bad,
            Ask::Delete => false,
            Ask::Garbage | Ask::Keyless => true,
        }
    }
}

fn member(name: &str, field: &Field) -> Option<String> {
    let json = match field {
        Field::Absent => return None,
        Field::Null => "null".to_owned(),
        Field::Good(value) => format!("\"{value}\""),
        Field::Bad => format!("\"{BAD}\""),
    };
    Some(format!("\"{name}\":{json}"))
}

/// The table as it must be.
#[derive(Debug)]
pub(crate) struct Model {
    mode: InsertMode,
    rows: BTreeMap<u8, [Option<String>; 2]>,
}

impl Model {
    pub(crate) fn new(mode: InsertMode) -> Self {
        Self { mode, rows: BTreeMap::new() }
    }

    pub(crate) fn rows(&self) -> Vec<TextRow> {
        let row = |(key, [a, b]): (&u8, &[Option<String>; 2])| {
            vec![Some(format!("k{key}")), a.clone(), b.clone()]
        };
        self.rows.iter().map(row).collect()
    }

    /// Applies an event of which this many rows were sent before the rest were mapped.
    pub(crate) fn take(&mut self, records: &[Sent], streamed_ahead: usize) -> Told {
        let mut told = Told::default();
        let reduced = match self.mode {
            InsertMode::Insert => Reduced::default(),
            InsertMode::Upsert | InsertMode::Update => reduce(records, streamed_ahead),
        };
        for (index, sent) in records.iter().enumerate() {
            let there = self.rows.contains_key(&sent.key);
            let is_put = matches!(sent.ask, Ask::Put { .. });
            let is_bad = sent.is_bad() && !reduced.forgiven.contains(&index);
            let is_taken = self.mode == InsertMode::Insert && is_put && there;
            if is_bad || is_taken {
                told.failed.push(index);
            } else if self.mode == InsertMode::Update && is_put && !there {
                match reduced.deleted.contains(&index) {
                    true => told.written += 1,
                    false => told.filtered += 1,
                }
            } else {
                self.apply(sent);
                told.written += 1;
            }
        }
        told
    }

    fn apply(&mut self, sent: &Sent) {
        let Ask::Put { a, b } = &sent.ask else {
            self.rows.remove(&sent.key);
            return;
        };
        let row = self.rows.entry(sent.key).or_insert([None, Some(DEFAULT.to_owned())]);
        for (cell, field) in row.iter_mut().zip([a, b]) {
            match field {
                Field::Absent => {}
                Field::Null => *cell = None,
                Field::Good(value) => *cell = Some(value.to_string()),
                Field::Bad => *cell = Some(BAD.to_owned()),
            }
        }
    }
}

/// What reducing does to single records.
#[derive(Debug, Default)]
struct Reduced {
    /// Their bad values are overwritten before they are written.
    forgiven: BTreeSet<usize>,
    /// They are part of a run that ends with a delete.
    deleted: BTreeSet<usize>,
}

fn reduce(records: &[Sent], streamed_ahead: usize) -> Reduced {
    let mut reduced = Reduced::default();
    let rows = records.iter().enumerate().filter(|(_, sent)| sent.is_row());
    let rows: Vec<(usize, &Sent)> = rows.skip(streamed_ahead).collect();
    for key in 0..=u8::MAX {
        let rows: Vec<_> = rows.iter().filter(|(_, sent)| sent.key == key).copied().collect();
        let ends = |one: &(usize, &Sent), next: &(usize, &Sent)| {
            one.1.ask != Ask::Delete || next.1.ask == Ask::Delete
        };
        for run in rows.chunk_by(ends) {
            let indexes = run.iter().map(|(index, _)| *index);
            let deleted = run.last().is_some_and(|(_, last)| last.ask == Ask::Delete);
            if deleted {
                reduced.deleted.extend(indexes.clone());
            }
            if deleted || !ends_bad(run) {
                reduced.forgiven.extend(indexes);
            }
        }
    }
    reduced
}

/// Whether a bad value is left when every record of a run is laid over the ones before it.
fn ends_bad(run: &[(usize, &Sent)]) -> bool {
    let (mut a_is_bad, mut b_is_bad) = (false, false);
    for (_, sent) in run {
        if let Ask::Put { a, b } = &sent.ask {
            a_is_bad = *a == Field::Bad || (a_is_bad && *a == Field::Absent);
            b_is_bad = *b == Field::Bad || (b_is_bad && *b == Field::Absent);
        }
    }
    a_is_bad || b_is_bad
}
