//! Records of a table whose constraints depend on other rows, and the rows that they must lead to
//! if they are applied one by one:
//! `t(id PRIMARY KEY, e UNIQUE, up REFERENCES t, s DEFAULT 0 CHECK (s <> 0))`.

use std::collections::BTreeMap;

use crate::event::EventBuilder;
use crate::memory::TextRow;
use crate::table::{Kind, TableSpec};

/// The table; `words` are added to the reference.
#[must_use]
pub fn table(words: &'static str) -> TableSpec {
    TableSpec::new("t")
        .key("id", Kind::Integer)
        .column("e", Kind::Integer)
        .unique()
        .column("up", Kind::Integer)
        .refers("t", words)
        .column("s", Kind::Integer)
        .or("0")
        .except("0")
}

/// A record: a put, or the tombstone of a key.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its key.
    pub key: u8,
    /// What is put.
    pub put: Option<Put>,
}

/// What a record puts.
#[derive(Debug, Clone)]
pub struct Put {
    /// A value that no other row may have, unless it is null.
    pub e: Option<u8>,
    /// The row it refers to.
    pub up: Option<u8>,
    /// Left out, a new row has 0, which the check refuses.
    pub s: Option<u8>,
}

/// An event of these records, in one partition.
#[must_use]
pub fn event(records: &[Sent]) -> EventBuilder {
    let text = |value: Option<u8>| value.map_or("null".to_owned(), |value| value.to_string());
    records.iter().fold(EventBuilder::msk(), |event, sent| {
        let record = event.next("t", 0).key(format!("{{\"id\":{}}}", sent.key));
        let record = match &sent.put {
            Some(Put { e, up, s }) => {
                let s = s.map_or(String::new(), |s| format!(",\"s\":{s}"));
                record.value(format!("{{\"e\":{},\"up\":{}{s}}}", text(*e), text(*up)))
            }
            None => record,
        };
        event.record(record)
    })
}

/// The table as it must be.
#[derive(Debug, Clone)]
pub struct Model {
    cascades: bool,
    /// `e`, `up` and `s` by key.
    rows: BTreeMap<u8, (Option<u8>, Option<u8>, u8)>,
}

impl Model {
    /// An empty table, in which a delete takes the rows with it that refer to the deleted one, or
    /// is refused.
    #[must_use]
    pub fn new(cascades: bool) -> Self {
        Self { cascades, rows: BTreeMap::new() }
    }

    /// Whether a record can be applied; then it is.
    pub fn takes(&mut self, sent: &Sent) -> bool {
        let Some(Put { e, up, s }) = &sent.put else { return self.delete(sent.key) };
        let known = self.rows.get(&sent.key).map(|row| row.2);
        let Some(s) = s.or(known) else { return false };
        let others = || self.rows.iter().filter(|(key, _)| **key != sent.key);
        let is_taken = e.is_some() && others().any(|(_, row)| row.0 == *e);
        let is_there = up.is_none_or(|up| up == sent.key || self.rows.contains_key(&up));
        if !is_taken && is_there {
            self.rows.insert(sent.key, (*e, *up, s));
        }
        !is_taken && is_there
    }

    fn delete(&mut self, key: u8) -> bool {
        let children = self.rows.iter().filter(|(other, row)| **other != key && row.1 == Some(key));
        let children: Vec<u8> = children.map(|(child, _)| *child).collect();
        let exists = self.rows.contains_key(&key);
        if exists && !self.cascades && !children.is_empty() {
            return false;
        }
        if self.rows.remove(&key).is_some() {
            children.into_iter().for_each(|child| _ = self.delete(child));
        }
        true
    }

    /// Its rows, by key.
    #[must_use]
    pub fn rows(&self) -> Vec<TextRow> {
        let text = |value: Option<u8>| value.map(|value| value.to_string());
        let row = |(key, (e, up, s)): (&u8, &(Option<u8>, Option<u8>, u8))| {
            vec![Some(key.to_string()), text(*e), text(*up), text(Some(*s))]
        };
        self.rows.iter().map(row).collect()
    }
}
