//! Which row of a statement the server refuses, as far as it tells: MariaDB counts for whoever asks,
//! MySQL in its words.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use sluice_bridge::model::failure::{Fault, SinkError};

use crate::fault;

/// The place of the error among the conditions is the last: warnings may come before it, and what a
/// trigger's own statement ended with.
const LAST_CONDITION: &str = "GET DIAGNOSTICS @sluice_number = NUMBER; \
     GET DIAGNOSTICS CONDITION @sluice_number @sluice_row = ROW_NUMBER, \
     @sluice_errno = MYSQL_ERRNO, @sluice_text = MESSAGE_TEXT; \
     SELECT @sluice_row, @sluice_errno, @sluice_text";

/// What a statement of several rows was refused for.
#[derive(Debug)]
pub(crate) struct Located {
    /// The row is told by its index in the batch.
    pub(crate) error: SinkError,
    /// Whether it is the row's own reason. Else the row is only pointed at, and may be bad for
    /// another, or not at all.
    pub(crate) sure: bool,
}

/// What an error means that the statement before ended with, and which of its rows it is about.
pub(crate) async fn locate(
    conn: &mut Conn,
    tells_row: bool,
    has_triggers: bool,
    error: &Error,
    rows: &[usize],
) -> Located {
    let mut sure = false;
    let mut told = fault::classify_row(error, has_triggers);
    if let Fault::Data(mut place) = told.fault {
        if tells_row && let Some(condition) = last_condition(conn).await {
            sure = condition.is(error);
            place = condition.place;
        }
        // What a row refers to may come behind it.
        let place = place.filter(|_| !fault::is_reference(&told.cause));
        told.fault = Fault::Data(place.and_then(|place| rows.get(place).copied()));
    }
    Located { error: told, sure }
}

/// The last that the server has noted of the statement before. With the bulk protocol it looks at the
/// values of rows behind a refused one, and notes what it finds there too.
struct Condition {
    place: Option<usize>,
    code: u16,
    text: String,
}

impl Condition {
    fn is(&self, error: &Error) -> bool {
        matches!(error, Error::Server(error) if error.code == self.code && error.message == self.text)
    }
}

async fn last_condition(conn: &mut Conn) -> Option<Condition> {
    let mut answers = conn.query_iter(LAST_CONDITION).await.ok()?;
    let mut row = None;
    while !answers.is_empty() {
        let found: Vec<mysql_async::Row> = answers.collect().await.ok()?;
        row = found.into_iter().next().or(row);
    }
    let row = row?;
    // MariaDB counts from 1; 0 is none.
    let number: Option<u64> = row.get_opt(0)?.ok()?;
    let place = number.and_then(|number| usize::try_from(number).ok()?.checked_sub(1));
    Some(Condition { place, code: row.get_opt(1)?.ok()?, text: row.get_opt(2)?.ok()? })
}
