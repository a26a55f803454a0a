//! Finds the column of a refused row, if the server does not name it. Only some columns are candidates: JSON,
//! and types that the server reads from text. Not here: whether a row is refused.

use futures_util::future;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::sink::Rejected;
use tokio_postgres::Client;

use crate::sql::statement::Statement;
use crate::write::array;

/// The number of rows whose values are tested in one round trip.
const AT_ONCE: usize = 64;
/// Each value is tested after its own savepoint, so that the transaction stays usable.
const BEFORE: &str = "SAVEPOINT sluice_value";
const AFTER: &str = "ROLLBACK TO SAVEPOINT sluice_value; RELEASE SAVEPOINT sluice_value";

/// Names the columns of rows that the server refuses because of a value. If there are several candidates, the
/// server reads each value separately.
pub(crate) async fn name_columns(
    client: &Client,
    statement: Statement<'_, '_>,
    rejected: &mut [Rejected],
) {
    name_columns_after(client, "", statement, rejected).await;
}

/// The same, with a statement that is sent first if the server is asked at all.
pub(crate) async fn name_columns_after(
    client: &Client,
    first: &str,
    statement: Statement<'_, '_>,
    rejected: &mut [Rejected],
) {
    let candidates = candidates(statement);
    let is_open = |rejected: &&mut Rejected| is_value_error(&rejected.cause);
    let mut open: Vec<&mut Rejected> = rejected.iter_mut().filter(is_open).collect();
    if let [position] = candidates.as_slice() {
        open.iter_mut().for_each(|it| it.cause = named(statement, it.row, *position, &it.cause));
        return;
    }
    if open.is_empty() || candidates.is_empty() {
        return;
    }
    let begun = if first.is_empty() { Ok(()) } else { client.batch_execute(first).await };
    if begun.is_err() {
        return;
    }
    for some in open.chunks_mut(AT_ONCE) {
        let asked = some.iter().map(|it| find(client, statement, it, &candidates));
        let found = future::join_all(asked).await;
        for (rejected, position) in some.iter_mut().zip(found) {
            if let Some(position) = position {
                rejected.cause = named(statement, rejected.row, position, &rejected.cause);
            }
        }
    }
}

/// The indexes in the batch of the columns whose values the server may refuse.
fn candidates(statement: Statement<'_, '_>) -> Vec<usize> {
    let columns = statement.batch.columns.iter().enumerate();
    let candidates = columns.filter(|(_, column)| statement.types[**column].is_checked_by_server());
    candidates.map(|(position, _)| position).collect()
}

/// Whether the row is refused because of a value of an unknown column.
fn is_value_error(cause: &Cause) -> bool {
    let class = cause.code.as_deref().and_then(|code| code.get(..2));
    class.is_some_and(|class| ["22", "42", "3F"].contains(&class)) && cause.column.is_none()
}

/// The first value of the row that the server refuses with the same code when it reads it separately.
async fn find(
    client: &Client,
    statement: Statement<'_, '_>,
    rejected: &Rejected,
    candidates: &[usize],
) -> Option<usize> {
    let cells = statement.batch.cells(rejected.row);
    let cell = |position: usize| cells[statement.batch.columns[position]];
    let is_there = |position: &&usize| !matches!(cell(**position), Cell::Null | Cell::Absent);
    let positions: Vec<usize> = candidates.iter().filter(is_there).copied().collect();
    let asked = positions.iter().map(async |&position| {
        let read = array::read_one_value(client, statement, rejected.row, position);
        let (_, read, _) =
            future::join3(client.batch_execute(BEFORE), read, client.batch_execute(AFTER)).await;
        read.err().and_then(|error| error.code().map(|code| code.code().to_owned()))
    });
    let codes = future::join_all(asked).await;
    let given = rejected.cause.code.as_deref();
    let first = codes.iter().position(|code| code.is_some() && code.as_deref() == given);
    first.map(|nth| positions[nth])
}

fn named(statement: Statement<'_, '_>, row: usize, position: usize, cause: &Cause) -> Cause {
    let Statement { batch, types, .. } = statement;
    let column = batch.columns[position];
    let (ty, given) = (&types[column], batch.cells(row)[column].kind());
    let Cause { code, detail, .. } = cause.clone();
    Cause { code, detail, ..Cause::mismatch(&ty.name, &ty.shown, given, &cause.message) }
}
