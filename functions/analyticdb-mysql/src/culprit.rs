//! Which row of a statement the server refuses, as far as it tells: MariaDB counts for whoever asks,
//! MySQL in its words.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use sluice_bridge::failure::{Fault, SinkError};

use crate::fault;

/// The place of the error among the conditions is the last: warnings may come before it.
const WHICH_ROW: &str = "GET DIAGNOSTICS @sluice_number = NUMBER; \
     GET DIAGNOSTICS CONDITION @sluice_number @sluice_row = ROW_NUMBER; SELECT @sluice_row";

/// What an error means that the statement before ended with, and which of its rows it is about, by
/// index in the batch.
pub(crate) async fn locate(
    conn: &mut Conn,
    tells_row: bool,
    error: &Error,
    rows: &[usize],
) -> SinkError {
    let mut error = fault::classify(error);
    if let Fault::Data(place) = error.fault {
        let place = if tells_row { which_row(conn).await } else { place };
        // What a row refers to may come behind it.
        let place = place.filter(|_| !fault::is_reference(&error.cause));
        error.fault = Fault::Data(place.and_then(|place| rows.get(place).copied()));
    }
    error
}

/// The row that the statement before stumbled over, as MariaDB counts from 1.
async fn which_row(conn: &mut Conn) -> Option<usize> {
    let mut answers = conn.query_iter(WHICH_ROW).await.ok()?;
    let mut row = None;
    while !answers.is_empty() {
        let found: Vec<mysql_async::Row> = answers.collect().await.ok()?;
        row = found.into_iter().next().or(row);
    }
    let number: Option<u64> = row?.get_opt(0)?.ok()?;
    usize::try_from(number?).ok()?.checked_sub(1)
}
