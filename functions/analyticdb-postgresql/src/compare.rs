//! Reads a table for a comparison. Each request uses one connection and one snapshot, and blocks no writer.
//!
//! Not here: the comparison itself, which the bridge does.

mod column;
mod select;
mod snapshot;
mod value;

use std::ops::ControlFlow;
use std::pin::pin;

use futures_util::TryStreamExt;
use sluice_bridge::compare::{Described, Description, Line, Reached, Selection};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::TableName;
use tokio_postgres::{Client, Error, Row};

use crate::catalog;
use crate::connection::config::Connection;
use crate::connection::session;
use crate::fault;
use crate::types::column::Shape;
use column::ColumnReader;
use select::Select;
use snapshot::Snapshot;
use value::item;

/// Sets what the text of a value depends on, whatever the role's and the database's settings are, for this
/// transaction only. Statement time limits do not apply, because the invocation has its own deadline. Rows
/// that a policy hides would count as missing; with `row_security` off, the server returns an error instead.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; \
     SET LOCAL intervalstyle = 'postgres'; SET LOCAL bytea_output = 'hex'; \
     SET LOCAL extra_float_digits = 3; SET LOCAL statement_timeout = 0; \
     SELECT pg_catalog.set_config(name, 'off', true) FROM pg_catalog.pg_settings \
     WHERE name = 'row_security'";

/// No savepoint is needed, because nothing is rolled back.
const NO_SAVEPOINT: &str = "";

/// Describes a table and counts its rows. `None` if the table does not exist.
///
/// # Errors
/// The table cannot be read.
pub(crate) async fn describe(
    connection: &Connection,
    name: &TableName,
) -> Result<Option<Description>, SinkError> {
    let snapshot = begin(connection).await?;
    let Some(described) = readers(&snapshot.client, name).await? else {
        return snapshot.end(Ok(None)).await;
    };
    let (readers, key) = described;
    let count = format!("SELECT pg_catalog.count(*) FROM {}", crate::sql::quote::quote_table(name));
    let counted = snapshot.client.query_typed(&count, &[]).await.map_err(refused)?;
    let rows: i64 = counted.first().map_or(0, |row| row.get(0));
    let column = |reader: &ColumnReader| Described {
        name: reader.name.clone(),
        shown: reader.shown.clone(),
        class: reader.class,
    };
    let description = Description {
        columns: readers.iter().map(column).collect(),
        key: key.iter().map(|column| readers[*column].name.clone()).collect(),
        rows: rows.unsigned_abs(),
    };
    snapshot.end(Ok(Some(description))).await
}

/// Reads rows and passes each to `each`, until it returns `Break`.
///
/// # Errors
/// The rows cannot be read.
pub(crate) async fn read(
    connection: &Connection,
    selection: &Selection,
    each: &mut dyn FnMut(&Line) -> ControlFlow<()>,
) -> Result<Reached, SinkError> {
    let snapshot = begin(connection).await?;
    let described = readers(&snapshot.client, &selection.table).await?;
    let (readers, key) = described
        .ok_or_else(|| SinkError::fatal(format!("table {} does not exist", selection.table)))?;
    let select = Select::of(selection, &readers, &key)?;
    let (statement, parameters) = select.statement();
    let rows = snapshot.client.query_typed_raw(&statement, parameters).await.map_err(refused)?;
    let mut rows = pin!(rows);
    let mut line = Line::default();
    while let Some(row) = rows.try_next().await.map_err(refused)? {
        fill(&mut line, &row, selection, &select)?;
        if each(&line).is_break() {
            let resume_key = select.resume_key(&row)?;
            snapshot.stop().await;
            return Ok(Reached::Stopped(resume_key));
        }
    }
    snapshot.end(Ok(Reached::End)).await
}

async fn begin(connection: &Connection) -> Result<Snapshot, SinkError> {
    let client = session::connect(connection).await?;
    let snapshot = Snapshot::new(client, connection);
    snapshot.client.batch_execute(BEGIN).await.map_err(refused)?;
    Ok(snapshot)
}

/// A reader for each column, and the indexes of the primary key's columns. `None` if the table does not
/// exist.
async fn readers(
    client: &Client,
    name: &TableName,
) -> Result<Option<(Vec<ColumnReader>, Vec<usize>)>, SinkError> {
    // These two only matter to rows that are written.
    let (unix_places, on_conflict) = (0, false);
    let read = catalog::read(client, NO_SAVEPOINT, name, unix_places, on_conflict).await?;
    let Some(table) = read else { return Ok(None) };
    let shape: &Shape = table.shape_as()?;
    Ok(Some((shape.columns.iter().map(ColumnReader::of).collect(), table.primary_key)))
}

fn fill(
    line: &mut Line,
    row: &Row,
    selection: &Selection,
    select: &Select<'_>,
) -> Result<(), SinkError> {
    line.clear();
    for (position, reader) in select.columns.iter().enumerate() {
        match value::raw(row, position)? {
            Some(bytes) => selection.push(line, position, item(bytes, reader)?),
            None => line.push_null(),
        }
    }
    Ok(())
}

#[allow(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn refused(error: Error) -> SinkError {
    fault::classify_outside_rows(&error)
}
