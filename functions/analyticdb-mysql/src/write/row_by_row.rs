//! Writes rows that need a result each: one statement for every row, or for a few rows while they are
//! accepted, with many statements in one message if the server allows that. Used for updates, for batches
//! with many refused rows, and for tables in which a failed statement leaves rows.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use sluice_bridge::model::failure::{Cause, Fault, SinkError};
use sluice_bridge::model::operation::Operation;
use sluice_bridge::sink::{Rejected, Written};

use crate::connection::profile::Profile;
use crate::fault;
use crate::sql::statement::{Statement, Upsert};
use crate::write::message::{Message, RowResults, StatementKind};
use crate::write::oversized;
use crate::write::refused_row::{self, LocatedError};

/// The approximate length of a message in bytes. The statements after a failed one are sent again, so
/// messages are short if many fail, and double in length while none fails.
const MIN_MESSAGE_BYTES: usize = 16 * 1024;
const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// The number of rows in one statement. If one row in a hundred is refused, most such statements succeed.
const GROUP_SIZE: usize = 16;

/// How often rows that refer to each other are tried again.
const MAX_PASSES: usize = 16;

/// Writes rows of a batch separately.
///
/// # Errors
/// The error is not caused by a row. Rows that were written before stay.
pub(crate) async fn write(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    rows: &[usize],
) -> Result<Written, SinkError> {
    let kind = match statement.batch.operation {
        Operation::Insert => StatementKind::Insert(None),
        Operation::Update => StatementKind::Update,
        Operation::Delete => StatementKind::Delete,
        Operation::Upsert => match statement.upsert()? {
            Upsert::UpdateThenInsert => return update_then_insert(conn, statement, rows).await,
            upsert => StatementKind::Insert(Some(upsert)),
        },
    };
    let RowResults { mut rejected, unmatched } =
        write_with_references(conn, statement, kind, rows).await?;
    rejected.sort_by_key(|rejected| rejected.row);
    let unmatched = if kind == StatementKind::Update { unmatched } else { Vec::new() };
    Ok(Written { rejected, unmatched, ..Written::default() })
}

/// Updates rows, and inserts those that were not found. If an insert finds the key, the row was inserted by
/// another session, or another unique index has the value: a second update shows which.
async fn update_then_insert(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    rows: &[usize],
) -> Result<Written, SinkError> {
    let found = write_with_references(conn, statement, StatementKind::Update, rows).await?;
    let mut rejected = found.rejected;
    let inserted =
        write_with_references(conn, statement, StatementKind::Insert(None), &found.unmatched)
            .await?;
    let already_exists = |cause: &Cause| cause.code.as_deref() == Some(fault::DUPLICATE);
    let (existing, refused): (Vec<_>, Vec<_>) =
        inserted.rejected.into_iter().partition(|rejected| already_exists(&rejected.cause));
    rejected.extend(refused);
    let again: Vec<usize> = existing.iter().map(|rejected| rejected.row).collect();
    let found = write_with_references(conn, statement, StatementKind::Update, &again).await?;
    rejected.extend(found.rejected);
    rejected
        .extend(existing.into_iter().filter(|rejected| found.unmatched.contains(&rejected.row)));
    rejected.sort_by_key(|rejected| rejected.row);
    Ok(Written { rejected, ..Written::default() })
}

/// The cause for which the server refuses a row when it is written alone. The row is rolled back.
///
/// # Errors
/// The error is not caused by a row.
pub(crate) async fn refusal(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    row: usize,
) -> Result<Option<Cause>, SinkError> {
    let lost = |error| fault::classify_outside_rows(&error);
    conn.query_drop("SAVEPOINT sluice_row").await.map_err(lost)?;
    let written = write(conn, statement, &[row]).await?;
    conn.query_drop("ROLLBACK TO SAVEPOINT sluice_row").await.map_err(lost)?;
    Ok(written.rejected.into_iter().next().map(|rejected| rejected.cause))
}

/// Writes rows, and tries again those that a foreign key refused. The server checks references row by row,
/// and a row may come before the row it refers to. The order is reversed each time, because most such rows
/// form a chain in one of the two orders.
async fn write_with_references(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    kind: StatementKind,
    rows: &[usize],
) -> Result<RowResults, SinkError> {
    let mut results = write_once(conn, statement, kind, rows).await?;
    let mut tried = rows.len();
    // If the order is fixed, there may be several rows of one key.
    let passes = if statement.batch.in_order { 0 } else { MAX_PASSES };
    for _ in 0..passes {
        let (early, others): (Vec<_>, Vec<_>) = std::mem::take(&mut results.rejected)
            .into_iter()
            .partition(|rejected| fault::is_reference(&rejected.cause));
        results.rejected = others;
        if early.is_empty() || early.len() == tried {
            results.rejected.extend(early);
            break;
        }
        tried = early.len();
        let early: Vec<usize> = early.iter().rev().map(|rejected| rejected.row).collect();
        let again = write_once(conn, statement, kind, &early).await?;
        results.rejected.extend(again.rejected);
        results.unmatched.extend(again.unmatched);
    }
    Ok(results)
}

async fn write_once(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    kind: StatementKind,
    rows: &[usize],
) -> Result<RowResults, SinkError> {
    let mut results = RowResults::default();
    let can_roll_back = statement.profile.transactional && statement.shape.transactional;
    let may_join =
        matches!(kind, StatementKind::Insert(_)) && can_roll_back && !statement.shape.is_view();
    let together = if may_join { GROUP_SIZE } else { 1 };
    write_statements(conn, statement, kind, rows, together, &mut results).await?;
    for rejected in &mut results.rejected {
        statement.explain_guard(&mut rejected.cause);
    }
    Ok(results)
}

/// Writes rows, at most `max_rows` in each statement.
async fn write_statements(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    kind: StatementKind,
    rows: &[usize],
    max_rows: usize,
    results: &mut RowResults,
) -> Result<(), SinkError> {
    let (mut together, mut max_bytes) = (max_rows, MIN_MESSAGE_BYTES);
    let group = Group { statement, kind, is_first: max_rows == GROUP_SIZE };
    let mut message = Message::of(statement, kind);
    for &row in rows {
        if let Err(cause) = message.encode_row(row) {
            results.rejected.push(Rejected { row, cause });
            continue;
        }
        if message.is_too_long() {
            send(conn, &mut message, group, results).await?;
            if let Err(cause) = oversized::write(conn, statement, kind, row).await? {
                results.rejected.push(Rejected { row, cause });
            }
            continue;
        }
        let is_full = match statement.profile.transactional {
            true => message.text.len() + message.row.len() > max_bytes,
            // Only one statement per message.
            false => !message.statements.is_empty(),
        };
        if is_full {
            let (sent, failed) =
                (message.statements.len(), send(conn, &mut message, group, results).await?);
            let longer =
                (max_bytes * 2).min(MAX_MESSAGE_BYTES).min(statement.profile.max_statement_bytes);
            max_bytes = if failed == 0 { longer } else { MIN_MESSAGE_BYTES };
            together = match together {
                1 if failed * GROUP_SIZE < sent => max_rows,
                _ if failed * 2 > sent => 1,
                as_before => as_before,
            };
        }
        message.add(row, together);
    }
    send(conn, &mut message, group, results).await?;
    Ok(())
}

/// Rows that are written by the same kind of statement.
#[derive(Clone, Copy)]
struct Group<'a, 'e> {
    statement: Statement<'a, 'e>,
    kind: StatementKind,
    /// Whether this is the first attempt for these rows.
    is_first: bool,
}

/// Sends a message; after a failed statement, the rest is sent again. Returns the number of failed
/// statements. The accepted rows of a failed statement are written before the rows that follow.
async fn send(
    conn: &mut Conn,
    message: &mut Message<'_, '_>,
    group: Group<'_, '_>,
    results: &mut RowResults,
) -> Result<usize, SinkError> {
    let mut failed = 0;
    let mut sent = message.close();
    while let Some((error, rows)) = sent.send_rest(conn, results).await? {
        failed += 1;
        group.isolate(conn, &error, rows, results).await?;
    }
    Ok(failed)
}

impl Group<'_, '_> {
    /// Finds the refused rows of a failed statement. Most likely there is only one. If the others are refused
    /// too, they are written one by one.
    async fn isolate(
        self,
        conn: &mut Conn,
        error: &Error,
        rows: &[usize],
        results: &mut RowResults,
    ) -> Result<(), SinkError> {
        let may_locate = self.is_first && rows.len() > 1;
        let Profile { reports_row, transactional, .. } = *self.statement.profile;
        let LocatedError { error: SinkError { fault, cause }, is_certain } = match may_locate {
            true => refused_row::locate(conn, reports_row, transactional, error, rows).await,
            false => LocatedError {
                error: fault::classify_row(error, transactional),
                is_certain: rows.len() == 1,
            },
        };
        match (fault, rows) {
            (Fault::Data(_), &[row]) => results.rejected.push(Rejected { row, cause }),
            (Fault::Data(Some(row)), rows) if may_locate => {
                if is_certain {
                    results.rejected.push(Rejected { row, cause });
                } else {
                    self.write_again(conn, &[row], 1, results).await?;
                }
                let others: Vec<usize> =
                    rows.iter().copied().filter(|&other| other != row).collect();
                self.write_again(conn, &others, others.len(), results).await?;
            }
            (Fault::Data(_), rows) => self.write_again(conn, rows, 1, results).await?,
            _ => return Err(SinkError { fault, cause }),
        }
        Ok(())
    }

    async fn write_again(
        self,
        conn: &mut Conn,
        rows: &[usize],
        together: usize,
        results: &mut RowResults,
    ) -> Result<(), SinkError> {
        Box::pin(write_statements(conn, self.statement, self.kind, rows, together, results)).await
    }
}
