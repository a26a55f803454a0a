//! Writes rows that need a result each: one statement for every row, or for a few rows while they are
//! accepted, with many statements in one message if the server allows that. Used for updates, for batches
//! with many refused rows, and for tables in which a failed statement leaves rows.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use sluice_bridge::model::failure::{Cause, Fault, SinkError};
use sluice_bridge::sink::batch::Operation;
use sluice_bridge::sink::{Rejected, Written};

use crate::connection::profile::Profile;
use crate::fault;
use crate::sql::statement::{Statement, Upsert};
use crate::write::message::{Answers, Message, Say};
use crate::write::oversized;
use crate::write::refused_row::{self, Located};

/// The approximate length of a message in bytes. The statements after a failed one are sent again, so
/// messages are short if many fail, and double in length while none fails.
const SHORT: usize = 16 * 1024;
const LONG: usize = 256 * 1024;

/// The number of rows in one statement. If one row in a hundred is refused, most such statements succeed.
const TOGETHER: usize = 16;

/// How often rows that refer to each other are tried again.
const FAMILY: usize = 16;

/// Writes rows of a batch separately.
///
/// # Errors
/// The error is not caused by a row. Rows that were written before stay.
pub(crate) async fn write(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    rows: &[usize],
) -> Result<Written, SinkError> {
    let say = match statement.batch.operation {
        Operation::Insert => Say::Put(None),
        Operation::Update => Say::Update,
        Operation::Delete => Say::Delete,
        Operation::Upsert => match statement.upsert()? {
            Upsert::InTwo => return in_two(conn, statement, rows).await,
            upsert => Say::Put(Some(upsert)),
        },
    };
    let Answers { mut rejected, unmatched } = all(conn, statement, say, rows).await?;
    rejected.sort_by_key(|rejected| rejected.row);
    let unmatched = if say == Say::Update { unmatched } else { Vec::new() };
    Ok(Written { rejected, unmatched, ..Written::default() })
}

/// Updates rows, and inserts those that were not found. If an insert finds the key, the row was inserted by
/// another session, or another unique index has the value: a second update shows which.
async fn in_two(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    rows: &[usize],
) -> Result<Written, SinkError> {
    let found = all(conn, statement, Say::Update, rows).await?;
    let mut rejected = found.rejected;
    let put = all(conn, statement, Say::Put(None), &found.unmatched).await?;
    let is_there = |cause: &Cause| cause.code.as_deref() == Some(fault::DUPLICATE);
    let (there, refused): (Vec<_>, Vec<_>) =
        put.rejected.into_iter().partition(|rejected| is_there(&rejected.cause));
    rejected.extend(refused);
    let again: Vec<usize> = there.iter().map(|rejected| rejected.row).collect();
    let found = all(conn, statement, Say::Update, &again).await?;
    rejected.extend(found.rejected);
    rejected.extend(there.into_iter().filter(|rejected| found.unmatched.contains(&rejected.row)));
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
async fn all(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    say: Say,
    rows: &[usize],
) -> Result<Answers, SinkError> {
    let mut answers = once(conn, statement, say, rows).await?;
    let mut tried = rows.len();
    // If the order is fixed, there may be several rows of one key.
    let again = if statement.batch.in_order { 0 } else { FAMILY };
    for _ in 0..again {
        let (early, others): (Vec<_>, Vec<_>) = std::mem::take(&mut answers.rejected)
            .into_iter()
            .partition(|rejected| fault::is_reference(&rejected.cause));
        answers.rejected = others;
        if early.is_empty() || early.len() == tried {
            answers.rejected.extend(early);
            break;
        }
        tried = early.len();
        let early: Vec<usize> = early.iter().rev().map(|rejected| rejected.row).collect();
        let again = once(conn, statement, say, &early).await?;
        answers.rejected.extend(again.rejected);
        answers.unmatched.extend(again.unmatched);
    }
    Ok(answers)
}

async fn once(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    say: Say,
    rows: &[usize],
) -> Result<Answers, SinkError> {
    let mut answers = Answers::default();
    let undoes = statement.profile.transactional && statement.shape.transactional;
    let may_join = matches!(say, Say::Put(_)) && undoes && !statement.shape.is_view();
    let together = if may_join { TOGETHER } else { 1 };
    write_lines(conn, statement, say, rows, together, &mut answers).await?;
    for rejected in &mut answers.rejected {
        statement.explain(&mut rejected.cause);
    }
    Ok(answers)
}

/// Writes rows, at most `most` in each statement.
async fn write_lines(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    say: Say,
    rows: &[usize],
    most: usize,
    answers: &mut Answers,
) -> Result<(), SinkError> {
    let (mut together, mut enough) = (most, SHORT);
    let group = Group { statement, say, is_first: most == TOGETHER };
    let mut message = Message::of(statement, say);
    for &row in rows {
        if let Err(cause) = message.spell(row) {
            answers.rejected.push(Rejected { row, cause });
            continue;
        }
        if message.is_too_long() {
            send(conn, &mut message, group, answers).await?;
            if let Err(cause) = oversized::write(conn, statement, say, row).await? {
                answers.rejected.push(Rejected { row, cause });
            }
            continue;
        }
        let is_full = match statement.profile.transactional {
            true => message.text.len() + message.row.len() > enough,
            // Only one statement per message.
            false => !message.lines.is_empty(),
        };
        if is_full {
            let (sent, failed) =
                (message.lines.len(), send(conn, &mut message, group, answers).await?);
            let longer = (enough * 2).min(LONG).min(statement.profile.longest);
            enough = if failed == 0 { longer } else { SHORT };
            together = match together {
                1 if failed * TOGETHER < sent => most,
                _ if failed * 2 > sent => 1,
                as_before => as_before,
            };
        }
        message.add(row, together);
    }
    send(conn, &mut message, group, answers).await?;
    Ok(())
}

/// Rows that are written by the same kind of statement.
#[derive(Clone, Copy)]
struct Group<'a, 'e> {
    statement: Statement<'a, 'e>,
    say: Say,
    /// Whether this is the first attempt for these rows.
    is_first: bool,
}

/// Sends a message; after a failed statement, the rest is sent again. Returns the number of failed
/// statements. The accepted rows of a failed statement are written before the rows that follow.
async fn send(
    conn: &mut Conn,
    message: &mut Message<'_, '_>,
    group: Group<'_, '_>,
    answers: &mut Answers,
) -> Result<usize, SinkError> {
    let mut failed = 0;
    let mut sent = message.close();
    while let Some((error, rows)) = sent.go_on(conn, answers).await? {
        failed += 1;
        group.apart(conn, &error, rows, answers).await?;
    }
    Ok(failed)
}

impl Group<'_, '_> {
    /// Finds the refused rows of a failed statement. Most likely there is only one. If the others are refused
    /// too, they are written one by one.
    async fn apart(
        self,
        conn: &mut Conn,
        error: &Error,
        rows: &[usize],
        answers: &mut Answers,
    ) -> Result<(), SinkError> {
        let points = self.is_first && rows.len() > 1;
        let Profile { tells_row, transactional, .. } = *self.statement.profile;
        let Located { error: SinkError { fault, cause }, sure } = match points {
            true => refused_row::locate(conn, tells_row, transactional, error, rows).await,
            false => {
                Located { error: fault::classify_row(error, transactional), sure: rows.len() == 1 }
            }
        };
        match (fault, rows) {
            (Fault::Data(_), &[row]) => answers.rejected.push(Rejected { row, cause }),
            (Fault::Data(Some(row)), rows) if points => {
                if sure {
                    answers.rejected.push(Rejected { row, cause });
                } else {
                    self.again(conn, &[row], 1, answers).await?;
                }
                let others: Vec<usize> =
                    rows.iter().copied().filter(|&other| other != row).collect();
                self.again(conn, &others, others.len(), answers).await?;
            }
            (Fault::Data(_), rows) => self.again(conn, rows, 1, answers).await?,
            _ => return Err(SinkError { fault, cause }),
        }
        Ok(())
    }

    async fn again(
        self,
        conn: &mut Conn,
        rows: &[usize],
        together: usize,
        answers: &mut Answers,
    ) -> Result<(), SinkError> {
        Box::pin(write_lines(conn, self.statement, self.say, rows, together, answers)).await
    }
}
