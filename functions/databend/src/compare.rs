//! Reads a table for a comparison. Each request reads with one statement, and so from one snapshot; it blocks no writer.
//! A result that is not read to its end is cancelled; if the future is dropped before that, the server ends the query by
//! itself, because nobody asks for its next page.
//!
//! Not here: the comparison itself, which the bridge does.

mod column;
mod select;

use std::ops::ControlFlow;

use sluice_bridge::compare::{Described, Description, Line, Reached, Selection};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::TableName;

use crate::catalog;
use crate::endpoint::client::Endpoint;
use crate::endpoint::session::{Rows, Session};
use crate::types::shape::Shape;
use column::ColumnReader;
use select::Select;

/// A reader for each column, and the indexes of the key's columns.
type Readers = (Vec<ColumnReader>, Vec<usize>);

/// Describes a table and counts its rows. `None` if the table does not exist.
///
/// The server keeps no key unique. So a key that several rows have is not called one: then whole rows are compared.
///
/// # Errors
/// The table cannot be read.
pub(crate) async fn describe(
    endpoint: &Endpoint,
    name: &TableName,
) -> Result<Option<Description>, SinkError> {
    let Some((readers, key)) = readers(endpoint, name).await? else { return Ok(None) };
    let mut session = Session::new(endpoint);
    let key: Vec<&ColumnReader> = key.iter().map(|&column| &readers[column]).collect();
    let counted = endpoint.query(&mut session, &select::count(name, &key)).await?;
    let (rows, keys) = counts(&counted).ok_or_else(|| {
        SinkError::fatal(format!("the server does not count the rows of table {name}"))
    })?;
    let column = |reader: &ColumnReader| Described {
        name: reader.name.clone(),
        shown: reader.shown.clone(),
        class: reader.class,
    };
    let key = if rows == keys { key } else { Vec::new() };
    Ok(Some(Description {
        columns: readers.iter().map(column).collect(),
        key: key.iter().map(|reader| reader.name.clone()).collect(),
        rows,
    }))
}

/// Reads rows and passes each to `each`, until it returns `Break`.
///
/// # Errors
/// The rows cannot be read.
pub(crate) async fn read(
    endpoint: &Endpoint,
    selection: &Selection,
    each: &mut dyn FnMut(&Line) -> ControlFlow<()>,
) -> Result<Reached, SinkError> {
    let described = readers(endpoint, &selection.table).await?;
    let (readers, key) = described
        .ok_or_else(|| SinkError::fatal(format!("table {} does not exist", selection.table)))?;
    let select = Select::of(selection, &readers, &key)?;
    let (mut session, mut line, mut stopped) = (Session::new(endpoint), Line::default(), None);
    let mut page = |rows: Rows| {
        for row in rows {
            fill(&mut line, &row, selection, &select)?;
            if each(&line).is_break() {
                stopped = Some(select.resume_key(&row));
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    endpoint.pages(&mut session, &select.statement()?, &mut page).await?;
    Ok(stopped.map_or(Reached::End, Reached::Stopped))
}

/// `None` if the table does not exist.
async fn readers(endpoint: &Endpoint, name: &TableName) -> Result<Option<Readers>, SinkError> {
    let Some(table) = catalog::read(endpoint, name, 0).await? else { return Ok(None) };
    let shape: &Shape = table.shape_as()?;
    Ok(Some((shape.columns.iter().map(ColumnReader::of).collect(), table.primary_key)))
}

fn fill(
    line: &mut Line,
    row: &[Option<String>],
    selection: &Selection,
    select: &Select<'_>,
) -> Result<(), SinkError> {
    line.clear();
    for (position, reader) in select.columns.iter().enumerate() {
        match row.get(position) {
            Some(Some(text)) => {
                reader.read(text, |item| selection.push(line, position, item));
            }
            Some(None) => line.push_null(),
            None => {
                return Err(SinkError::fatal("the server answers with fewer columns than asked"));
            }
        }
    }
    Ok(())
}

/// The number of rows, and of keys.
fn counts(answer: &Rows) -> Option<(u64, u64)> {
    let [rows, keys] = answer.first()?.as_slice() else { return None };
    Some((rows.as_deref()?.parse().ok()?, keys.as_deref()?.parse().ok()?))
}
