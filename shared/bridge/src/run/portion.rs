//! How much of a table is mapped and delivered at a time. All portions of a table come to what one would.

use bumpalo::Bump;

use crate::model::table::Table;

/// The most that one portion holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// How many cells: ten thousand rows of a table with a thousand columns would otherwise need
    /// hundreds of megabytes.
    pub cells: usize,
    /// How many bytes of decoded values. A few bytes of a record can stand for megabytes, compressed
    /// or by its schema, and so can those of every other record. The last record may go beyond it,
    /// by as much as one may become.
    pub bytes: usize,
}

impl Default for Portion {
    /// Two million cells; of values, ten times the largest event.
    fn default() -> Self {
        Self { cells: 1 << 21, bytes: 64 << 20 }
    }
}

impl Portion {
    /// How many rows of a table it holds: at least one.
    pub(crate) fn rows(&self, table: &Table) -> usize {
        (self.cells / table.columns.len().max(1)).max(1)
    }

    /// Whether more values may be decoded into an arena. One that is empty has room for any record.
    pub(crate) fn has_room(&self, arena: &Bump) -> bool {
        arena.allocated_bytes() < self.bytes.max(1)
    }
}
