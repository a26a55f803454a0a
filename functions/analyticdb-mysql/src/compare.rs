//! Reads a table for a comparison. Each request uses one connection and one snapshot, and blocks no writer.
//!
//! Not here: the comparison itself, which the bridge does.

mod column;
mod key_literal;
mod select;
mod snapshot;
mod value;

use std::ops::ControlFlow;

use mysql_async::prelude::Queryable;
use mysql_async::{Error, Params, Row};
use sluice_bridge::compare::{Described, Description, Line, Reached, Selection};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::TableName;

use crate::catalog;
use crate::catalog::query::CatalogQuery;
use crate::connection::config::Connection;
use crate::connection::session::Session;
use crate::fault;
use crate::sql::quote::quote_table;
use crate::types::catalog_type::ConversionSettings;
use crate::types::shape::Shape;
use crate::types::zone::SessionClock;
use column::ColumnReader;
use select::Select;
use snapshot::Snapshot;

/// A reader for each column, and the indexes of the primary key's columns.
type Readers = (Vec<ColumnReader>, Vec<usize>);

/// Describes a table and counts its rows. `None` if the table does not exist.
///
/// # Errors
/// The table cannot be read.
pub(crate) async fn describe(
    connection: &Connection,
    clock: &SessionClock,
    name: &TableName,
) -> Result<Option<Description>, SinkError> {
    let mut snapshot = Snapshot::begin(connection).await?;
    let Some((readers, key)) = readers(&mut snapshot, clock, name).await? else {
        snapshot.end().await;
        return Ok(None);
    };
    let count = format!("SELECT COUNT(*) FROM {}", quote_table(name));
    let rows: Option<u64> = snapshot.conn()?.query_first(count).await.map_err(refused)?;
    snapshot.end().await;
    let column = |reader: &ColumnReader| Described {
        name: reader.name.clone(),
        shown: reader.shown.clone(),
        class: reader.class,
    };
    Ok(Some(Description {
        columns: readers.iter().map(column).collect(),
        key: key.iter().map(|column| readers[*column].name.clone()).collect(),
        rows: rows.unwrap_or(0),
    }))
}

/// Reads rows and passes each to `each`, until it returns `Break`.
///
/// # Errors
/// The rows cannot be read.
pub(crate) async fn read(
    connection: &Connection,
    clock: &SessionClock,
    selection: &Selection,
    each: &mut dyn FnMut(&Line) -> ControlFlow<()>,
) -> Result<Reached, SinkError> {
    let mut snapshot = Snapshot::begin(connection).await?;
    let described = readers(&mut snapshot, clock, &selection.table).await?;
    let (readers, key) = described
        .ok_or_else(|| SinkError::fatal(format!("table {} does not exist", selection.table)))?;
    let select = Select::of(selection, &readers, &key)?;
    match read_rows(&mut snapshot, selection, &select, each).await? {
        None => {
            snapshot.end().await;
            Ok(Reached::End)
        }
        Some(row) => {
            snapshot.stop().await;
            Ok(Reached::Stopped(select.resume_key(&row)))
        }
    }
}

/// Passes rows to `each`. Returns the last row if there may be more.
async fn read_rows(
    snapshot: &mut Snapshot,
    selection: &Selection,
    select: &Select<'_>,
    each: &mut dyn FnMut(&Line) -> ControlFlow<()>,
) -> Result<Option<Row>, SinkError> {
    let statement = select.statement()?;
    let is_plain = !snapshot.profile.transactional;
    let conn = snapshot.conn()?;
    let mut line = Line::default();
    // As text, the server returns only six digits of a FLOAT.
    if is_plain {
        let mut rows = conn.query_iter(statement).await.map_err(refused)?;
        while let Some(row) = rows.next().await.map_err(refused)? {
            fill(&mut line, &row, selection, select);
            if each(&line).is_break() {
                return Ok(Some(row));
            }
        }
        return Ok(None);
    }
    let mut rows = conn.exec_iter(statement, Params::Empty).await.map_err(refused)?;
    while let Some(row) = rows.next().await.map_err(refused)? {
        fill(&mut line, &row, selection, select);
        if each(&line).is_break() {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// `None` if the table does not exist.
async fn readers(
    snapshot: &mut Snapshot,
    clock: &SessionClock,
    name: &TableName,
) -> Result<Option<Readers>, SinkError> {
    let Snapshot { conn, profile, .. } = snapshot;
    let asked =
        CatalogQuery::of(name, profile).run_read_only(Session::conn_of(conn)?, profile).await;
    let answer = match asked {
        Err(error) if fault::is_missing_table(&error) => return Ok(None),
        answer => answer.map_err(refused)?,
    };
    let conversion = ConversionSettings { unix_places: 0, clock: clock.clone() };
    let described = catalog::describe(answer, name, profile, &conversion)?;
    let Some(table) = described else { return Ok(None) };
    let shape: &Shape = table.shape_as()?;
    Ok(Some((shape.columns.iter().map(ColumnReader::of).collect(), table.primary_key)))
}

fn fill(line: &mut Line, row: &Row, selection: &Selection, select: &Select<'_>) {
    line.clear();
    for (position, reader) in select.columns.iter().enumerate() {
        let pushed = row.as_ref(position).and_then(|value| {
            value::read(value, reader, |item| selection.push(line, position, item))
        });
        if pushed.is_none() {
            line.push_null();
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn refused(error: Error) -> SinkError {
    fault::classify_outside_rows(&error)
}
