//! One table's rows, and the effect of each operation on them.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::model::operation::Operation;
use sluice_bridge::model::shape::TableShape;
use sluice_bridge::model::table::{Column, Table, TableName};
use sluice_bridge::sink::batch::Batch;

use super::TextRow;
use crate::table::{ColumnSpec, TableSpec};

/// Whether a table has a row with this key.
pub(super) type Finds<'a> = &'a dyn Fn(&str, &str) -> bool;

/// A table's rows by primary key, or by the order they came in.
#[derive(Debug, Clone)]
pub(super) struct Storage {
    pub(super) spec: TableSpec,
    pub(super) rows: BTreeMap<TextRow, TextRow>,
    serial: u64,
}

/// What an applied row changed, with the old row to undo it.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) key: TextRow,
    pub(super) before: Option<TextRow>,
    pub(super) after: Option<TextRow>,
}

impl Storage {
    pub(super) fn new(spec: TableSpec) -> Self {
        Self { spec, rows: BTreeMap::new(), serial: 0 }
    }

    /// Adds a column, null in every row, unless it is there.
    pub(super) fn add(&mut self, column: ColumnSpec) {
        if self.spec.columns.iter().all(|known| known.name != column.name) {
            self.spec.columns.push(column);
            self.rows.values_mut().for_each(|row| row.push(None));
        }
    }

    pub(super) fn rows(&self) -> Vec<TextRow> {
        self.rows.values().cloned().collect()
    }

    pub(super) fn describe(&self, name: &TableName, shape: Arc<dyn TableShape>) -> Table {
        let columns = self.spec.columns.iter().map(|column| Column {
            name: column.name.clone(),
            has_default: column.default.is_some(),
            ..Column::default()
        });
        Table {
            name: name.clone(),
            columns: columns.collect(),
            primary_key: self.spec.primary_key.clone(),
            has_side_effects: self.cascades(),
            shape,
        }
    }

    /// Applies one row. Returns what it changed, the row itself first; `None` for an update that
    /// finds nothing. As in databases, an upsert checks the row that it would insert before it
    /// looks for an existing one.
    pub(super) fn apply(
        &mut self,
        batch: &Batch<'_, '_>,
        row: usize,
        finds: Finds<'_>,
    ) -> Result<Option<Vec<Applied>>, Cause> {
        let cells = batch.cells(row);
        let key = self.key(batch, cells)?;
        let before = self.rows.get(&key).cloned();
        let start = match (batch.operation, &before) {
            (Operation::Insert, Some(_)) => return Err(Cause::new("the key is taken")),
            (Operation::Update, None) => return Ok(None),
            (Operation::Delete, _) => {
                let mut applied = self.delete(&key)?;
                if applied.is_empty() {
                    applied.push(Applied { key, before: None, after: None });
                }
                return Ok(Some(applied));
            }
            (_, Some(before)) => before.clone(),
            (_, None) => self.defaults(),
        };
        let laid_over = |mut row: TextRow| {
            for &column in batch.columns {
                row[column] = cells[column].as_text().map(str::to_owned);
            }
            row
        };
        if batch.operation == Operation::Upsert {
            self.hold(&laid_over(self.defaults()))?;
        }
        let after = laid_over(start);
        self.hold(&after)?;
        self.compare(&key, &after, finds)?;
        self.rows.insert(key.clone(), after.clone());
        Ok(Some(vec![Applied { key, before, after: Some(after) }]))
    }

    fn defaults(&self) -> TextRow {
        self.spec.columns.iter().map(|column| column.default.clone()).collect()
    }

    /// Checks a row against its columns.
    fn hold(&self, row: &TextRow) -> Result<(), Cause> {
        for (column, cell) in self.spec.columns.iter().zip(row) {
            let name = &column.name;
            let refused = match cell {
                None if column.required => format!("column \"{name}\" may not be null"),
                Some(_) if *cell == column.except => format!("column \"{name}\" refuses a value"),
                _ => continue,
            };
            let code = Some("check".into());
            return Err(Cause { code, ..Cause::new(refused).at_column(name) });
        }
        Ok(())
    }

    pub(super) fn undo(&mut self, applied: Applied) {
        match applied.before {
            Some(row) => self.rows.insert(applied.key, row),
            None => self.rows.remove(&applied.key),
        };
    }

    fn key(&mut self, batch: &Batch<'_, '_>, cells: &[Cell<'_>]) -> Result<TextRow, Cause> {
        if self.spec.primary_key.is_empty() {
            self.serial += 1;
            return Ok(vec![Some(format!("{:020}", self.serial))]);
        }
        let part = |&column: &usize| {
            let column_spec = &self.spec.columns[column];
            let given = match batch.columns.contains(&column) {
                true => cells[column].as_text().map(str::to_owned),
                false => column_spec.default.clone(),
            };
            given.map(Some).ok_or_else(|| {
                let name = &column_spec.name;
                Cause::new(format!("column \"{name}\" may not be null")).at_column(name)
            })
        };
        self.spec.primary_key.iter().map(part).collect()
    }
}
