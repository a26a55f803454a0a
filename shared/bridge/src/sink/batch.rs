//! Rows that go to the target together: one table, one operation, one set of columns.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::event::record::Coordinates;
use crate::map::row::{Op, Rows};
use crate::map::row_key::RowKey;
use crate::model::cell::Cell;
use crate::model::operation::Operation;
use crate::model::table::Table;
use crate::options::rules::InsertMode;

/// A view of rows that share everything except their values; cheap to create and to halve.
///
/// No cell of a batch's columns is absent. In anything but an insert no two rows have the same key,
/// unless the batch is [`in_order`](Batch::in_order) and only the target can compare their keys.
/// The table's shape is asked first if that is allowed:
/// [`can_compare_in_batch`](crate::model::shape::TableShape::can_compare_in_batch).
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a, 'e> {
    /// The table, as the sink described it.
    pub table: &'a Table,
    /// What the target has to do.
    pub operation: Operation,
    /// The columns that have a value in every row; for a delete, the key's.
    pub columns: &'a [usize],
    /// The columns rows are found by; empty if the rules name no key.
    pub key: &'a [usize],
    /// Whether several rows like these were refused before. A sink that can find bad rows in one
    /// call does so then and names them in its answer.
    pub suspect: bool,
    /// Whether the rows are in the order of their keys. If not, a sink that locks rows while it
    /// writes sorts them first; otherwise two invocations with the same keys may wait for each
    /// other.
    pub sorted: bool,
    /// Whether the target must take the rows in the order they come in.
    pub in_order: bool,
    all: &'a Rows<'e>,
    picked: &'a [usize],
}

impl<'a, 'e> Batch<'a, 'e> {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.picked.len()
    }

    /// Whether it has no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.picked.is_empty()
    }

    /// The cells of a row, one for every column of the table; only [`Batch::columns`] count.
    #[must_use]
    pub fn cells(&self, row: usize) -> &'a [Cell<'e>] {
        self.all.cells(self.picked[row])
    }

    /// The position of the record that became a row; if several records of one key did, of the last
    /// one. It identifies the row if the target takes an identifier for each, such as an insert id
    /// or a cell's version.
    #[must_use]
    pub fn coordinates(&self, row: usize) -> Coordinates<'e> {
        self.all.coordinates(self.picked[row])
    }

    /// A part of it.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        Self { picked: &self.picked[range], ..*self }
    }

    /// The same rows, suspect or not.
    pub(crate) fn suspected(&self, suspect: bool) -> Self {
        Self { suspect, ..*self }
    }

    /// The same batch with other rows of the table.
    pub(crate) fn picking(&self, picked: &'a [usize]) -> Self {
        Self { picked, ..*self }
    }

    /// The same rows, changed only where they exist.
    pub(crate) fn as_update(&self) -> Self {
        Self { operation: Operation::Update, ..*self }
    }

    /// The rows that it has, by index among all rows of the table.
    pub(crate) fn rows(&self) -> &'a [usize] {
        self.picked
    }
}

/// The rows of one future batch.
#[derive(Debug)]
pub(crate) struct Group {
    operation: Operation,
    pub(crate) columns: Vec<usize>,
    pub(crate) picked: Vec<usize>,
    pub(crate) sorted: bool,
    pub(crate) in_order: bool,
}

impl Group {
    pub(crate) fn batch<'a, 'e>(
        &'a self,
        table: &'a Table,
        key: &'a [usize],
        rows: &'a Rows<'e>,
    ) -> Batch<'a, 'e> {
        Batch {
            table,
            operation: self.operation,
            columns: &self.columns,
            key,
            suspect: false,
            sorted: self.sorted,
            in_order: self.in_order,
            all: rows,
            picked: &self.picked,
        }
    }

    /// One row alone.
    pub(crate) fn of_row(rows: &Rows<'_>, row: usize, key: &[usize], mode: InsertMode) -> Self {
        let columns = match rows.op(row) {
            Op::Delete => key.to_vec(),
            Op::Put => present(rows.cells(row)).collect(),
        };
        Self {
            operation: operation(rows.op(row), mode),
            columns,
            picked: vec![row],
            sorted: mode != InsertMode::Insert,
            in_order: false,
        }
    }
}

pub(crate) fn operation(op: Op, mode: InsertMode) -> Operation {
    match (op, mode) {
        (Op::Delete, _) => Operation::Delete,
        (Op::Put, InsertMode::Insert) => Operation::Insert,
        (Op::Put, InsertMode::Upsert) => Operation::Upsert,
        (Op::Put, InsertMode::Update) => Operation::Update,
    }
}

fn present<'r>(cells: &'r [Cell<'_>]) -> impl Iterator<Item = usize> + 'r {
    cells.iter().enumerate().filter(|(_, cell)| **cell != Cell::Absent).map(|(column, _)| column)
}

/// Whether a row needs the same operation with the same columns as the group.
pub(crate) fn fits(group: &Group, rows: &Rows<'_>, row: usize, mode: InsertMode) -> bool {
    group.operation == operation(rows.op(row), mode)
        && (group.operation == Operation::Delete
            || present(rows.cells(row)).eq(group.columns.iter().copied()))
}

/// The one group of rows that all need the same; `None` if they do not, or are deletes, because
/// several deletes may have one key.
pub(crate) fn uniform(
    rows: &Rows<'_>,
    order: &[usize],
    key: &[usize],
    mode: InsertMode,
) -> Option<Group> {
    let group = Group::of_row(rows, *order.first()?, key, mode);
    let all_fit = group.operation != Operation::Delete
        && order.iter().all(|&row| fits(&group, rows, row, mode));
    all_fit.then(|| Group { picked: order.to_vec(), ..group })
}

/// Groups rows in their present order. A new group starts if the shape changes, if a key occurs
/// again, and before and after a row that has to be alone.
pub(crate) fn runs(
    rows: &Rows<'_>,
    order: &[usize],
    key: &[usize],
    mode: InsertMode,
    is_alone: impl Fn(usize) -> bool,
) -> Vec<Group> {
    let mut runs: Vec<Group> = Vec::new();
    let mut keys: HashSet<&RowKey<'_>> = HashSet::new();
    let mut was_alone = false;
    for &row in order {
        let is_new = rows.key(row).is_none_or(|key| keys.insert(key));
        let cuts = is_alone(row);
        let may_join = is_new && !cuts && !was_alone;
        was_alone = cuts;
        match runs.last_mut() {
            Some(run) if may_join && fits(run, rows, row, mode) => run.picked.push(row),
            _ => {
                keys.clear();
                keys.extend(rows.key(row));
                let first = Group::of_row(rows, row, key, mode);
                runs.push(Group { sorted: false, in_order: true, ..first });
            }
        }
    }
    runs
}

/// Sorts rows into groups without changing the order of the rows of one key: a row joins the first
/// fitting group that is not before the group of its key's previous row. If rows have no known key,
/// the order of the groups is free.
pub(crate) fn group(
    rows: &Rows<'_>,
    order: &[usize],
    key: &[usize],
    mode: InsertMode,
    repeats_keys: bool,
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // Group indexes by shape, ascending, and the group of each key's latest row.
    let mut alike: HashMap<(Operation, Vec<usize>), Vec<usize>> = HashMap::new();
    let mut latest: HashMap<&RowKey<'_>, usize> = HashMap::new();
    for &row in order {
        let new = Group::of_row(rows, row, key, mode);
        let known = alike.entry((new.operation, new.columns.clone())).or_default();
        let earliest = rows.key(row).and_then(|key| latest.get(key)).copied();
        // A second delete of a key goes to a group of its own.
        let repeats = repeats_keys && new.operation != Operation::Delete;
        let after = usize::from(!repeats);
        let earliest = earliest.map_or(0, |index| index + after);
        let fitting = known.partition_point(|&index| index < earliest);
        let index = *known.get(fitting).unwrap_or(&groups.len());
        if index == groups.len() {
            known.push(index);
            groups.push(new);
        } else {
            groups[index].picked.push(row);
        }
        if let Some(key) = rows.key(row) {
            latest.insert(key, index);
        }
    }
    groups
}
