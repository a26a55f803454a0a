//! Chooses the path for a batch, and handles refused rows.

use mysql_async::Conn;
use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::sink::Written;
use sluice_bridge::sink::batch::Operation;

use crate::connection::session::Session;
use crate::sql::statement::{Statement, Upsert};
use crate::write::bulk_writer::{Failed, Flight, Landed};
use crate::write::refused_row::Located;
use crate::write::row_by_row;

/// How a batch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Many rows in one statement.
    Together,
    /// One statement for each row.
    Each,
}

impl Way {
    /// The fastest path that is correct for the batch.
    ///
    /// # Errors
    /// `Fatal` if the batch cannot be written.
    pub(crate) fn of(statement: Statement<'_, '_>) -> Result<Self, SinkError> {
        let Statement { batch, shape, profile, .. } = statement;
        // If a failed statement leaves rows in the table, rows are written one by one. The base table of a
        // view may be such a table. Without transactions, this is not known.
        let keeps = profile.transactional && (!shape.transactional || shape.is_view());
        let in_two = match batch.operation {
            Operation::Upsert => statement.upsert()? == Upsert::InTwo,
            Operation::Insert | Operation::Delete => false,
            Operation::Update => true,
        };
        let alone = keeps || in_two || batch.suspect || batch.len() == 1;
        Ok(if alone { Way::Each } else { Way::Together })
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
    match Way::of(statement)? {
        Way::Each => {
            let all: Vec<usize> = (0..rows).collect();
            row_by_row::write(Session::present(conn)?, statement, &all).await
        }
        Way::Together => rest(conn, statement, 0, Written::default()).await,
    }
}

/// Writes the rows of a batch from an index on.
pub(crate) async fn rest(
    conn: &mut Option<Conn>,
    statement: Statement<'_, '_>,
    mut first: usize,
    mut written: Written,
) -> Result<Written, SinkError> {
    while first < statement.batch.len() {
        let mut flight = Flight::open(conn, statement, false)?;
        flight.take(statement, first..statement.batch.len(), 0).await;
        let next = settle(conn, statement, flight, &mut written).await?;
        first = next.unwrap_or(statement.batch.len());
    }
    Ok(written)
}

/// Finishes a bulk write. Returns the index of the row to continue with, if a refused statement affected only
/// its own rows.
pub(crate) async fn settle(
    conn: &mut Option<Conn>,
    statement: Statement<'_, '_>,
    flight: Flight,
    written: &mut Written,
) -> Result<Option<usize>, SinkError> {
    let Landed { conn: landed, rejected, failed } = flight.land().await?;
    let conn = conn.insert(landed);
    let Some(Failed { reason, rows }) = failed else {
        written.rejected.extend(rejected);
        return Ok(None);
    };
    if statement.profile.transactional {
        return Err(certain(conn, statement, reason).await?);
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
async fn certain(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    Located { mut error, sure }: Located,
) -> Result<SinkError, SinkError> {
    statement.explain(&mut error.cause);
    if let Fault::Data(Some(row)) = error.fault
        && !sure
    {
        match row_by_row::refusal(conn, statement, row).await? {
            Some(cause) => error.cause = cause,
            None => error.fault = Fault::Data(None),
        }
    }
    Ok(error)
}
