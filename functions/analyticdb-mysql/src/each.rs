//! The way in for rows that need an answer each: a statement for every row, many in one message
//! where the server takes that. Updates, rows of which many are bad, and tables that keep what a
//! failing statement has done.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use sluice_bridge::batch::Operation;
use sluice_bridge::failure::{Cause, Fault, SinkError};
use sluice_bridge::sink::{Rejected, Written};

use crate::fault;
use crate::statement::{Statement, Upsert};

/// One message's longest, about, and its most statements.
const ENOUGH: usize = 256 * 1024;
const MOST: usize = 500;

/// How often rows are looked at again that refer to each other.
const FAMILY: usize = 16;

/// What the server calls a key that is there already.
const DUPLICATE: &str = "1062";

/// What is said of each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Say {
    /// `INSERT`, `REPLACE`, `INSERT … ON DUPLICATE KEY UPDATE`.
    Put(Option<Upsert>),
    Update,
    Delete,
}

/// What became of rows, by index in the batch.
#[derive(Debug, Default)]
struct Answers {
    rejected: Vec<Rejected>,
    unmatched: Vec<usize>,
}

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
    let is_there = |cause: &Cause| cause.code.as_deref() == Some(DUPLICATE);
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

/// Whether the server refuses a row that is written by itself. Nothing of it stays.
///
/// # Errors
/// What is not about a row.
pub(crate) async fn refuses(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    row: usize,
) -> Result<bool, SinkError> {
    let lost = |error| fault::classify_outside_rows(&error);
    conn.query_drop("SAVEPOINT sluice_row").await.map_err(lost)?;
    let written = write(conn, statement, &[row]).await?;
    conn.query_drop("ROLLBACK TO SAVEPOINT sluice_row").await.map_err(lost)?;
    Ok(!written.rejected.is_empty())
}

/// Rows come in the order of their keys, and the server looks at references with each: one that
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
    for _ in 0..FAMILY {
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
    let most = if statement.profile.transactional { MOST } else { 1 };
    let enough = ENOUGH.min(statement.profile.longest);
    let mut message = Message::default();
    for &row in rows {
        let before = message.text.len();
        if let Err(cause) = message.add(statement, say, row) {
            answers.rejected.push(Rejected { row, cause });
            continue;
        }
        if message.text.len() > enough && message.rows.len() > 1 {
            let last = message.split_off(before);
            message.send(conn, &mut answers).await?;
            message = last;
        }
        if message.rows.len() >= most {
            message.send(conn, &mut answers).await?;
        }
    }
    message.send(conn, &mut answers).await?;
    for rejected in &mut answers.rejected {
        statement.explain(&mut rejected.cause);
    }
    Ok(answers)
}

/// Statements that are sent together.
#[derive(Debug, Default)]
struct Message {
    text: Vec<u8>,
    /// Where each statement begins.
    starts: Vec<usize>,
    rows: Vec<usize>,
    scratch: Vec<u8>,
}

impl Message {
    fn add(&mut self, statement: Statement<'_, '_>, say: Say, row: usize) -> Result<(), Cause> {
        let (start, out) = (self.text.len(), &mut self.text);
        if start > 0 {
            out.push(b';');
        }
        let begins = out.len();
        let written = match say {
            Say::Put(upsert) => {
                out.extend(statement.head(upsert).as_bytes());
                let written = statement.values(row, &mut self.scratch, out);
                out.extend(statement.tail(upsert).as_bytes());
                written
            }
            Say::Update => statement.update(row, &mut self.scratch, out),
            Say::Delete => {
                out.extend(statement.delete().as_bytes());
                statement.same_key(row, &mut self.scratch, out)
            }
        };
        let longest = statement.profile.longest;
        let written = written.and_then(|()| match out.len() - begins {
            size if size > longest => Err(Cause::new(format!(
                "the row is longer than a statement may be ({longest} bytes)"
            ))),
            _ => Ok(()),
        });
        match &written {
            Ok(()) => {
                self.starts.push(begins);
                self.rows.push(row);
            }
            Err(_) => out.truncate(start),
        }
        written
    }

    /// Takes the last statement away, which follows a text of this length.
    fn split_off(&mut self, before: usize) -> Self {
        let text = self.text.split_off(before)[1..].to_vec();
        self.starts.pop();
        let rows = self.rows.pop().into_iter().collect();
        Self { text, starts: vec![0], rows, scratch: Vec::new() }
    }

    /// Sends what there is, and what follows a statement that fails once more.
    async fn send(&mut self, conn: &mut Conn, answers: &mut Answers) -> Result<(), SinkError> {
        let Self { text, starts, rows, .. } = std::mem::take(self);
        let mut next = 0;
        while next < rows.len() {
            let (matched, error) = ask(conn, &text[starts[next]..], rows.len() - next).await;
            let answered = rows[next..].iter().zip(&matched);
            answers
                .unmatched
                .extend(answered.filter(|(_, matched)| **matched == 0).map(|(row, _)| *row));
            next += matched.len();
            let Some(error) = error else { break };
            let SinkError { fault, cause } = fault::classify(&error);
            match (fault, rows.get(next)) {
                (Fault::Data(_), Some(&row)) => answers.rejected.push(Rejected { row, cause }),
                _ => return Err(SinkError { fault, cause }),
            }
            next += 1;
        }
        Ok(())
    }
}

/// How many rows each of so many statements matched, up to the one that failed, and how that did.
pub(crate) async fn ask(conn: &mut Conn, text: &[u8], count: usize) -> (Vec<u64>, Option<Error>) {
    let mut matched = Vec::with_capacity(count);
    let mut answers = match conn.query_iter(text).await {
        Ok(answers) => answers,
        Err(error) => return (matched, Some(error)),
    };
    while matched.len() < count {
        // Rows that are read come after the count of an earlier statement.
        let mut rows = if answers.columns_ref().is_empty() { answers.affected_rows() } else { 0 };
        loop {
            match answers.next().await {
                Ok(Some(_)) => rows += 1,
                // On to the next answer; if it is a failure, whoever asks for its rows is told.
                Ok(None) => break,
                Err(error) => return (matched, Some(error)),
            }
        }
        matched.push(rows);
    }
    (matched, None)
}
