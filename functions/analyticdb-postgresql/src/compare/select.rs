//! The statement that reads rows: all rows in the order of the primary key, the rows after a given key, or
//! the rows with given keys.

use sluice_bridge::compare::canonical;
use sluice_bridge::compare::{Rows, Selection, Tolerance};
use sluice_bridge::model::failure::SinkError;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use crate::compare::column::ColumnReader;
use crate::compare::value;
use crate::sql::quote::{quote, quote_table};

/// The table's alias. In ORDER BY, a name without it would refer to the selected expression, which may be
/// text although the column is not.
const TABLE: &str = "compared";

type Parameter = Box<dyn ToSql + Sync + Send>;

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
        let is_order =
            is_resumable(selection) && order.iter().all(|key| key.class.has_exact_text());
        Ok(Self { selection, columns, order: if is_order { order } else { Vec::new() } })
    }

    /// The statement and its parameters. All parameters are text, which the server casts.
    pub(super) fn statement(&self) -> (String, Vec<(Parameter, Type)>) {
        let read = self.columns.iter().chain(&self.order).map(|reader| reader.expression());
        let from = quote_table(&self.selection.table);
        let mut statement = format!("SELECT {} FROM {from} AS {TABLE}", join(read));
        let order = join(self.order.iter().map(|reader| qualified(reader)));
        let mut parameters: Vec<(Parameter, Type)> = Vec::new();
        match &self.selection.rows {
            Rows::Behind(Some(resume_key))
                if resume_key.len() == self.order.len() && !order.is_empty() =>
            {
                let after = self.order.iter().zip(1..);
                let after = after.map(|(reader, nth)| reader.parameter(&format!("${nth}::text")));
                statement += &format!(" WHERE ({order}) > ({})", join(after));
                for (reader, text) in self.order.iter().zip(resume_key) {
                    parameters.push((Box::new(reader.text(text)), Type::TEXT));
                }
            }
            Rows::Behind(_) => {}
            Rows::Keys(keys) => {
                let key: Vec<&ColumnReader> =
                    self.selection.key.iter().map(|position| self.columns[*position]).collect();
                statement += &found_by(&key);
                for (nth, reader) in key.iter().enumerate() {
                    let texts: Vec<String> =
                        keys.iter().map(|key| reader.text(&key[nth])).collect();
                    parameters.push((Box::new(texts), Type::TEXT_ARRAY));
                }
            }
        }
        if !order.is_empty() {
            statement += &format!(" ORDER BY {order}");
        }
        (statement, parameters)
    }

    /// The key of a row after which reading can continue.
    pub(super) fn resume_key(&self, row: &Row) -> Result<Option<Vec<String>>, SinkError> {
        if self.order.is_empty() {
            return Ok(None);
        }
        let text = |(nth, reader): (usize, &&ColumnReader)| {
            let mut text = Vec::new();
            if let Some(bytes) = value::raw(row, self.columns.len() + nth)? {
                let item = value::item(bytes, reader)?;
                canonical::write(item, reader.class, Tolerance::default(), &mut text);
            }
            Ok(String::from_utf8_lossy(&text).into_owned())
        };
        self.order.iter().enumerate().map(text).collect::<Result<_, _>>().map(Some)
    }
}

fn found_by(key: &[&ColumnReader]) -> String {
    let names = join(key.iter().map(|reader| qualified(reader)));
    let alias = |nth: usize| format!("k{nth}");
    let cast =
        key.iter().enumerate().map(|(nth, reader)| reader.parameter(&format!("s.{}", alias(nth))));
    let given = (1..=key.len()).map(|nth| format!("${nth}"));
    // With several arguments, the parser itself resolves `unnest` to the server's own function.
    let unnest = if key.len() == 1 { "pg_catalog.unnest" } else { "unnest" };
    format!(
        " WHERE ({names}) IN (SELECT {} FROM {unnest}({}) AS s({}))",
        join(cast),
        join(given),
        join((0..key.len()).map(alias))
    )
}

fn qualified(reader: &ColumnReader) -> String {
    format!("{TABLE}.{}", quote(&reader.name))
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// Whether reading can stop and continue later.
fn is_resumable(selection: &Selection) -> bool {
    matches!(selection.rows, Rows::Behind(_))
}
