//! What a table in memory knows of its columns, if its sink checks values itself.

use std::fmt;
use std::sync::Arc;

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::model::shape::TableShape;

use crate::table::ColumnSpec;

/// Says whether a cell is bad in its column.
pub(super) type Judge = dyn Fn(&ColumnSpec, Cell<'_>) -> bool + Send + Sync;

/// A table that takes any column.
#[derive(Debug)]
pub(super) struct OpenColumns;

impl TableShape for OpenColumns {
    fn is_open(&self) -> bool {
        true
    }
}

/// A table that keeps the newest version of each cell.
#[derive(Debug)]
pub(super) struct VersionedCells;

impl TableShape for VersionedCells {
    fn keeps_versions(&self) -> bool {
        true
    }
}

/// The columns, and which cells are bad in them.
pub(super) struct CheckedColumns {
    pub(super) columns: Vec<ColumnSpec>,
    pub(super) is_bad: Arc<Judge>,
}

impl TableShape for CheckedColumns {
    fn check_row(&self, cells: &[Cell<'_>]) -> Result<(), Cause> {
        let is_bad =
            |column: &ColumnSpec, cell: &Cell<'_>| cell.is_value() && (self.is_bad)(column, *cell);
        match self.columns.iter().zip(cells).find(|(column, cell)| is_bad(column, cell)) {
            Some((column, cell)) => {
                Err(Cause::mismatch(&column.name, "good", cell.kind(), "the value is bad"))
            }
            None => Ok(()),
        }
    }
}

impl fmt::Debug for CheckedColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.columns).finish()
    }
}
