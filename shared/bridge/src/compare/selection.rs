//! The interface of a connector that can compare: a table's description, and its rows.

use std::ops::ControlFlow;

use crate::compare::canonical;
use crate::compare::class::{Class, Tolerance};
use crate::compare::line::Line;
use crate::model::failure::SinkError;
use crate::model::table::TableName;
use crate::sink::target::Sink;

/// A table, as far as a comparison needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Every column, in the target's order.
    pub columns: Vec<Described>,
    /// The names of the primary key's columns, in key order; empty without one.
    pub key: Vec<String>,
    /// How many rows the table has, as the server counts them.
    pub rows: u64,
}

/// A column, as far as a comparison needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// Its type as the target names it, for messages.
    pub shown: String,
    /// What its values are.
    pub class: Class,
}

/// A column to read, and what its values are compared as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Its name.
    pub name: String,
    /// The class that both sides agreed on ([`Class::common`]).
    pub class: Class,
}

/// Which rows and columns of a table to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The table.
    pub table: TableName,
    /// The columns, in the order in which they are returned.
    pub columns: Vec<Chosen>,
    /// The indexes in `columns` of the key that identifies rows; empty without one.
    pub key: Vec<usize>,
    /// The differences to ignore.
    pub tolerance: Tolerance,
    /// The rows.
    pub rows: Rows,
}

impl Selection {
    /// What `all` has for the columns, in their order.
    ///
    /// # Errors
    /// `Fatal`: the table does not have one of them.
    pub fn find<'r, R>(
        &self,
        all: &'r [R],
        name: impl Fn(&R) -> &str,
    ) -> Result<Vec<&'r R>, SinkError> {
        let find = |column: &Chosen| {
            all.iter().find(|one| name(one) == column.name).ok_or_else(|| {
                let Chosen { name, .. } = column;
                SinkError::fatal(format!("table {} has no column \"{name}\"", self.table))
            })
        };
        self.columns.iter().map(find).collect()
    }

    /// Appends a column's value to a row. A key is compared exactly.
    pub fn push(&self, line: &mut Line, column: usize, item: canonical::Item<'_>) {
        let is_key = self.key.contains(&column);
        let tolerance = if is_key { Tolerance::default() } else { self.tolerance };
        line.push(item, self.columns[column].class, tolerance);
    }
}

/// Which rows of a table to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {
    /// All rows, or those after the key that [`Reached::Stopped`] returned.
    Behind(Option<Vec<String>>),
    /// The rows with one of these keys, each the canonical text of the columns of `key`.
    Keys(Vec<Vec<String>>),
}

/// How far the rows were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// There are no more rows.
    End,
    /// Reading stopped after this key. `None` if the table has no primary key from which it can
    /// continue.
    Stopped(Option<Vec<String>>),
}

/// A sink whose tables can be compared with others. It reads and never writes.
///
/// The implementer promises: every call reads one consistent snapshot, in a transaction of its own
/// that takes no lock for which a writer waits; memory does not grow with the number of rows; no
/// work is left running at the server when the future is ready, or, as far as possible, when it is
/// dropped before.
#[allow(async_fn_in_trait, reason = "one thread, one invocation: nothing needs to be Send")]
pub trait Compare: Sink {
    /// Describes a table and counts its rows; `None` if there is no such table.
    ///
    /// # Errors
    /// The table cannot be read, or the connector cannot compare.
    async fn describe(&mut self, _table: &TableName) -> Result<Option<Description>, SinkError> {
        Err(SinkError::fatal("this connector cannot compare tables"))
    }

    /// Reads rows and passes each to `each` until that says to stop. All rows are read in the order
    /// of the table's primary key, if reading can continue from that key.
    ///
    /// # Errors
    /// The rows cannot be read: there is no such table or column, or the server reports an error.
    async fn read(
        &mut self,
        _selection: &Selection,
        _each: &mut dyn FnMut(&Line) -> ControlFlow<()>,
    ) -> Result<Reached, SinkError> {
        Err(SinkError::fatal("this connector cannot compare tables"))
    }
}
