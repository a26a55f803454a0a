//! Which keys are equal to the server.

use bumpalo::Bump;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::model::operation::Operation;
use sluice_bridge::model::shape::{ColumnShape, TableShape};
use sluice_bridge::values::binary::to_hexadecimal;
use sluice_bridge::values::number::{canonical, is_plain_integer};
use tokio_postgres::types::Type;

use crate::types::column::{ColumnType, MAX_COLUMNS, Shape};
use crate::types::form::Codec;
use crate::values::encode::encode;

/// The answers to the bridge's questions about a column.
impl ColumnShape for ColumnType {
    fn type_name(&self) -> &str {
        &self.shown
    }

    fn key_text<'e>(&self, cell: Cell<'e>, arena: &'e Bump) -> Option<&'e str> {
        text(cell, self, arena)
    }

    fn can_compare_key(&self, cell: Cell<'_>) -> bool {
        can_compare(cell, self)
    }

    fn check(&self, cell: Cell<'_>, scratch: &mut Vec<u8>) -> Result<(), Cause> {
        encode(cell, self, scratch)
    }
}

impl TableShape for Shape {
    fn column(&self, column: usize) -> Option<&dyn ColumnShape> {
        self.columns.get(column).map(|column| column as &dyn ColumnShape)
    }

    fn can_compare_in_batch(&self, operation: Operation) -> bool {
        // ON CONFLICT refuses to change a row twice; an update would use either of two rows.
        operation == Operation::Upsert && self.takes_on_conflict
    }

    fn columns_left(&self) -> usize {
        MAX_COLUMNS.saturating_sub(self.used_columns)
    }
}

/// A text that identifies a cell of a key: the same text for every notation of one value. A value that the
/// column does not accept is returned unchanged, and is refused when it is encoded.
fn text<'e>(cell: Cell<'e>, column: &ColumnType, arena: &'e Bump) -> Option<&'e str> {
    let text = cell.as_text()?;
    let one = match column.form.codec {
        Codec::Int2 | Codec::Int4 | Codec::Int8 if is_plain_integer(text) => return Some(text),
        Codec::Int2 | Codec::Int4 | Codec::Int8 | Codec::Numeric => canonical(text),
        // Trailing blanks of a char(n) are ignored.
        Codec::Text if column.element == Type::BPCHAR => return Some(text.trim_end_matches(' ')),
        Codec::Text if column.ignores_case => Some(text.to_ascii_lowercase()),
        Codec::Text => return Some(text),
        codec if !codec.is_canonical() => return Some(text),
        _ => hexadecimal(cell, column),
    };
    Some(one.map_or(text, |one| arena.alloc_str(&one)))
}

/// Whether [`text`] recognizes every notation of the value. It does not for types that only the server reads,
/// for case-insensitive text beyond ASCII, and for nondeterministic collations.
fn can_compare(cell: Cell<'_>, column: &ColumnType) -> bool {
    let Some(text) = cell.as_text() else { return true };
    match column.form.codec {
        Codec::Text => column.is_deterministic && (!column.ignores_case || text.is_ascii()),
        codec => codec.is_canonical(),
    }
}

/// The binary form, which is the same for all notations of a timestamp, a UUID or a boolean.
fn hexadecimal(cell: Cell<'_>, column: &ColumnType) -> Option<String> {
    const NEGATIVE_ZERO: [u8; 2] = [0x80, 0];
    let mut bytes = Vec::new();
    encode(cell, column, &mut bytes).ok()?;
    // Zero and negative zero are equal.
    if matches!(column.form.codec, Codec::Float4 | Codec::Float8)
        && bytes[4..6] == NEGATIVE_ZERO
        && bytes[6..].iter().all(|byte| *byte == 0)
    {
        bytes[4] = 0;
    }
    Some(to_hexadecimal(&bytes))
}
