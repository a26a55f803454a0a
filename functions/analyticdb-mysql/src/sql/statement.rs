//! The SQL for rows. Every name is quoted. Every value is a parameter, or a literal from `sql_literal`.

mod upsert;

use mysql_async::Value;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::sink::batch::Batch;

use crate::connection::profile::Profile;
use crate::sql::quote::{quote, quote_table};
use crate::types::column::ColumnType;
use crate::types::shape::Shape;
use crate::values::encode::encode;
use crate::values::encoded_kind::EncodedKind;
use crate::values::sql_literal::{self, Escapes};

/// The statement for an upsert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upsert {
    /// `REPLACE`, if every column has a value.
    Replace,
    /// `INSERT … ON DUPLICATE KEY UPDATE`.
    OnDuplicate,
    /// The same, but rows that have another key's value in another unique index are refused.
    Guarded,
    /// `UPDATE`, and then `INSERT` if no row was found.
    UpdateThenInsert,
}

/// A batch, its table's description and its server's capabilities. A statement is built from these.
#[derive(Clone, Copy)]
pub(crate) struct Statement<'a, 'e> {
    pub(crate) batch: Batch<'a, 'e>,
    pub(crate) shape: &'a Shape,
    pub(crate) profile: &'a Profile,
    pub(crate) escapes: Escapes,
}

impl Statement<'_, '_> {
    /// `INSERT INTO table (columns) VALUES `, which rows follow.
    pub(crate) fn head(&self, upsert: Option<Upsert>) -> String {
        let verb = if upsert == Some(Upsert::Replace) { "REPLACE" } else { "INSERT" };
        format!("{verb} INTO {} ({}) VALUES ", self.table(), self.names(self.batch.columns))
    }

    /// The end of the statement, after the rows.
    pub(crate) fn tail(&self, upsert: Option<Upsert>) -> String {
        let guard = match upsert {
            Some(Upsert::OnDuplicate) => None,
            Some(Upsert::Guarded) => self.guard(),
            Some(Upsert::Replace | Upsert::UpdateThenInsert) | None => return String::new(),
        };
        let updated_columns = self.updated_columns().map(|column| {
            let name = quote(&self.column(column).name);
            format!("{name}=VALUES({name})")
        });
        let mut sets: Vec<String> = guard.into_iter().chain(updated_columns).collect();
        match self.batch.key.first() {
            // Without this clause, AnalyticDB leaves a row with an existing key unchanged.
            _ if sets.is_empty() && !self.profile.transactional => return String::new(),
            Some(&key) if sets.is_empty() => {
                let name = quote(&self.column(key).name);
                sets.push(format!("{name}={name}"));
            }
            _ => {}
        }
        format!(" ON DUPLICATE KEY UPDATE {}", sets.join(","))
    }

    /// `(?,ST_GeomFromText(?),…)`
    pub(crate) fn placeholders(&self) -> String {
        let around = self.batch.columns.iter().map(|&column| {
            let (before, after) = self.column(column).around();
            format!("{before}?{after}")
        });
        format!("({})", around.collect::<Vec<_>>().join(","))
    }

    /// Appends `(value,…)`.
    ///
    /// # Errors
    /// A column does not accept its cell; the content of `out` is then undefined.
    pub(crate) fn values(
        &self,
        row: usize,
        scratch: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), Cause> {
        out.push(b'(');
        for (position, &column) in self.batch.columns.iter().enumerate() {
            if position > 0 {
                out.push(b',');
            }
            self.value(row, column, scratch, out)?;
        }
        out.push(b')');
        Ok(())
    }

    /// Appends `UPDATE …`, or a SELECT of the row if no column is to be set.
    ///
    /// # Errors
    /// As [`Statement::values`].
    pub(crate) fn update(
        &self,
        row: usize,
        scratch: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), Cause> {
        for (position, column) in self.updated_columns().enumerate() {
            match position {
                0 => out.extend(format!("UPDATE {} SET ", self.table()).as_bytes()),
                _ => out.push(b','),
            }
            self.equals(row, column, scratch, out)?;
        }
        if self.updated_columns().next().is_none() {
            out.extend(format!("SELECT 1 FROM {}", self.table()).as_bytes());
        }
        out.extend(b" WHERE ");
        self.key_condition(row, scratch, out)
    }

    /// Appends `key=value AND …`.
    ///
    /// # Errors
    /// As [`Statement::values`].
    pub(crate) fn key_condition(
        &self,
        row: usize,
        scratch: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), Cause> {
        for (position, &column) in self.batch.key.iter().enumerate() {
            out.extend(if position > 0 { &b" AND "[..] } else { b"" });
            self.equals(row, column, scratch, out)?;
        }
        Ok(())
    }

    fn equals(
        &self,
        row: usize,
        column: usize,
        scratch: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), Cause> {
        out.extend(quote(&self.column(column).name).as_bytes());
        out.push(b'=');
        self.value(row, column, scratch, out)
    }

    /// `DELETE FROM table WHERE `, which conditions follow.
    pub(crate) fn delete(&self) -> String {
        format!("DELETE FROM {} WHERE ", self.table())
    }

    /// Appends a cell as SQL.
    fn value(
        &self,
        row: usize,
        column: usize,
        scratch: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), Cause> {
        let kind = self.encode_cell(row, column, scratch)?;
        let (before, after) = self.column(column).around();
        out.extend(before.as_bytes());
        sql_literal::write(kind, scratch, self.escapes, out);
        out.extend(after.as_bytes());
        Ok(())
    }

    /// Encodes a cell into `scratch`, which is cleared first.
    ///
    /// # Errors
    /// The column does not accept it.
    pub(crate) fn encode_cell(
        &self,
        row: usize,
        column: usize,
        scratch: &mut Vec<u8>,
    ) -> Result<EncodedKind, Cause> {
        scratch.clear();
        let cell = self.batch.cells(row)[column];
        let kind = encode(cell, self.column(column), scratch)?;
        if kind == EncodedKind::Null && self.shape.replaces_null[column] {
            let column = self.column(column);
            let why = "the server would store another value in place of null";
            return Err(Cause::mismatch(&column.name, &column.shown, "null", why));
        }
        Ok(kind)
    }

    /// A cell as a parameter.
    ///
    /// # Errors
    /// The column does not accept it.
    pub(crate) fn parameter(
        &self,
        row: usize,
        column: usize,
        scratch: &mut Vec<u8>,
    ) -> Result<Value, Cause> {
        let kind = self.encode_cell(row, column, scratch)?;
        Ok(sql_literal::parameter(kind, scratch, &self.column(column).form.codec))
    }

    /// The columns that an update changes.
    fn updated_columns(&self) -> impl Iterator<Item = usize> {
        let columns = self.batch.columns.iter().copied();
        columns.filter(|column| !self.batch.key.contains(column))
    }

    pub(crate) fn column(&self, column: usize) -> &ColumnType {
        &self.shape.columns[column]
    }

    fn table(&self) -> String {
        quote_table(&self.batch.table.name)
    }

    fn names(&self, columns: &[usize]) -> String {
        let names = columns.iter().map(|&column| quote(&self.column(column).name));
        names.collect::<Vec<_>>().join(",")
    }
}
