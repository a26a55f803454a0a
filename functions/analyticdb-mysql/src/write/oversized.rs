//! Writes a row that is too long for a statement as text, in which quotes are doubled and bytes have two
//! digits each.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use sluice_bridge::model::failure::{Cause, Fault, SinkError};

use crate::fault;
use crate::sql::statement::{Statement, Upsert};
use crate::write::message::StatementKind;
use crate::write::packer;

/// Writes a row with its values as parameters. Returns the cause if the row is refused.
///
/// # Errors
/// The error is not caused by the row.
pub(crate) async fn write(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    kind: StatementKind,
    row: usize,
) -> Result<Result<(), Cause>, SinkError> {
    let too_long = || packer::too_long(statement.profile.max_statement_bytes);
    let StatementKind::Insert(upsert) = kind else { return Ok(Err(too_long())) };
    if upsert.is_some_and(|upsert| upsert == Upsert::UpdateThenInsert)
        || !statement.profile.transactional
    {
        return Ok(Err(too_long()));
    }
    let (mut scratch, mut values) = (Vec::new(), Vec::new());
    let size = match packer::bind(statement, row, &mut scratch, &mut values) {
        Ok(size) => size,
        Err(cause) => return Ok(Err(cause)),
    };
    let (head, tail) = (statement.head(upsert), statement.tail(upsert));
    if values.is_empty() || size + head.len() + tail.len() > statement.profile.max_statement_bytes {
        return Ok(Err(too_long()));
    }
    let sql = format!("{head}{}{tail}", statement.placeholders());
    let written = conn.exec_drop(sql, values).await;
    match written.map_err(|error| fault::classify_row(&error, true)) {
        Ok(()) => Ok(Ok(())),
        Err(SinkError { fault: Fault::Data(_), cause }) => Ok(Err(cause)),
        Err(error) => Err(error),
    }
}
