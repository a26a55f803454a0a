//! One connection to the database in memory. It checks that its caller keeps every promise of the
//! [`Sink`] trait and panics if one is broken.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::operation::Operation;
use sluice_bridge::model::shape::{TableShape, Untyped};
use sluice_bridge::model::table::TableName;
use sluice_bridge::sink::DryRun;

use super::script::Script;
use super::shape::{CheckedColumns, Judge, OpenColumns, VersionedCells};
use super::storage::Storage;
use super::{Change, MemoryDatabase, Method, Positions, Report, Trouble};
use crate::table::{ColumnSpec, Kind};

/// A batch that was given to `write`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The operation.
    pub operation: Operation,
    /// How many rows it had.
    pub rows: usize,
    /// Whether every row of it was written or found nothing to change.
    pub accepted: bool,
}

/// A sink whose every call can be made to fail.
pub struct MemorySink {
    pub(super) database: MemoryDatabase,
    pub(super) report: Report,
    pub(super) is_bad: Arc<Judge>,
    pub(super) script: Script,
    pub(super) attempts: Vec<Attempt>,
    pub(super) chunk: Option<usize>,
    /// The rows that this invocation knows to be durable, if the sink is durable at once; `None`
    /// otherwise.
    pub(super) durable: Option<HashSet<String>>,
    /// Whether it knows which values are bad before the target is asked.
    pub(super) checks: bool,
    /// Whether its tables take any column.
    pub(super) is_open: bool,
    /// Whether its tables say that they keep versions.
    pub(super) keeps_versions: bool,
    /// The cells of the rows pushed so far, until `finish`.
    pub(super) pushed: Option<Vec<String>>,
    pub(super) streamed_ahead: usize,
    pub(super) age: u32,
    pub(super) work: Option<Work>,
    /// A call failed or was dropped: only `abandon` may come now.
    pub(super) spoiled: bool,
}

/// What is not committed yet.
pub(super) struct Work {
    pub(super) tables: BTreeMap<String, Storage>,
    pub(super) changes: Vec<Change>,
    pub(super) offsets: Positions,
    pub(super) described: HashSet<TableName>,
}

impl MemorySink {
    /// A connection. These are bad: a value that is not an integer in a column of integers, and a
    /// row whose key exists or is null.
    #[must_use]
    pub fn new(database: &MemoryDatabase, report: Report) -> Self {
        Self {
            database: database.clone(),
            report,
            is_bad: Arc::new(no_integer),
            script: Script::default(),
            attempts: Vec::new(),
            chunk: None,
            durable: None,
            checks: false,
            is_open: false,
            keeps_versions: false,
            pushed: None,
            streamed_ahead: 0,
            age: database.state().age,
            work: None,
            spoiled: false,
        }
    }

    /// Says which cells are bad, instead of the rules of the columns' kinds.
    #[must_use]
    pub fn bad(
        self,
        is_bad: impl Fn(&ColumnSpec, Cell<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { is_bad: Arc::new(is_bad), ..self }
    }

    /// Takes this many rows at a time while later ones are still being mapped.
    #[must_use]
    pub fn ahead(self, chunk: Option<usize>) -> Self {
        Self { chunk, ..self }
    }

    /// Makes rows durable as soon as they are written, like a target without transactions.
    #[must_use]
    pub fn durable_at_once(self) -> Self {
        Self { durable: Some(HashSet::new()), ..self }
    }

    /// Knows which values are bad before the target is asked.
    #[must_use]
    pub fn checks(self) -> Self {
        Self { checks: true, ..self }
    }

    /// Describes tables that take any column.
    #[must_use]
    pub fn open(self) -> Self {
        Self { is_open: true, ..self }
    }

    /// Describes tables that keep the newest version of each cell. They have the last one here: only
    /// the rows that arrive are of interest.
    #[must_use]
    pub fn keeping_versions(self) -> Self {
        Self { keeps_versions: true, ..self }
    }

    /// Makes the `nth` call (from zero) of a method fail.
    #[must_use]
    pub fn trouble(mut self, method: Method, nth: usize, trouble: Trouble) -> Self {
        self.script.add(method, nth, trouble);
        self
    }

    /// How often a method was called.
    #[must_use]
    pub fn calls(&self, method: Method) -> usize {
        self.script.count(method)
    }

    /// How many rows were sent before the rest were mapped, since the last `begin`.
    #[must_use]
    pub fn streamed_ahead(&self) -> usize {
        self.streamed_ahead
    }

    /// Every batch that `write` was given.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// What it knows of a table with these columns.
    pub(super) fn shape(&self, columns: &[ColumnSpec]) -> Arc<dyn TableShape> {
        if self.is_open {
            return Arc::new(OpenColumns);
        }
        if self.keeps_versions {
            return Arc::new(VersionedCells);
        }
        if !self.checks {
            return Arc::new(Untyped);
        }
        Arc::new(CheckedColumns { columns: columns.to_vec(), is_bad: Arc::clone(&self.is_bad) })
    }
}

fn no_integer(column: &ColumnSpec, cell: Cell<'_>) -> bool {
    let integer = || cell.as_text().is_none_or(|text| text.parse::<i64>().is_ok());
    column.kind == Kind::Integer && !integer()
}

impl DryRun for MemorySink {}

impl fmt::Debug for MemorySink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySink").field("report", &self.report).finish_non_exhaustive()
    }
}
