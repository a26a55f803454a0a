//! The statement that reads rows: all rows in the order of the primary key, the rows after a given key, or
//! the rows with given keys.

use mysql_async::Row;
use sluice_bridge::compare::{Rows, Selection, Tolerance, canonical};
use sluice_bridge::model::failure::SinkError;

use crate::compare::column::ColumnReader;
use crate::compare::key_literal::literal;
use crate::compare::value;
use crate::sql::quote::quote_table;

/// The columns and rows to read.
pub(super) struct Select<'r> {
    selection: &'r Selection,
    pub(super) columns: Vec<&'r ColumnReader>,
    /// The columns of ORDER BY, from which reading can continue. Empty if it cannot.
    order: Vec<&'r ColumnReader>,
}

impl<'r> Select<'r> {
    /// # Errors
    /// A column does not exist.
    pub(super) fn of(
        selection: &'r Selection,
        readers: &'r [ColumnReader],
        key: &[usize],
    ) -> Result<Self, SinkError> {
        let columns = selection.find(readers, |reader| &reader.name)?;
        let order: Vec<_> = key.iter().map(|position| &readers[*position]).collect();
        let is_resumable = matches!(selection.rows, Rows::Behind(_))
            && order.iter().all(|key| key.is_sorted_as_compared());
        Ok(Self { selection, columns, order: if is_resumable { order } else { Vec::new() } })
    }

    /// The statement.
    ///
    /// # Errors
    /// A key value does not match its column's type.
    pub(super) fn statement(&self) -> Result<String, SinkError> {
        let read = self.columns.iter().chain(&self.order).map(|reader| reader.quoted());
        let from = quote_table(&self.selection.table);
        let mut statement = format!("SELECT {} FROM {from}", join(read));
        match &self.selection.rows {
            Rows::Behind(Some(resume_key))
                if resume_key.len() == self.order.len() && !resume_key.is_empty() =>
            {
                let literals = literals(&self.order, resume_key)?;
                statement += &format!(" WHERE {}", after(&self.order, &literals));
            }
            Rows::Behind(_) => {}
            Rows::Keys(keys) => {
                let key: Vec<&ColumnReader> =
                    self.selection.key.iter().map(|position| self.columns[*position]).collect();
                let keys =
                    keys.iter().map(|texts| Ok(format!("({})", literals(&key, texts)?.join(", "))));
                let keys = keys.collect::<Result<Vec<_>, SinkError>>()?;
                let names = join(key.iter().map(|reader| reader.quoted()));
                statement += &format!(" WHERE ({names}) IN ({})", keys.join(", "));
            }
        }
        if !self.order.is_empty() {
            statement += " ORDER BY ";
            statement += &join(self.order.iter().map(|reader| reader.quoted()));
        }
        Ok(statement)
    }

    /// The key of a row after which reading can continue.
    pub(super) fn resume_key(&self, row: &Row) -> Option<Vec<String>> {
        if self.order.is_empty() {
            return None;
        }
        let text = |(nth, reader): (usize, &&ColumnReader)| {
            let mut text = Vec::new();
            value::read(row.as_ref(self.columns.len() + nth)?, reader, |item| {
                canonical::write(item, reader.class, Tolerance::default(), &mut text);
            })?;
            String::from_utf8(text).ok()
        };
        self.order.iter().enumerate().map(text).collect()
    }
}

fn literals(columns: &[&ColumnReader], texts: &[String]) -> Result<Vec<String>, SinkError> {
    columns.iter().zip(texts).map(|(reader, text)| literal(reader, text)).collect()
}

/// The condition for rows with a greater key, in a form for which the server uses the index. It does not use
/// it for a comparison of row constructors ("Row Constructor Expression Optimization" of MySQL's manual).
fn after(order: &[&ColumnReader], literals: &[String]) -> String {
    let mut condition = String::new();
    for (reader, literal) in order.iter().zip(literals).rev() {
        let name = reader.quoted();
        condition = match condition.as_str() {
            "" => format!("{name} > {literal}"),
            inner => format!("{name} >= {literal} AND ({name} > {literal} OR ({inner}))"),
        };
    }
    condition
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
