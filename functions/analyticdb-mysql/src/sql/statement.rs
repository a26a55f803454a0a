//! The SQL for rows. Every name is quoted. Every value is a parameter, or a literal from `sql_literal`.

use mysql_async::Value;
use sluice_bridge::model::failure::{Cause, Conflict, SinkError};
use sluice_bridge::sink::batch::{Batch, Operation};

use crate::connection::profile::Profile;
use crate::fault;
use crate::sql::privilege;
use crate::sql::quote::{quote, quote_table};
use crate::types::column::ColumnType;
use crate::types::shape::Shape;
use crate::values::encode::encode;
use crate::values::spelled::Spelled;
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
    InTwo,
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
    /// The statement for an upsert of this batch.
    ///
    /// # Errors
    /// `Fatal` if no unique index covers exactly the key.
    pub(crate) fn upsert(&self) -> Result<Upsert, SinkError> {
        let Self { batch, shape, profile, .. } = self;
        if shape.is_view() {
            // The unique indexes of the base tables are not known.
            return Ok(Upsert::InTwo);
        }
        if !shape.is_unique(batch.key) {
            let hidden = match shape.may_hide {
                true => format!("; {}", privilege::in_part(&batch.table.name).message),
                false => String::new(),
            };
            return Err(SinkError::fatal(format!(
                "table {} has no primary key or unique index on exactly {}, so an upsert cannot find its rows{hidden}",
                batch.table.name,
                self.names(batch.key)
            )));
        }
        let all = (0..shape.columns.len())
            .all(|column| batch.columns.contains(&column) || batch.table.columns[column].generated);
        Ok(match () {
            () if !profile.transactional && all => Upsert::Replace,
            // A hidden column may need a value.
            () if self.leaves_out_required() || shape.may_hide => Upsert::InTwo,
            () if !shape.has_other_unique(batch.key) => Upsert::OnDuplicate,
            () if batch.key.iter().any(|column| !shape.nullable[*column]) => Upsert::Guarded,
            () => Upsert::InTwo,
        })
    }

    fn leaves_out_required(&self) -> bool {
        let absent = |index: &usize| !self.batch.columns.contains(index);
        (0..self.shape.columns.len()).filter(absent).any(|index| self.column(index).required)
    }

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
            Some(Upsert::Replace | Upsert::InTwo) | None => return String::new(),
        };
        let changed = self.changed().map(|column| {
            let name = quote(&self.column(column).name);
            format!("{name}=VALUES({name})")
        });
        let mut sets: Vec<String> = guard.into_iter().chain(changed).collect();
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

    /// An assignment that keeps a column of the key unchanged, or sets it to NULL, which fails, if the row
    /// that was found has a different key.
    fn guard(&self) -> Option<String> {
        let name = quote(&self.guarding()?.name);
        let same = self.batch.key.iter().map(|&column| {
            let name = quote(&self.column(column).name);
            format!("{name}<=>VALUES({name})")
        });
        let same = same.collect::<Vec<_>>().join(" AND ");
        Some(format!("{name}=IF({same},{name},NULL)"))
    }

    /// The column that the guard sets to NULL.
    fn guarding(&self) -> Option<&ColumnType> {
        let column = self.batch.key.iter().find(|column| !self.shape.nullable[**column])?;
        Some(self.column(*column))
    }

    /// Changes the cause of a failed guard: the server reports a null, but the record's key has none.
    pub(crate) fn explain(&self, cause: &mut Cause) {
        let is_null = cause.code.as_deref() == Some("1048");
        let guarding = self.guarding().map(|column| column.name.as_str());
        if is_null
            && self.batch.operation == Operation::Upsert
            && cause.column.as_deref() == guarding
        {
            cause.column = None;
            cause.code = Some(fault::DUPLICATE.into());
            cause.conflict = Some(Conflict::Duplicate);
            let others = self.shape.unique.iter().filter(|columns| **columns != *self.batch.key);
            let others: Vec<String> = others.map(|columns| self.names(columns)).collect();
            let which = if others.is_empty() {
                String::new()
            } else {
                format!(" ({})", others.join(" or "))
            };
            cause.message = format!(
                "a row with another key already exists with one of these unique values{which}"
            )
            .into();
        }
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
        for (place, &column) in self.batch.columns.iter().enumerate() {
            if place > 0 {
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
        for (place, column) in self.changed().enumerate() {
            match place {
                0 => out.extend(format!("UPDATE {} SET ", self.table()).as_bytes()),
                _ => out.push(b','),
            }
            self.equals(row, column, scratch, out)?;
        }
        if self.changed().next().is_none() {
            out.extend(format!("SELECT 1 FROM {}", self.table()).as_bytes());
        }
        out.extend(b" WHERE ");
        self.same_key(row, scratch, out)
    }

    /// Appends `key=value AND …`.
    ///
    /// # Errors
    /// As [`Statement::values`].
    pub(crate) fn same_key(
        &self,
        row: usize,
        scratch: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<(), Cause> {
        for (place, &column) in self.batch.key.iter().enumerate() {
            out.extend(if place > 0 { &b" AND "[..] } else { b"" });
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
        let spelled = self.spell(row, column, scratch)?;
        let (before, after) = self.column(column).around();
        out.extend(before.as_bytes());
        sql_literal::write(spelled, scratch, self.escapes, out);
        out.extend(after.as_bytes());
        Ok(())
    }

    /// Encodes a cell into `scratch`, which is cleared first.
    ///
    /// # Errors
    /// The column does not accept it.
    pub(crate) fn spell(
        &self,
        row: usize,
        column: usize,
        scratch: &mut Vec<u8>,
    ) -> Result<Spelled, Cause> {
        scratch.clear();
        let cell = self.batch.cells(row)[column];
        let spelled = encode(cell, self.column(column), scratch)?;
        if spelled == Spelled::Null && self.shape.fills_null[column] {
            let column = self.column(column);
            let why = "the server would store another value in place of null";
            return Err(Cause::mismatch(&column.name, &column.shown, "null", why));
        }
        Ok(spelled)
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
        let spelled = self.spell(row, column, scratch)?;
        Ok(sql_literal::parameter(spelled, scratch, &self.column(column).form.codec))
    }

    /// The columns that an update changes.
    fn changed(&self) -> impl Iterator<Item = usize> {
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
