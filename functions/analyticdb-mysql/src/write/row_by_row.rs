//! The way in for rows that need an answer each: a statement for every row, or for a few while they
//! are good, many in one message where the server takes that. Updates, rows of which many are bad, and
//! tables that keep what a failing statement has done.

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use sluice_bridge::batch::Operation;
use sluice_bridge::failure::{Cause, SinkError};
use sluice_bridge::sink::{Rejected, Written};

use crate::fault;
use crate::sql::statement::{Statement, Upsert};
use crate::write::message::{Answers, Message, Say};
use crate::write::oversized;

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
    Ok(Written { rejected, unmatched })
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
    Ok(Written { rejected, unmatched: Vec::new() })
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
pub(crate) async fn write_lines(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    say: Say,
    rows: &[usize],
    most: usize,
    answers: &mut Answers,
) -> Result<(), SinkError> {
    let (mut together, mut enough) = (most, SHORT);
    let mut message = Message::of(statement, say, most == TOGETHER);
    for &row in rows {
        if let Err(cause) = message.spell(row) {
            answers.rejected.push(Rejected { row, cause });
            continue;
        }
        if message.is_too_long() {
            message.send(conn, answers).await?;
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
            let (sent, failed) = (message.lines.len(), message.send(conn, answers).await?);
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
    message.send(conn, answers).await?;
    Ok(())
}
