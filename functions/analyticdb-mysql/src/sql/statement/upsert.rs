//! Upserts: which statement a batch needs, and the guard that refuses a row with another key's unique value.

use sluice_bridge::model::failure::{Cause, Conflict, SinkError};
use sluice_bridge::model::operation::Operation;

use super::{Statement, Upsert};
use crate::fault;
use crate::sql::privilege;
use crate::sql::quote::quote;
use crate::types::column::ColumnType;

impl Statement<'_, '_> {
    /// The statement for an upsert of this batch.
    ///
    /// # Errors
    /// `Fatal` if no unique index covers exactly the key.
    pub(crate) fn upsert(&self) -> Result<Upsert, SinkError> {
        let Self { batch, shape, profile, .. } = self;
        if shape.is_view() {
            // The unique indexes of the base tables are not known.
            return Ok(Upsert::UpdateThenInsert);
        }
        if !shape.is_unique(batch.key) {
            let hidden = match shape.hides.is_some() {
                true => format!("; {}", privilege::partly_visible(&batch.table.name).message),
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
            () if self.leaves_out_required() || shape.hides.is_some() => Upsert::UpdateThenInsert,
            () if !shape.has_other_unique(batch.key) => Upsert::OnDuplicate,
            () if batch.key.iter().any(|column| !shape.nullable[*column]) => Upsert::Guarded,
            () => Upsert::UpdateThenInsert,
        })
    }

    fn leaves_out_required(&self) -> bool {
        let absent = |index: &usize| !self.batch.columns.contains(index);
        (0..self.shape.columns.len()).filter(absent).any(|index| self.column(index).required)
    }

    /// An assignment that keeps a column of the key unchanged, or sets it to NULL, which fails, if the row
    /// that was found has a different key.
    pub(super) fn guard(&self) -> Option<String> {
        let name = quote(&self.guard_column()?.name);
        let same = self.batch.key.iter().map(|&column| {
            let name = quote(&self.column(column).name);
            format!("{name}<=>VALUES({name})")
        });
        let same = same.collect::<Vec<_>>().join(" AND ");
        Some(format!("{name}=IF({same},{name},NULL)"))
    }

    /// The column that the guard sets to NULL.
    fn guard_column(&self) -> Option<&ColumnType> {
        let column = self.batch.key.iter().find(|column| !self.shape.nullable[**column])?;
        Some(self.column(*column))
    }

    /// Changes the cause of a failed guard: the server reports a null, but the record's key has none.
    pub(crate) fn explain_guard(&self, cause: &mut Cause) {
        let is_null = cause.code.as_deref() == Some("1048");
        let guard_column = self.guard_column().map(|column| column.name.as_str());
        if is_null
            && self.batch.operation == Operation::Upsert
            && cause.column.as_deref() == guard_column
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
}
