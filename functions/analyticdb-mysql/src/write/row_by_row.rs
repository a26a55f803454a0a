//! The way in for rows that need an answer each: a statement for every row, or for a few while they
//! are good, many in one message where the server takes that. Updates, rows of which many are bad, and
//! tables that keep what a failing statement has done.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use sluice_bridge::model::failure::{Cause, Fault, SinkError};
use sluice_bridge::model::operation::Operation;
use sluice_bridge::sink::{Rejected, Written};

use crate::connection::profile::Profile;
use crate::fault;
use crate::sql::statement::{Statement, Upsert};
use crate::write::message::{Answers, Message, Say};
use crate::write::oversized;
use crate::write::refused_row::{self, Located};

/// How long a message is, about: what follows a statement that fails is sent once more, so that it is
/// short where many fail, and twice as long as the one before where none does.
const SHORT: usize = 16 * 1024;
const LONG: usize = 256 * 1024;

/// Rows that are tried together: with one bad row in a hundred most such statements have none.
const TOGETHER: usize = 16;

/// How often rows are looked at again that refer to each other.
const FAMILY: usize = 16;

/// Writes rows of a batch, each for itself.
///
/// # Errors
/// What is not about a row. What was written before stays.
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

/// Updates, and inserts what was not found. A key that is there by then was put there meanwhile, or
/// it is another that must be unique: looking once more tells.
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

/// What the server refuses a row for that is written by itself. Nothing of it stays.
///
/// # Errors
/// What is not about a row.
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

/// Rows may come in the order of their keys, and the server looks at references with each: one that
/// comes before what it refers to is good all the same. They are looked at forwards and backwards
/// in turn, for most families are a line in one of the two.
async fn all(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    say: Say,
    rows: &[usize],
) -> Result<Answers, SinkError> {
    let mut answers = once(conn, statement, say, rows).await?;
    let mut tried = rows.len();
    // Rows of one key may be among them where their order is fixed.
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

/// Writes rows, up to so many of them in each statement.
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
            // One statement, and no other behind it.
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

/// Rows that are written alike.
#[derive(Clone, Copy)]
struct Group<'a, 'e> {
    statement: Statement<'a, 'e>,
    say: Say,
    /// Whether none of them was refused before.
    is_first: bool,
}

/// Sends what a message holds, and what follows a statement that fails once more; tells how many fail.
/// Of several rows that are refused together the good ones are written before those behind them.
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
    /// Tells the bad from the good among rows that were refused together. Most likely one of them is
    /// bad; where the others are refused too, they come one by one.
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
