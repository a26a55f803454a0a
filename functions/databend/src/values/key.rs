//! Which keys are equal to the server.

use bumpalo::Bump;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::model::shape::{ColumnShape, TableShape};
use sluice_bridge::values::number::{canonical, is_plain_integer};

use crate::types::column::Column;
use crate::types::kind::Kind;
use crate::types::shape::Shape;
use crate::values::encode::encode;

impl ColumnShape for Column {
    fn type_name(&self) -> &str {
        &self.spelled
    }

    fn key_text<'e>(&self, cell: Cell<'e>, arena: &'e Bump) -> Option<&'e str> {
        let text = cell.as_text()?;
        let one = match self.kind {
            Kind::Integer { .. } if is_plain_integer(text) => return Some(text),
            Kind::Text => return Some(text),
            Kind::Decimal { .. } => canonical(text),
            Kind::Single | Kind::Double => text.trim().parse().ok().map(|number: f64| {
                // Zero and negative zero are equal.
                format!("{:e}", if number == 0.0 { 0.0 } else { number })
            }),
            _ => encoded(cell, self),
        };
        Some(one.map_or(text, |one| arena.alloc_str(&one)))
    }

    fn can_compare_key(&self, cell: Cell<'_>) -> bool {
        // A float of 32 bits has many notations, and a moment with an offset equals one with another offset.
        let is_rounded = matches!(self.kind, Kind::Single | Kind::ZonedTimestamp);
        let is_document = matches!(
            self.kind,
            Kind::Variant
                | Kind::Array(_)
                | Kind::Map(..)
                | Kind::Tuple(_)
                | Kind::Vector(_)
                | Kind::Bitmap
        );
        let is_known = !self.kind.is_judged_by_server() && !is_document && !is_rounded;
        is_known || !cell.is_value()
    }

    fn check(&self, cell: Cell<'_>, scratch: &mut Vec<u8>) -> Result<(), Cause> {
        // Whether a column must have a value is a question of the whole row.
        if cell.is_value() { encode(cell, self, scratch) } else { Ok(()) }
    }
}

impl TableShape for Shape {
    fn column(&self, column: usize) -> Option<&dyn ColumnShape> {
        self.columns.get(column).map(|column| column as &dyn ColumnShape)
    }
}

/// The encoded value, which is the same for all notations of one value.
fn encoded(cell: Cell<'_>, column: &Column) -> Option<String> {
    let mut bytes = Vec::new();
    encode(cell, column, &mut bytes).ok()?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(spelled: &str, text: &'static str) -> Option<String> {
        let column = Column::sample("c", spelled);
        let (cell, arena) = (Cell::Text(text), Bump::new());
        column.can_compare_key(cell).then(|| column.key_text(cell, &arena).unwrap().to_owned())
    }

    #[test]
    fn every_spelling_is_one_key() {
        for (spelled, spellings) in [
            ("INT", ["7", "7.0", " +07"]),
            ("DECIMAL(5, 2)", ["1.50", "15e-1", "01.5"]),
            ("DOUBLE", ["0.5", "5e-1", ".50"]),
            ("BOOLEAN", ["true", "TRUE", "1"]),
            ("DATE", ["2026-01-02", "2026-01-02T00:00:00Z", "2026-01-02 00:00"]),
            ("TIMESTAMP", ["2026-01-02", "2026-01-02T00:00:00Z", "2026-01-02T08:00+08"]),
        ] {
            let keys = spellings.map(|text| one(spelled, text).unwrap());
            assert!(keys.iter().all(|key| *key == keys[0]), "{spelled}: {keys:?}");
        }
        assert_ne!(one("VARCHAR", "a"), one("VARCHAR", "A"));
        for unknown in ["VARIANT", "GEOMETRY", "FLOAT", "BITMAP"] {
            assert_eq!(one(unknown, "1"), None, "{unknown}");
        }
    }

    /// Two rows of one key are compared cell by cell, nulls too.
    #[test]
    fn a_null_is_no_value_of_the_wrong_kind() {
        for spelled in
            ["INT", "DECIMAL(5, 2)", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "BINARY", "BITMAP"]
        {
            let column = Column::sample("c", spelled);
            assert_eq!(column.check(Cell::Null, &mut Vec::new()), Ok(()), "{spelled}");
        }
    }
}
