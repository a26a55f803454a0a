//! The statements that read rows: all rows in the order of the key, the rows after a given key, or the rows with given
//! keys. The keys come from outside: each is a text literal, which the server casts to the column's type.

use sluice_bridge::compare::{Class, Rows, Selection, Tolerance, canonical};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::TableName;

use crate::compare::column::ColumnReader;
use crate::wire::literal::{quote_table, text};

/// Counts rows and keys; without a key, rows only.
pub(super) fn count(table: &TableName, key: &[&ColumnReader]) -> String {
    let keys = match key {
        [] => "count(*)".to_owned(),
        key => format!("count(DISTINCT {})", join(key.iter().map(|reader| reader.text()))),
    };
    format!("SELECT count(*), {keys} FROM {}", quote_table(table))
}

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
        let asked = selection.key.iter().map(|position| columns[*position].name.as_str());
        // Without a key that is asked for, several rows may have the same one, and none of them may be passed over.
        let is_resumable = matches!(selection.rows, Rows::Behind(_))
            && order.iter().all(|reader| reader.is_sorted())
            && order.iter().map(|reader| reader.name.as_str()).eq(asked);
        Ok(Self { selection, columns, order: if is_resumable { order } else { Vec::new() } })
    }

    /// The statement.
    ///
    /// # Errors
    /// A key's column cannot be compared with a text.
    pub(super) fn statement(&self) -> Result<String, SinkError> {
        let read = self.columns.iter().chain(&self.order).map(|reader| reader.text());
        let from = quote_table(&self.selection.table);
        let mut statement = format!("SELECT {} FROM {from}", join(read));
        match &self.selection.rows {
            Rows::Behind(Some(resume_key))
                if resume_key.len() == self.order.len() && !resume_key.is_empty() =>
            {
                statement += &format!(" WHERE {}", after(&self.order, resume_key)?);
            }
            Rows::Behind(_) => {}
            Rows::Keys(keys) => {
                let columns: Vec<&ColumnReader> =
                    self.selection.key.iter().map(|position| self.columns[*position]).collect();
                let keys = keys.iter().map(|key| same(&columns, key));
                let keys = keys.collect::<Result<Vec<_>, SinkError>>()?;
                statement += &format!(" WHERE {}", keys.join(" OR "));
            }
        }
        if !self.order.is_empty() {
            statement += " ORDER BY ";
            statement += &join(self.order.iter().map(|reader| reader.quoted()));
        }
        Ok(statement)
    }

    /// The key of a row after which reading can continue.
    pub(super) fn resume_key(&self, row: &[Option<String>]) -> Option<Vec<String>> {
        if self.order.is_empty() {
            return None;
        }
        let text = |(nth, reader): (usize, &&ColumnReader)| {
            let mut text = Vec::new();
            reader.read(row.get(self.columns.len() + nth)?.as_deref()?, |item| {
                canonical::write(item, reader.class, Tolerance::default(), &mut text);
            });
            String::from_utf8(text).ok()
        };
        self.order.iter().enumerate().map(text).collect()
    }
}

/// The condition for rows with this key.
fn same(columns: &[&ColumnReader], key: &[String]) -> Result<String, SinkError> {
    let parts = columns.iter().zip(key).map(|(reader, value)| {
        Ok(match reader.class {
            // The server cannot compare bytes.
            Class::Bytes => format!("{} = {}", reader.text(), text(value)),
            _ => format!("{} = {}", reader.quoted(), literal(reader, value)?),
        })
    });
    let parts = parts.collect::<Result<Vec<_>, SinkError>>()?;
    Ok(format!("({})", parts.join(" AND ")))
}

/// The condition for rows with a greater key.
fn after(order: &[&ColumnReader], key: &[String]) -> Result<String, SinkError> {
    let mut condition = String::new();
    for (reader, value) in order.iter().zip(key).rev() {
        let (name, literal) = (reader.quoted(), literal(reader, value)?);
        condition = match condition.as_str() {
            "" => format!("{name} > {literal}"),
            inner => format!("({name} > {literal} OR ({name} = {literal} AND {inner}))"),
        };
    }
    Ok(condition)
}

fn literal(reader: &ColumnReader, value: &str) -> Result<String, SinkError> {
    reader.literal(&text(value)).ok_or_else(|| {
        SinkError::fatal(format!(
            "column \"{}\" of type {} cannot be compared with a key's text",
            reader.name, reader.shown
        ))
    })
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
