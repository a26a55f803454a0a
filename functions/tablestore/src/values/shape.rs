//! What the rules may ask about a table: how keys compare, and whether a row's values fit.

use bumpalo::Bump;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::model::shape::{ColumnShape, TableShape};
use sluice_bridge::values::number::{canonical, is_plain_integer};

use crate::types::column_type::ColumnType;
use crate::values::convert;
use crate::wire::plain_buffer::Name;

/// How many columns of a table are remembered. The service has no limit; this one bounds the memory if the keys
/// of records are data.
pub(super) const MOST_REMEMBERED: usize = 16_384;

/// A column of a table, of the key or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableColumn {
    pub(crate) name: Name,
    pub(crate) kind: ColumnType,
    pub(crate) is_key: bool,
}

/// How long versions may live, and how far they may be from the time of writing; in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VersionRange {
    /// `None`: for ever.
    pub(crate) time_to_live: Option<i64>,
    pub(crate) deviation: i64,
}

/// A described table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The key's first, in the key's order.
    pub(crate) columns: Vec<TableColumn>,
    /// How many columns the key has.
    pub(crate) keys: usize,
    /// How many columns the table, its key and the options name. Those after them were learned from records.
    pub(crate) defined: usize,
    /// The column that holds a version. It is written only if it belongs to the key.
    pub(crate) version: Option<usize>,
    pub(crate) versions: VersionRange,
}

impl TableColumn {
    /// Why the column cannot hold a cell.
    pub(crate) fn mismatch(&self, cell: Cell<'_>, why: &str) -> Cause {
        Cause::mismatch(self.name.as_str(), self.kind.name(), cell.kind(), why)
    }
}

impl ColumnShape for TableColumn {
    fn type_name(&self) -> &str {
        self.kind.name()
    }

    fn key_text<'e>(&self, cell: Cell<'e>, arena: &'e Bump) -> Option<&'e str> {
        let text = cell.as_text()?;
        if self.kind != ColumnType::Integer || is_plain_integer(text) {
            return Some(text);
        }
        Some(canonical(text).map_or(text, |text| arena.alloc_str(&text)))
    }

    fn can_compare_key(&self, _: Cell<'_>) -> bool {
        true
    }

    fn check(&self, cell: Cell<'_>, scratch: &mut Vec<u8>) -> Result<(), Cause> {
        let checked = match (self.is_key, cell) {
            (true, _) => convert::key(self.kind, cell, scratch),
            (false, Cell::Null) => return Ok(()),
            (false, _) => convert::attribute(self.kind, cell, scratch),
        };
        checked.map(drop).map_err(|why| self.mismatch(cell, why))
    }
}

impl TableShape for Shape {
    fn column(&self, column: usize) -> Option<&dyn ColumnShape> {
        self.columns.get(column).map(|column| column as &dyn ColumnShape)
    }

    fn columns_left(&self) -> usize {
        MOST_REMEMBERED.saturating_sub(self.columns.len())
    }

    fn is_open(&self) -> bool {
        true
    }

    fn is_learned(&self, column: usize) -> bool {
        column >= self.defined
    }

    fn keeps_versions(&self) -> bool {
        self.version.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_key() {
        let arena = Bump::new();
        let column = |kind| TableColumn { name: Name::new("id"), kind, is_key: true };
        let integer = column(ColumnType::Integer);
        let texts =
            [Cell::Number("7"), Cell::Number("7.0"), Cell::Text("007"), Cell::Number("7e0")];
        assert!(texts.iter().all(|cell| integer.key_text(*cell, &arena) == Some("7")));
        assert_eq!(column(ColumnType::String).key_text(Cell::Text("007"), &arena), Some("007"));
        assert_eq!(integer.key_text(Cell::Null, &arena), None);
    }

    #[test]
    fn a_null_is_no_key() {
        let mut scratch = Vec::new();
        let column = TableColumn { name: Name::new("v"), kind: ColumnType::Integer, is_key: false };
        assert!(column.check(Cell::Null, &mut scratch).is_ok());
        let key = TableColumn { is_key: true, ..column };
        let cause = key.check(Cell::Null, &mut scratch).unwrap_err();
        assert_eq!(cause.column.as_deref(), Some("v"));
    }
}
