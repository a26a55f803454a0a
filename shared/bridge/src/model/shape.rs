//! What only the connector knows of a described table: the types of its columns. The rules ask the
//! shape about keys and values, and never the target.
//!
//! Not here: what the rules read themselves; that is in [`Table`](crate::model::table::Table).

use std::any::Any;
use std::fmt::Debug;

use bumpalo::Bump;

use crate::model::cell::Cell;
use crate::model::failure::Cause;
use crate::model::operation::Operation;

/// A described table, as its connector knows it. A connector whose target has no types implements
/// nothing of it, or uses [`Untyped`].
pub trait TableShape: Any + Debug + Send + Sync {
    /// The type of a column, by the column's index in the table; `None` if the connector does not
    /// know it.
    fn column(&self, _column: usize) -> Option<&dyn ColumnShape> {
        None
    }

    /// The text by which the cells of a key are compared, see [`ColumnShape::key_text`].
    fn key_text<'e>(&self, column: usize, cell: Cell<'e>, arena: &'e Bump) -> Option<&'e str> {
        match self.column(column) {
            Some(column) => column.key_text(cell, arena),
            None => cell.as_text(),
        }
    }

    /// Whether [`TableShape::key_text`] can represent this cell of a key. Rows with a key that only
    /// the target can compare are written in record order, and not reduced.
    fn can_compare_key(&self, column: usize, cell: Cell<'_>) -> bool {
        self.column(column).is_none_or(|column| column.can_compare_key(cell))
    }

    /// Whether a batch may have several rows with keys that only the target can compare: if two
    /// keys are the same, the sink applies the rows in order, or refuses the batch with
    /// [`Fault::Data`](crate::model::failure::Fault::Data).
    fn can_compare_in_batch(&self, _operation: Operation) -> bool {
        false
    }

    /// Whether the columns can hold the cells of a row, as far as the connector knows without
    /// asking the target. In a delivery it is only called for rows that a later row of their key
    /// replaces, and that the target would therefore never see.
    ///
    /// # Errors
    /// Why not.
    fn check_row(&self, cells: &[Cell<'_>]) -> Result<(), Cause> {
        let mut scratch = Vec::new();
        for (index, cell) in cells.iter().enumerate().filter(|(_, cell)| **cell != Cell::Absent) {
            if let Some(column) = self.column(index) {
                scratch.clear();
                column.check(*cell, &mut scratch)?;
            }
        }
        Ok(())
    }

    /// How many more columns the table can get.
    fn columns_left(&self) -> usize {
        usize::MAX
    }

    /// Whether the table takes any column, without a definition. A key without a column then gets one
    /// whatever `auto.evolve` says, also if it is null: the sink's
    /// [`apply_change`](crate::sink::Sink::apply_change) only has to remember it. Names that differ in
    /// case are two columns then.
    fn is_open(&self) -> bool {
        false
    }

    /// Whether a column of an open table is there only because an earlier record had a key of its name. What
    /// becomes of a record must not depend on that: with `flatten.delimiter` an object under that key is taken
    /// apart as if no record had had the key.
    fn is_learned(&self, _column: usize) -> bool {
        false
    }

    /// Whether the target keeps the newest version of each cell, and the records say which version
    /// that is. Then the last record of a key may not be the newest one, so the rows of one key are
    /// not reduced: each is written, in record order.
    fn keeps_versions(&self) -> bool {
        false
    }

    /// Why the table may have columns that the description lacks, such as a missing privilege;
    /// `None` if the description is complete. A key without a column then gives the batch back,
    /// because its column may exist.
    fn may_hide_columns(&self) -> Option<&Cause> {
        None
    }
}

/// The type of a column.
pub trait ColumnShape: Debug {
    /// The type as the target spells it, for people.
    fn type_name(&self) -> &str;

    /// The text by which the cells of a key are compared: two cells that the target treats as equal
    /// must have the same text, such as `1`, `1.0` and `"01"` for an integer. A cell that the
    /// column cannot hold may be returned as it is.
    fn key_text<'e>(&self, cell: Cell<'e>, arena: &'e Bump) -> Option<&'e str>;

    /// Whether [`ColumnShape::key_text`] knows every spelling of the value.
    fn can_compare_key(&self, cell: Cell<'_>) -> bool;

    /// Whether the column can hold a cell, which is not absent. `scratch` is empty, and may be
    /// written to.
    ///
    /// # Errors
    /// Why not.
    fn check(&self, cell: Cell<'_>, scratch: &mut Vec<u8>) -> Result<(), Cause>;
}

/// The shape of a table whose types the connector does not know: any column can hold any cell, and
/// keys are compared as they are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untyped;

impl TableShape for Untyped {}

#[cfg(test)]
mod tests {
    use super::*;

    /// A column of whole numbers without a sign, of any number of zeros before them.
    #[derive(Debug)]
    struct Number;

    impl ColumnShape for Number {
        fn type_name(&self) -> &'static str {
            "number"
        }

        fn key_text<'e>(&self, cell: Cell<'e>, _: &'e Bump) -> Option<&'e str> {
            Some(cell.as_text()?.trim_start_matches('0'))
        }

        fn can_compare_key(&self, cell: Cell<'_>) -> bool {
            matches!(cell, Cell::Number(_))
        }

        fn check(&self, cell: Cell<'_>, scratch: &mut Vec<u8>) -> Result<(), Cause> {
            assert!(scratch.is_empty(), "it is empty for each cell");
            scratch.push(b'0');
            let is_number = self.can_compare_key(cell);
            is_number.then_some(()).ok_or_else(|| Cause::new("it is not a number"))
        }
    }

    #[derive(Debug)]
    struct Numbers([Number; 2]);

    impl TableShape for Numbers {
        fn column(&self, column: usize) -> Option<&dyn ColumnShape> {
            self.0.get(column).map(|column| column as &dyn ColumnShape)
        }
    }

    #[test]
    fn columns_are_asked_about_their_cells() {
        let (shape, arena) = (Numbers([Number, Number]), Bump::new());
        assert_eq!(shape.key_text(1, Cell::Number("007"), &arena), Some("7"));
        assert!(!shape.can_compare_key(1, Cell::Bool(true)));
        assert_eq!(shape.column(1).map(ColumnShape::type_name), Some("number"));
        assert!(shape.check_row(&[Cell::Number("1"), Cell::Number("2")]).is_ok());
        assert!(shape.check_row(&[Cell::Absent, Cell::Number("2")]).is_ok());
        assert!(shape.check_row(&[Cell::Number("1"), Cell::Null]).is_err());
    }

    #[test]
    fn nothing_is_known_of_columns_without_types() {
        let arena = Bump::new();
        assert_eq!(Untyped.key_text(0, Cell::Number("007"), &arena), Some("007"));
        assert!(Untyped.can_compare_key(0, Cell::Null) && Untyped.column(0).is_none());
        assert!(Untyped.check_row(&[Cell::Null]).is_ok());
    }
}
