//! The described tables, and the answers to the bridge's questions about their columns. All connectors of SQL
//! databases use the same code for this.
//!
//! Not here: how a table is described, and how the values of a column are compared or written.

use std::collections::HashMap;

use bumpalo::Bump;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::model::table::{Table, TableName};

/// What a connector knows about a column and its cells.
pub trait ColumnType {
    /// The type in the server's words, for messages.
    fn shown(&self) -> &str;

    /// A text that identifies a cell of a key: the same text for every notation of one value.
    fn key_text<'e>(&self, cell: Cell<'e>, arena: &'e Bump) -> Option<&'e str>;

    /// Whether [`ColumnType::key_text`] recognizes every notation of the value.
    fn compares(&self, cell: Cell<'_>) -> bool;

    /// Checks a cell against the column's type. The cell must not be absent. `scratch` is empty and may be
    /// written to.
    ///
    /// # Errors
    /// The column does not accept the cell.
    fn check(&self, cell: Cell<'_>, scratch: &mut Vec<u8>) -> Result<(), Cause>;
}

/// What a connector knows about a table.
pub trait Shape {
    /// What the connector knows about a column.
    type Column: ColumnType;

    /// The columns, in the order of the table.
    fn columns(&self) -> &[Self::Column];
}

/// The described tables, by name.
#[derive(Debug)]
pub struct Tables<S>(HashMap<TableName, S>);

impl<S> Default for Tables<S> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<S: Shape> Tables<S> {
    /// Stores the current description of a table, or removes it if the table does not exist.
    pub fn keep(&mut self, name: &TableName, shape: Option<S>) {
        match shape {
            Some(shape) => self.0.insert(name.clone(), shape),
            None => self.0.remove(name),
        };
    }

    /// A table, if it is described.
    #[must_use]
    pub fn get(&self, name: &TableName) -> Option<&S> {
        self.0.get(name)
    }

    /// The described table, if exactly one is described.
    #[must_use]
    pub fn only(&self) -> Option<&TableName> {
        let mut names = self.0.keys();
        names.next().filter(|_| names.next().is_none())
    }

    /// The table to which rows are written.
    ///
    /// # Errors
    /// `Fatal`: the table is not described.
    pub fn described(&self, name: &TableName) -> Result<&S, SinkError> {
        self.get(name).ok_or_else(|| {
            SinkError::fatal("the table must be described before rows are written to it")
        })
    }

    /// As `Sink::key_text`.
    #[must_use]
    pub fn key_text<'e>(
        &self,
        table: &Table,
        column: usize,
        cell: Cell<'e>,
        arena: &'e Bump,
    ) -> Option<&'e str> {
        let shape = self.get(&table.name);
        shape.map_or(cell.as_text(), |shape| shape.columns()[column].key_text(cell, arena))
    }

    /// As `Sink::compares`.
    #[must_use]
    pub fn compares(&self, table: &Table, column: usize, cell: Cell<'_>) -> bool {
        let shape = self.get(&table.name);
        shape.is_none_or(|shape| shape.columns()[column].compares(cell))
    }

    /// As `Sink::check`.
    ///
    /// # Errors
    /// A column does not accept its cell.
    pub fn check(&self, table: &Table, cells: &[Cell<'_>]) -> Result<(), Cause> {
        let Some(shape) = self.get(&table.name) else { return Ok(()) };
        let mut scratch = Vec::new();
        let pairs = cells.iter().zip(shape.columns());
        let mut sent = pairs.filter(|(cell, _)| **cell != Cell::Absent);
        sent.try_for_each(|(cell, column)| {
            scratch.clear();
            column.check(*cell, &mut scratch)
        })
    }

    /// As `DryRun::column_types`.
    #[must_use]
    pub fn column_types(&self, table: &Table) -> Vec<String> {
        let columns = self.get(&table.name).map_or(&[][..], S::columns);
        columns.iter().map(|column| column.shown().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A column of unsigned integers. Leading zeros do not count.
    struct Number;

    impl ColumnType for Number {
        fn shown(&self) -> &str {
            "number"
        }

        fn key_text<'e>(&self, cell: Cell<'e>, _: &'e Bump) -> Option<&'e str> {
            Some(cell.as_text()?.trim_start_matches('0'))
        }

        fn compares(&self, cell: Cell<'_>) -> bool {
            matches!(cell, Cell::Number(_))
        }

        fn check(&self, cell: Cell<'_>, scratch: &mut Vec<u8>) -> Result<(), Cause> {
            assert!(scratch.is_empty(), "it is empty for each cell");
            scratch.push(b'0');
            let is_number = self.compares(cell);
            is_number.then_some(()).ok_or_else(|| Cause::new("it is not a number"))
        }
    }

    impl Shape for Vec<Number> {
        type Column = Number;

        fn columns(&self) -> &[Number] {
            self
        }
    }

    fn table(name: &str) -> Table {
        let name = TableName { schema: None, name: name.to_owned() };
        Table { name, columns: Vec::new(), primary_key: Vec::new(), has_side_effects: false }
    }

    #[test]
    fn columns_are_asked_about_their_cells() {
        let (mut tables, arena, table) = (Tables::default(), Bump::new(), table("t"));
        tables.keep(&table.name, Some(vec![Number, Number]));
        assert_eq!(tables.key_text(&table, 1, Cell::Number("007"), &arena), Some("7"));
        assert!(!tables.compares(&table, 1, Cell::Bool(true)));
        assert_eq!(tables.column_types(&table), ["number", "number"]);
        assert!(tables.check(&table, &[Cell::Number("1"), Cell::Number("2")]).is_ok());
        assert!(tables.check(&table, &[Cell::Absent, Cell::Number("2")]).is_ok());
        assert!(tables.check(&table, &[Cell::Number("1"), Cell::Null]).is_err());
    }

    #[test]
    fn of_a_table_that_was_not_described_nothing_is_known() {
        let (mut tables, arena, table, other) =
            (Tables::<Vec<Number>>::default(), Bump::new(), table("t"), table("other"));
        assert_eq!(tables.key_text(&table, 0, Cell::Number("007"), &arena), Some("007"));
        assert!(tables.compares(&table, 0, Cell::Null) && tables.check(&table, &[]).is_ok());
        assert!(tables.described(&table.name).is_err() && tables.only().is_none());
        tables.keep(&table.name, Some(Vec::new()));
        assert_eq!(tables.only(), Some(&table.name));
        tables.keep(&other.name, Some(Vec::new()));
        assert!(tables.only().is_none() && tables.described(&table.name).is_ok());
        tables.keep(&table.name, None);
        assert_eq!(tables.only(), Some(&other.name));
    }
}
