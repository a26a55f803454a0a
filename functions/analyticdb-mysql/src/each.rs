//! The way in for rows that need an answer each: a statement for every row, or for a few while they
//! are good, many in one message where the server takes that. Updates, rows of which many are bad, and
//! tables that keep what a failing statement has done.

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

/// Rows that are tried together: with one bad row in a hundred most such statements have none.
const TOGETHER: usize = 16;

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
    let undoes = statement.profile.transactional && statement.shape.transactional;
    let may_join = matches!(say, Say::Put(_)) && undoes && !statement.shape.is_view();
    let together = if may_join { TOGETHER } else { 1 };
    write_lines(conn, statement, say, rows, together, &mut answers).await?;
    for rejected in &mut answers.rejected {
        statement.explain(&mut rejected.cause);
    }
    Ok(answers)
}

/// Writes rows, so many of them in each statement.
async fn write_lines(
    conn: &mut Conn,
    statement: Statement<'_, '_>,
    say: Say,
    rows: &[usize],
    together: usize,
    answers: &mut Answers,
) -> Result<(), SinkError> {
    let most = if statement.profile.transactional { MOST } else { 1 };
    let enough = ENOUGH.min(statement.profile.longest);
    let mut message = Message::of(statement, say);
    for &row in rows {
        if let Err(cause) = message.spell(row) {
            answers.rejected.push(Rejected { row, cause });
            continue;
        }
        let is_full = message.text.len() + message.row.len() > enough;
        if is_full || message.lines.len() >= most && message.is_closed(together) {
            message.send(conn, answers).await?;
        }
        message.add(row, together);
    }
    message.send(conn, answers).await
}

/// Statements that are sent together.
struct Message<'a, 'e> {
    statement: Statement<'a, 'e>,
    say: Say,
    /// What a statement begins with and ends with.
    head: String,
    tail: String,
    text: Vec<u8>,
    /// Where each statement begins, and its rows.
    lines: Vec<(usize, Vec<usize>)>,
    /// The row at hand.
    row: Vec<u8>,
    scratch: Vec<u8>,
}

impl<'a, 'e> Message<'a, 'e> {
    fn of(statement: Statement<'a, 'e>, say: Say) -> Self {
        let (head, tail) = match say {
            Say::Put(upsert) => (statement.head(upsert), statement.tail(upsert)),
            Say::Update => (String::new(), String::new()),
            Say::Delete => (statement.delete(), String::new()),
        };
        let (text, row, scratch) = (Vec::new(), Vec::new(), Vec::new());
        Self { statement, say, head, tail, text, lines: Vec::new(), row, scratch }
    }

    /// Writes a row by itself.
    fn spell(&mut self, row: usize) -> Result<(), Cause> {
        self.row.clear();
        let (out, scratch) = (&mut self.row, &mut self.scratch);
        match self.say {
            Say::Put(_) => self.statement.values(row, scratch, out),
            Say::Update => self.statement.update(row, scratch, out),
            Say::Delete => self.statement.same_key(row, scratch, out),
        }?;
        let longest = self.statement.profile.longest;
        match self.head.len() + self.row.len() + self.tail.len() {
            size if size > longest => Err(Cause::new(format!(
                "the row is longer than a statement may be ({longest} bytes)"
            ))),
            _ => Ok(()),
        }
    }

    /// Whether the next row begins a statement.
    fn is_closed(&self, together: usize) -> bool {
        self.lines.last().is_none_or(|(_, rows)| rows.len() >= together)
    }

    /// Adds the row at hand.
    fn add(&mut self, row: usize, together: usize) {
        if self.is_closed(together) {
            self.end();
            self.lines.push((self.text.len(), Vec::new()));
            self.text.extend(self.head.as_bytes());
        } else {
            self.text.push(b',');
        }
        self.text.extend(&self.row);
        if let Some((_, rows)) = self.lines.last_mut() {
            rows.push(row);
        }
    }

    /// Ends the last statement.
    fn end(&mut self) {
        if !self.lines.is_empty() {
            self.text.extend(self.tail.as_bytes());
            self.text.push(b';');
        }
    }

    /// Sends what there is, and what follows a statement that fails once more. Of several rows that
    /// are refused together each gets its own chance, before those behind them.
    async fn send(&mut self, conn: &mut Conn, answers: &mut Answers) -> Result<(), SinkError> {
        self.end();
        // The last is the only one where no more than one is taken.
        self.text.pop();
        let (text, lines) = (std::mem::take(&mut self.text), std::mem::take(&mut self.lines));
        let mut next = 0;
        while next < lines.len() {
            let (matched, error) = ask(conn, &text[lines[next].0..], lines.len() - next).await;
            let answered = lines[next..].iter().zip(&matched);
            let unmatched = answered.filter(|(_, matched)| **matched == 0);
            answers.unmatched.extend(unmatched.flat_map(|((_, rows), _)| rows));
            next += matched.len();
            let Some(error) = error else { break };
            let SinkError { fault, cause } = fault::classify(&error);
            match (fault, lines.get(next)) {
                (Fault::Data(_), Some((_, rows))) => match rows.as_slice() {
                    [row] => answers.rejected.push(Rejected { row: *row, cause }),
                    rows => {
                        let alone = write_lines(conn, self.statement, self.say, rows, 1, answers);
                        Box::pin(alone).await?;
                    }
                },
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
