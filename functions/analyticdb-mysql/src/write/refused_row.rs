//! Finds the row of a statement that the server refuses: in MariaDB's diagnostics, or in MySQL's error
//! message.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use sluice_bridge::model::failure::{Fault, SinkError};

use crate::fault;

/// The error is the last condition. Warnings and errors of a trigger's own statements may come before it.
const LAST_CONDITION: &str = "GET DIAGNOSTICS @sluice_number = NUMBER; \
     GET DIAGNOSTICS CONDITION @sluice_number @sluice_row = ROW_NUMBER, \
     @sluice_errno = MYSQL_ERRNO, @sluice_text = MESSAGE_TEXT; \
     SELECT @sluice_row, @sluice_errno, @sluice_text";

/// The error of a statement with several rows.
#[derive(Debug)]
pub(crate) struct LocatedError {
    /// The error, with the row as an index in the batch.
    pub(crate) error: SinkError,
    /// Whether this is the row's own error. Otherwise the row may be refused for a different reason, or not
    /// at all.
    pub(crate) is_certain: bool,
}

/// Classifies the error of the previous statement, and finds its row.
pub(crate) async fn locate(
    conn: &mut Conn,
    reports_row: bool,
    has_triggers: bool,
    error: &Error,
    rows: &[usize],
) -> LocatedError {
    let mut is_certain = false;
    let mut classified = fault::classify_row(error, has_triggers);
    if let Fault::Data(mut position) = classified.fault {
        if reports_row && let Some(condition) = last_condition(conn).await {
            is_certain = condition.is(error);
            position = condition.position;
        }
        // With a foreign key, the referenced row may come later in the batch.
        let position = position.filter(|_| !fault::is_reference(&classified.cause));
        classified.fault = Fault::Data(position.and_then(|position| rows.get(position).copied()));
    }
    LocatedError { error: classified, is_certain }
}

/// The last condition of the previous statement. With the bulk protocol, the server also checks rows after a
/// refused one, and reports their errors.
struct Condition {
    position: Option<usize>,
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
    // MariaDB counts from 1; 0 means no row.
    let number: Option<u64> = row.get_opt(0)?.ok()?;
    let position = number.and_then(|number| usize::try_from(number).ok()?.checked_sub(1));
    Some(Condition { position, code: row.get_opt(1)?.ok()?, text: row.get_opt(2)?.ok()? })
}
