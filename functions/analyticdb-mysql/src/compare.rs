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
use crate::catalog::question::Question;
use crate::connection::config::Connection;
use crate::connection::session::Session;
use crate::fault;
use crate::sql::quote::quote_table;
use crate::types::described::Terms;
use crate::types::zone::Clock;
use column::Reader;
use select::Select;
use snapshot::Running;

/// A reader for each column, and the indexes of the primary key's columns.
type Readers = (Vec<Reader>, Vec<usize>);

/// Describes a table and counts its rows. `None` if the table does not exist.
///
/// # Errors
/// The table cannot be read.
pub(crate) async fn describe(
    connection: &Connection,
    clock: &Clock,
    name: &TableName,
) -> Result<Option<Description>, SinkError> {
    let mut running = Running::begin(connection).await?;
    let Some((readers, key)) = readers(&mut running, clock, name).await? else {
        running.end().await;
        return Ok(None);
    };
    let count = format!("SELECT COUNT(*) FROM {}", quote_table(name));
    let rows: Option<u64> = running.conn()?.query_first(count).await.map_err(refused)?;
    running.end().await;
    let column = |reader: &Reader| Described {
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
    clock: &Clock,
    selection: &Selection,
    each: &mut dyn FnMut(&Line) -> ControlFlow<()>,
) -> Result<Reached, SinkError> {
    let mut running = Running::begin(connection).await?;
    let described = readers(&mut running, clock, &selection.table).await?;
    let (readers, key) = described
        .ok_or_else(|| SinkError::fatal(format!("table {} does not exist", selection.table)))?;
    let select = Select::of(selection, &readers, &key)?;
    match go_through(&mut running, selection, &select, each).await? {
        None => {
            running.end().await;
            Ok(Reached::End)
        }
        Some(row) => {
            running.stop().await;
            Ok(Reached::Stopped(select.place(&row)))
        }
    }
}

/// Passes rows to `each`. Returns the last row if there may be more.
async fn go_through(
    running: &mut Running,
    selection: &Selection,
    select: &Select<'_>,
    each: &mut dyn FnMut(&Line) -> ControlFlow<()>,
) -> Result<Option<Row>, SinkError> {
    let statement = select.statement()?;
    let is_plain = !running.profile.transactional;
    let conn = running.conn()?;
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
    running: &mut Running,
    clock: &Clock,
    name: &TableName,
) -> Result<Option<Readers>, SinkError> {
    let Running { conn, profile, .. } = running;
    let asked = Question::of(name, profile).ask_to_read(Session::present(conn)?, profile).await;
    let answer = match asked {
        Err(error) if fault::is_no_table(&error) => return Ok(None),
        answer => answer.map_err(refused)?,
    };
    let terms = Terms { unix_places: 0, clock: clock.clone() };
    let described = catalog::describe(answer, name, profile, &terms)?;
    Ok(described
        .map(|(table, shape)| (shape.columns.iter().map(Reader::of).collect(), table.primary_key)))
}

fn fill(line: &mut Line, row: &Row, selection: &Selection, select: &Select<'_>) {
    line.clear();
    for (place, reader) in select.columns.iter().enumerate() {
        let pushed = row
            .as_ref(place)
            .and_then(|value| value::read(value, reader, |item| selection.push(line, place, item)));
        if pushed.is_none() {
            line.push_null();
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn refused(error: Error) -> SinkError {
    fault::classify_outside_rows(&error)
}
