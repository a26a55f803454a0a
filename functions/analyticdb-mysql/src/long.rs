//! The way in for a row that is longer as text than a statement may be: quotes are doubled there, and
//! octets are two digits each.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use sluice_bridge::batch::Operation;
use sluice_bridge::failure::{Cause, Fault, SinkError};

use crate::fault;
use crate::message::Say;
use crate::portion::{self, Body, Packer};
use crate::statement::{Statement, Upsert};

/// Writes a row with its values beside the statement, as it would go among many; or tells why it is
/// refused.
///
/// # Errors
/// What is not about the row.
pub(crate) async fn write(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    say: Say,
    row: usize,
) -> Result<Result<(), Cause>, SinkError> {
    let too_long = || portion::too_long(statement.profile.longest);
    let in_two =
        statement.batch.operation == Operation::Upsert && statement.upsert()? == Upsert::InTwo;
    if in_two || !matches!(say, Say::Put(_)) {
        return Ok(Err(too_long()));
    }
    let mut packer = Packer::of(statement)?;
    let Some(sql) = packer.prepared(statement) else { return Ok(Err(too_long())) };
    let portion = packer.add(statement, row, 0).or_else(|| packer.end());
    let Some(Body::Values(values)) = portion.map(|portion| portion.body) else {
        let refused = packer.rejected.pop().map(|rejected| rejected.cause);
        return Ok(Err(refused.unwrap_or_else(too_long)));
    };
    match conn.exec_batch(sql, values).await.map_err(|error| fault::classify_row(&error, true)) {
        Ok(()) => Ok(Ok(())),
        Err(SinkError { fault: Fault::Data(_), cause }) => Ok(Err(cause)),
        Err(error) => Err(error),
    }
}
