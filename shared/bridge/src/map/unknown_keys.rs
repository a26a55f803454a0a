//! `fields.unknown=column:NAME`: the keys that have no column, as one JSON object.

use bumpalo::Bump;

use crate::json::write::write_string;
use crate::model::cell::Cell;

/// The members so far.
#[derive(Debug, Default)]
pub(crate) struct UnknownKeys(String);

impl UnknownKeys {
    /// Adds one.
    pub(crate) fn add(&mut self, key: &str, cell: Cell<'_>) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        write_string(key, &mut |piece| self.0.push_str(piece));
        self.0.push(':');
        cell.write_json(&mut |piece| self.0.push_str(piece));
    }

    /// Puts the object into the cell of its column, if it has any member. A value that the record
    /// has for that column becomes a member too.
    pub(crate) fn finish<'e>(mut self, name: &str, cell: &mut Cell<'e>, arena: &'e Bump) {
        if self.0.is_empty() {
            return;
        }
        if *cell != Cell::Absent {
            self.add(name, *cell);
        }
        self.0.push('}');
        *cell = Cell::Json(arena.alloc_str(&self.0));
    }
}
