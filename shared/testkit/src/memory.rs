//! A database in memory, and a sink for it that fails as a test wants.

mod apply;
mod calls;
mod constraints;
mod promises;
mod script;
mod shape;
mod sink;
mod storage;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use sluice_bridge::model::change::{ColumnKind, NewColumn, SchemaChange};
use sluice_bridge::model::operation::Operation;
use sluice_bridge::sink::partition_offset::PartitionOffset;

pub use script::{Method, Report, Trouble};
use sink::Work;
pub use sink::{Attempt, MemorySink};
use storage::Storage;

use crate::journal::{Journal, Moment};
use crate::table::{ColumnSpec, Kind, TableSpec};

/// A row as text, one cell per column; `None` is null.
pub type TextRow = Vec<Option<String>>;

/// One row's committed change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The table.
    pub table: String,
    /// The operation.
    pub operation: Operation,
    /// The row afterwards; for a deleted row its last content, or empty if it did not exist.
    pub row: TextRow,
}

/// The offsets reached, by connector.
type Positions = BTreeMap<String, Vec<PartitionOffset>>;

/// The durable side: what every connection sees. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryDatabase(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    tables: BTreeMap<String, Storage>,
    changes: Vec<Change>,
    offsets: Positions,
    journal: Journal,
    /// Connections with a lower age are broken.
    age: u32,
}

impl MemoryDatabase {
    /// A database with these tables.
    #[must_use]
    pub fn with(tables: impl IntoIterator<Item = TableSpec>) -> Self {
        let database = Self::default();
        tables.into_iter().for_each(|table| database.create(table));
        database
    }

    /// Creates an empty table, and replaces one of the same name.
    pub fn create(&self, table: TableSpec) {
        self.0.borrow_mut().tables.insert(table.name.clone(), Storage::new(table));
    }

    /// Drops a table.
    pub fn drop_table(&self, name: &str) {
        self.0.borrow_mut().tables.remove(name);
    }

    /// Breaks every connection that is open now.
    pub fn sever(&self) {
        self.0.borrow_mut().age += 1;
    }

    /// The committed rows of a table, by primary key, or else in the order in which they came.
    ///
    /// # Panics
    /// If there is no such table.
    #[must_use]
    pub fn rows(&self, table: &str) -> Vec<TextRow> {
        self.0.borrow().tables.get(table).expect("the table exists").rows()
    }

    /// Every committed change, in order.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.0.borrow().changes.clone()
    }

    /// What happened here and to messages, in one order: a producer can share it.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.0.borrow().journal.clone()
    }

    fn state(&self) -> std::cell::Ref<'_, State> {
        self.0.borrow()
    }

    /// Creates what is missing, unless it exists.
    fn make(&self, missing: &SchemaChange) {
        let mut state = self.0.borrow_mut();
        match missing {
            SchemaChange::Table { name, columns, key } => {
                let mut spec = TableSpec::new(&name.name);
                spec.columns = columns.iter().map(column).collect();
                spec.primary_key.clone_from(key);
                let storage = Storage::new(spec);
                state.tables.entry(name.name.clone()).or_insert(storage);
            }
            SchemaChange::Columns { table, columns } => {
                let storage = state.tables.get_mut(&table.name).expect("the table exists");
                columns.iter().map(column).for_each(|column| storage.add(column));
            }
        }
    }

    /// Makes the work so far durable.
    fn keep(&self, work: &mut Work) {
        let mut state = self.0.borrow_mut();
        state.tables = work.tables.clone();
        state.changes.append(&mut work.changes);
    }

    fn commit(&self, work: Work) {
        let mut state = self.0.borrow_mut();
        state.tables = work.tables;
        state.changes.extend(work.changes);
        state.offsets = work.offsets;
        state.journal.note(Moment::Committed);
    }
}

fn column(new: &NewColumn) -> ColumnSpec {
    let kind = match new.kind {
        ColumnKind::Booleans => Kind::Boolean,
        ColumnKind::Integers => Kind::Integer,
        ColumnKind::Decimals | ColumnKind::Floats => Kind::Decimal,
        ColumnKind::Timestamps => Kind::Timestamp,
        ColumnKind::Documents => Kind::Json,
        ColumnKind::Text | ColumnKind::Bytes | ColumnKind::Dates | ColumnKind::Times => Kind::Text,
    };
    ColumnSpec::new(&new.name, kind)
}

impl fmt::Debug for MemoryDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.borrow().tables.keys()).finish()
    }
}
