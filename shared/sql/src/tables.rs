//! The tables that were described, and what the bridge asks about their columns: one answer for every
//! connector of an SQL database.
//!
//! Not here: how a table is described, and how a column's values are compared or written.

use std::collections::HashMap;

use bumpalo::Bump;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::model::table::{Table, TableName};

/// A column, as far as its cells are asked about.
pub trait ColumnType {
    /// Its type as the server spells it, for people.
    fn shown(&self) -> &str;

    /// The characters that stand for a key's cell: the same for every spelling of one value.
    fn key_text<'e>(&self, cell: Cell<'e>, arena: &'e Bump) -> Option<&'e str>;

    /// Whether [`ColumnType::key_text`] knows every spelling of the value.
    fn compares(&self, cell: Cell<'_>) -> bool;

    /// Holds a cell that is not absent to the column's type. `scratch` is empty, and may be written to.
    ///
    /// # Errors
    /// The column cannot hold it.
    fn check(&self, cell: Cell<'_>, scratch: &mut Vec<u8>) -> Result<(), Cause>;
}

/// What a connector knows of a table.
pub trait Shape {
    /// What it knows of a column.
    type Column: ColumnType;

    /// The columns, in the order of the table's.
    fn columns(&self) -> &[Self::Column];
}

/// The tables that were described, by name.
#[derive(Debug)]
pub struct Tables<S>(HashMap<TableName, S>);

impl<S> Default for Tables<S> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<S: Shape> Tables<S> {
    /// Keeps what a table is like now; nothing if there is no such table.
    pub fn keep(&mut self, name: &TableName, shape: Option<S>) {
        match shape {
            Some(shape) => self.0.insert(name.clone(), shape),
            None => self.0.remove(name),
        };
    }

    /// A table, if it was described.
    #[must_use]
    pub fn get(&self, name: &TableName) -> Option<&S> {
        self.0.get(name)
    }

    /// The one table that was described; nothing if there are several, or none.
    #[must_use]
    pub fn only(&self) -> Option<&TableName> {
        let mut names = self.0.keys();
        names.next().filter(|_| names.next().is_none())
    }

    /// The table that rows are written to.
    ///
    /// # Errors
    /// `Fatal`: it was not described.
    pub fn described(&self, name: &TableName) -> Result<&S, SinkError> {
        self.get(name)
            .ok_or_else(|| SinkError::fatal("the table was not described before it was written to"))
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
    /// A column cannot hold its cell.
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

    /// A column of whole numbers without a sign, of any number of zeros before them.
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
            is_number.then_some(()).ok_or_else(|| Cause::new("it is no number"))
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
