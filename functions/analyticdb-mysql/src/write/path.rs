//! Chooses the path for a batch, and handles refused rows.

use mysql_async::Conn;
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::model::operation::Operation;
use sluice_bridge::sink::Written;

use crate::connection::session::Session;
use crate::sql::statement::{Statement, Upsert};
use crate::write::bulk_writer::{BulkResult, BulkWriter, FailedStatement};
use crate::write::refused_row::LocatedError;
use crate::write::row_by_row;

/// How a batch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WritePath {
    /// Many rows in one statement.
    Bulk,
    /// One statement for each row.
    RowByRow,
}

impl WritePath {
    /// The fastest path that is correct for the batch.
    ///
    /// # Errors
    /// `Fatal` if the batch cannot be written.
    pub(crate) fn of(statement: Statement<'_, '_>) -> Result<Self, SinkError> {
        let Statement { batch, shape, profile, .. } = statement;
        // If a failed statement leaves rows in the table, rows are written one by one. The base table of a
        // view may be such a table. Without transactions, this is not known.
        let keeps_failed = profile.transactional && (!shape.transactional || shape.is_view());
        let update_then_insert = match batch.operation {
            Operation::Upsert => statement.upsert()? == Upsert::UpdateThenInsert,
            Operation::Insert | Operation::Delete => false,
            Operation::Update => true,
        };
        let alone = keeps_failed || update_then_insert || batch.suspect || batch.len() == 1;
        Ok(if alone { WritePath::RowByRow } else { WritePath::Bulk })
    }
}

/// Writes a batch.
///
/// # Errors
/// As `Sink::write`.
pub(crate) async fn write(
    conn: &mut Option<Conn>,
    statement: Statement<'_, '_>,
) -> Result<Written, SinkError> {
    let rows = statement.batch.len();
    match WritePath::of(statement)? {
        WritePath::RowByRow => {
            let all: Vec<usize> = (0..rows).collect();
            row_by_row::write(Session::conn_of(conn)?, statement, &all).await
        }
        WritePath::Bulk => write_from(conn, statement, 0, Written::default()).await,
    }
}

/// Writes the rows of a batch from an index on.
pub(crate) async fn write_from(
    conn: &mut Option<Conn>,
    statement: Statement<'_, '_>,
    mut first: usize,
    mut written: Written,
) -> Result<Written, SinkError> {
    while first < statement.batch.len() {
        let mut writer = BulkWriter::open(conn, statement, false)?;
        writer.add_rows(statement, first..statement.batch.len(), 0).await;
        let next = finish_bulk(conn, statement, writer, &mut written).await?;
        first = next.unwrap_or(statement.batch.len());
    }
    Ok(written)
}

/// Finishes a bulk write. Returns the index of the row to continue with, if a refused statement affected only
/// its own rows.
pub(crate) async fn finish_bulk(
    conn: &mut Option<Conn>,
    statement: Statement<'_, '_>,
    writer: BulkWriter,
    written: &mut Written,
) -> Result<Option<usize>, SinkError> {
    let BulkResult { conn: returned, rejected, failed } = writer.finish().await?;
    let conn = conn.insert(returned);
    let Some(FailedStatement { reason, rows }) = failed else {
        written.rejected.extend(rejected);
        return Ok(None);
    };
    if statement.profile.transactional {
        return Err(confirm(conn, statement, reason).await?);
    }
    let error = reason.error;
    let (Fault::Data(_), Some(&last)) = (error.fault, rows.last()) else { return Err(error) };
    // Without transactions, the earlier statements stay, and the rows of the failed one are tried one by one.
    written.rejected.extend(rejected.into_iter().filter(|rejected| rejected.row < last));
    let alone = row_by_row::write(conn, statement, &rows).await?;
    written.rejected.extend(alone.rejected);
    written.rejected.sort_by_key(|rejected| rejected.row);
    Ok(Some(last + 1))
}

/// Confirms a refusal. If the server only points at a row, that row is written alone: its own error replaces
/// the first one, or, if it is accepted, no row is named.
async fn confirm(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    LocatedError { mut error, is_certain }: LocatedError,
) -> Result<SinkError, SinkError> {
    statement.explain_guard(&mut error.cause);
    if let Fault::Data(Some(row)) = error.fault
        && !is_certain
    {
        match row_by_row::refusal(conn, statement, row).await? {
            Some(cause) => error.cause = cause,
            None => error.fault = Fault::Data(None),
        }
    }
    Ok(error)
}
