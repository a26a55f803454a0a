//! The rows of one table in one invocation: flat cells, and for each row the records it
//! stands for. Rows of one key are reduced to one here.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use bumpalo::Bump;

use crate::event::record::{Coordinates, Record};
use crate::map::mapper::{Fate, Mapper};
use crate::map::row_key::RowKey;
use crate::model::cell::Cell;
use crate::model::failure::{Cause, Refusal};

/// What a row does to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// The row must exist afterwards.
    Put,
    /// The row must not exist afterwards.
    Delete,
}

/// What a row stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// One record, by its index in the event.
    Record(usize),
    /// Several rows of one key, in record order, by their index here.
    Reduced(Vec<usize>),
}

#[derive(Debug, Clone)]
struct Row<'e> {
    op: Op,
    origin: Origin,
    at: Coordinates<'e>,
}

/// Rows of equal width.
#[derive(Debug)]
pub struct Rows<'e> {
    width: usize,
    arena: &'e Bump,
    cells: Vec<Cell<'e>>,
    rows: Vec<Row<'e>>,
    /// The key of each row, once [`Rows::find_keys`] was called.
    keys: Vec<RowKey<'e>>,
}

impl<'e> Rows<'e> {
    /// No rows yet, of a table with `width` columns; the arena holds their text.
    #[must_use]
    pub fn new(width: usize, arena: &'e Bump) -> Self {
        Self { width, arena, cells: Vec::new(), rows: Vec::new(), keys: Vec::new() }
    }

    /// What holds the text of the rows.
    pub(crate) fn arena(&self) -> &'e Bump {
        self.arena
    }

    /// Maps one record and keeps its row, if it becomes one.
    ///
    /// # Errors
    /// The mapper's error; no row is kept then.
    pub fn add(
        &mut self,
        mapper: &mut Mapper<'_>,
        index: usize,
        record: &Record<'e>,
    ) -> Result<Fate, Refusal> {
        let start = self.cells.len();
        self.cells.resize(start + self.width, Cell::Absent);
        let fate = mapper.map(record, self.arena, &mut self.cells[start..]);
        let op = match fate {
            Ok(Fate::Put) => Op::Put,
            Ok(Fate::Delete) => Op::Delete,
            Ok(Fate::Filtered) | Err(_) => {
                self.cells.truncate(start);
                return fate;
            }
        };
        self.rows.push(Row { op, origin: Origin::Record(index), at: record.coordinates() });
        fate
    }

    /// How many rows there are, reduced ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A row's cells, one per column of the table.
    #[must_use]
    pub fn cells(&self, row: usize) -> &[Cell<'e>] {
        &self.cells[row * self.width..][..self.width]
    }

    /// The position of the record that became the row; if several did, of the last one.
    pub(crate) fn coordinates(&self, row: usize) -> Coordinates<'e> {
        self.rows[row].at
    }

    pub(crate) fn op(&self, row: usize) -> Op {
        self.rows[row].op
    }

    /// The rows that were reduced to this one, in record order; `None` for a record's own row.
    pub(crate) fn parts(&self, row: usize) -> Option<&[usize]> {
        match &self.rows[row].origin {
            Origin::Record(_) => None,
            Origin::Reduced(parts) => Some(parts),
        }
    }

    /// The records a row stands for.
    #[must_use]
    pub fn records(&self, row: usize) -> Vec<usize> {
        match &self.rows[row].origin {
            Origin::Record(record) => vec![*record],
            Origin::Reduced(parts) => parts.iter().flat_map(|&part| self.records(part)).collect(),
        }
    }

    pub(crate) fn record_count(&self, row: usize) -> usize {
        match &self.rows[row].origin {
            Origin::Record(_) => 1,
            Origin::Reduced(parts) => parts.len(),
        }
    }

    /// Finds the key of every row that has none yet: `text` returns the text by which the target
    /// compares a cell of a column.
    pub(crate) fn find_keys(
        &mut self,
        columns: &[usize],
        text: impl Fn(usize, Cell<'e>, &'e Bump) -> Option<&'e str>,
    ) {
        let part = |row: usize, column: usize| text(column, self.cells(row)[column], self.arena);
        let key = |row: usize| match columns {
            [column] => RowKey::One(part(row, *column)),
            many => RowKey::Many(many.iter().map(|&column| part(row, column)).collect()),
        };
        let new: Vec<_> = (self.keys.len()..self.rows.len()).map(key).collect();
        self.keys.extend(new);
    }

    /// A row's key, if keys were found and the row has one: the target may still generate it.
    pub(crate) fn key(&self, row: usize) -> Option<&RowKey<'e>> {
        self.keys.get(row).filter(|key| key.rank().all(|(_, part)| part.is_some()))
    }

    /// The same rows in the order of their records; a row of several records by its last one.
    pub(crate) fn in_record_order(&self, rows: &[usize]) -> Vec<usize> {
        let mut sorted = rows.to_vec();
        sorted.sort_by_cached_key(|&row| self.records(row).pop());
        sorted
    }

    /// Whether a key comes more than once, or a row is deleted: then rows of different keys may only be
    /// written in the order of their records.
    pub(crate) fn depend_on_order(&self) -> bool {
        let mut keys = HashSet::new();
        let records = (0..self.rows.len()).filter(|&row| self.parts(row).is_none());
        let mut repeats = records.map(|row| {
            self.op(row) == Op::Delete || self.key(row).is_some_and(|key| !keys.insert(key))
        });
        repeats.any(|repeats| repeats)
    }

    /// The rows from `first` on, in record order.
    pub(crate) fn from(&self, first: usize) -> Vec<usize> {
        (first..self.rows.len()).collect()
    }

    /// The rows to deliver from `first` on, with the rows of one key reduced: a later value wins,
    /// an absent one keeps the earlier, and a put after a delete starts from nothing, so that each
    /// key has one put, one delete, or a delete before a put. They are sorted by key, shorter keys
    /// first as numbers are sorted: two invocations with the same keys then lock them in the same
    /// order, and an index is written in its own order.
    ///
    /// A row that does not pass `check` is left out, so that no later row hides it.
    pub(crate) fn reduced(
        &mut self,
        first: usize,
        check: impl Fn(&[Cell<'e>]) -> Result<(), Cause>,
    ) -> (Vec<usize>, Vec<(usize, Cause)>) {
        let rows = self.from(first);
        let mut order: Vec<usize> = Vec::with_capacity(rows.len());
        let mut refused = Vec::new();
        let mut latest: HashMap<RowKey<'e>, usize> = HashMap::with_capacity(rows.len());
        for row in rows {
            let place = match latest.entry(self.keys[row].clone()) {
                Entry::Occupied(known) => known,
                Entry::Vacant(new) => {
                    new.insert(order.len());
                    order.push(row);
                    continue;
                }
            };
            let mut passes = |row: usize| match check(self.cells(row)) {
                Ok(()) => true,
                Err(cause) => {
                    refused.push((row, cause));
                    false
                }
            };
            let earlier = order[*place.get()];
            if !passes(row) {
                continue;
            }
            if self.parts(earlier).is_none() && !passes(earlier) {
                order[*place.get()] = row;
            } else if (self.op(earlier), self.op(row)) == (Op::Delete, Op::Put) {
                *place.into_mut() = order.len();
                order.push(row);
            } else {
                order[*place.get()] = self.reduce(earlier, row);
            }
        }
        order.sort_by(|&one, &other| self.keys[one].rank().cmp(self.keys[other].rank()));
        (order, refused)
    }

    /// Merges a later row into a copy of an earlier one and keeps both.
    fn reduce(&mut self, earlier: usize, later: usize) -> usize {
        let op = self.op(later);
        for column in 0..self.width {
            let over = self.cells(later)[column];
            let keeps = op == Op::Put && over == Cell::Absent;
            self.cells.push(if keeps { self.cells(earlier)[column] } else { over });
        }
        let mut parts = match &mut self.rows[earlier].origin {
            Origin::Record(_) => vec![earlier],
            Origin::Reduced(parts) => std::mem::take(parts),
        };
        parts.push(later);
        self.rows.push(Row { op, origin: Origin::Reduced(parts), at: self.rows[later].at });
        self.keys.push(self.keys[later].clone());
        self.rows.len() - 1
    }

    /// The columns that any row from `first` on mentions.
    pub(crate) fn mentioned(&self, first: usize) -> Vec<usize> {
        let mut mentioned = vec![false; self.width];
        for row in first..self.rows.len() {
            for (column, seen) in mentioned.iter_mut().enumerate() {
                *seen |= self.cells(row)[column] != Cell::Absent;
            }
        }
        (0..self.width).filter(|&column| mentioned[column]).collect()
    }

    /// Makes absent cells of these columns null in the puts from `first` on.
    pub(crate) fn fill_nulls(&mut self, first: usize, columns: &[usize]) {
        for row in first..self.rows.len() {
            if self.op(row) == Op::Put {
                for &column in columns {
                    let cell = &mut self.cells[row * self.width + column];
                    if *cell == Cell::Absent {
                        *cell = Cell::Null;
                    }
                }
            }
        }
    }
}
