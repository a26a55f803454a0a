//! Which row of a statement the server refuses, as far as it tells: MariaDB counts for whoever asks,
//! MySQL in its words.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Row};
use sluice_bridge::failure::{Fault, SinkError};

use crate::fault;

/// Where the error is among the conditions is not told: notes of good rows come before it, and of a
/// bulk the values behind the refused row are still looked at, and complained about.
const CONDITIONS: &str = "GET DIAGNOSTICS @sluice_last = NUMBER; \
     GET DIAGNOSTICS CONDITION 1 @sluice_row_1 = ROW_NUMBER, @sluice_text_1 = MESSAGE_TEXT; \
     GET DIAGNOSTICS CONDITION @sluice_last @sluice_row_2 = ROW_NUMBER, @sluice_text_2 = MESSAGE_TEXT; \
     SELECT @sluice_row_1, @sluice_text_1, @sluice_row_2, @sluice_text_2";

/// What an error means that the statement before ended with, and which of its rows it is about, by
/// index in the batch.
pub(crate) async fn locate(
    conn: &mut Conn,
    tells_row: bool,
    error: &Error,
    rows: &[usize],
) -> SinkError {
    let mut classified = fault::classify(error);
    if let (Fault::Data(place), Error::Server(error)) = (classified.fault, error) {
        let place = if tells_row { which_row(conn, &error.message).await } else { place };
        // What a row refers to may come behind it.
        let place = place.filter(|_| !fault::is_reference(&classified.cause));
        classified.fault = Fault::Data(place.and_then(|place| rows.get(place).copied()));
    }
    classified
}

/// The row that the statement before stumbled over with these words, as MariaDB counts from 1.
async fn which_row(conn: &mut Conn, words: &str) -> Option<usize> {
    let mut answers = conn.query_iter(CONDITIONS).await.ok()?;
    let mut told = None;
    while !answers.is_empty() {
        let found: Vec<Row> = answers.collect().await.ok()?;
        told = found.into_iter().next().or(told);
    }
    let told = told?;
    let condition = |place: usize| {
        let text: String = told.get_opt(place + 1)?.ok()?;
        let number: u64 = told.get_opt(place)?.ok()?;
        (text == words).then_some(number)
    };
    let number = condition(0).or_else(|| condition(2))?;
    usize::try_from(number).ok()?.checked_sub(1)
}
