//! Statements for one row or a few each, as many in a message as the server may take, and what it
//! answers to each. What becomes of rows that are refused together is decided in `row_by_row`.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};
use sluice_bridge::failure::{Cause, Fault, SinkError};
use sluice_bridge::sink::Rejected;

use crate::connection::profile::Profile;
use crate::fault;
use crate::sql::statement::{Statement, Upsert};
use crate::write::refused_row::{self, Located};
use crate::write::row_by_row;

/// What is said of each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Say {
    /// `INSERT`, `REPLACE`, `INSERT … ON DUPLICATE KEY UPDATE`.
    Put(Option<Upsert>),
    Update,
    Delete,
}

/// What became of rows, by index in the batch.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) unmatched: Vec<usize>,
}

/// Statements that are sent together.
pub(crate) struct Message<'a, 'e> {
    statement: Statement<'a, 'e>,
    say: Say,
    /// Whether none of its rows was refused before.
    is_first: bool,
    /// What a statement begins with and ends with.
    head: String,
    tail: String,
    pub(crate) text: Vec<u8>,
    /// Where each statement begins, and its rows.
    pub(crate) lines: Vec<(usize, Vec<usize>)>,
    /// The row at hand.
    pub(crate) row: Vec<u8>,
    scratch: Vec<u8>,
}

impl<'a, 'e> Message<'a, 'e> {
    pub(crate) fn of(statement: Statement<'a, 'e>, say: Say, is_first: bool) -> Self {
        let (head, tail) = match say {
            Say::Put(upsert) => (statement.head(upsert), statement.tail(upsert)),
            Say::Update => (String::new(), String::new()),
            Say::Delete => (statement.delete(), String::new()),
        };
        let (text, row, scratch) = (Vec::new(), Vec::new(), Vec::new());
        Self { statement, say, is_first, head, tail, text, lines: Vec::new(), row, scratch }
    }

    /// Writes a row by itself.
    pub(crate) fn spell(&mut self, row: usize) -> Result<(), Cause> {
        self.row.clear();
        let (out, scratch) = (&mut self.row, &mut self.scratch);
        match self.say {
            Say::Put(_) => self.statement.values(row, scratch, out),
            Say::Update => self.statement.update(row, scratch, out),
            Say::Delete => self.statement.same_key(row, scratch, out),
        }
    }

    /// Whether the row at hand is longer than a statement may be.
    pub(crate) fn is_too_long(&self) -> bool {
        let size = self.head.len() + self.row.len() + self.tail.len();
        size > self.statement.profile.longest
    }

    /// Whether the next row begins a statement.
    fn is_closed(&self, together: usize) -> bool {
        self.lines.last().is_none_or(|(_, rows)| rows.len() >= together)
    }

    /// Adds the row at hand.
    pub(crate) fn add(&mut self, row: usize, together: usize) {
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

    /// Sends what there is, and what follows a statement that fails once more; tells how many fail.
    /// Of several rows that are refused together the good ones are written before those behind them.
    pub(crate) async fn send(
        &mut self,
        conn: &mut Conn,
        answers: &mut Answers,
    ) -> Result<usize, SinkError> {
        self.end();
        let mut failed = 0;
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
            failed += 1;
            match lines.get(next).map(|(_, rows)| rows.as_slice()) {
                Some(rows) => self.apart(conn, &error, rows, answers).await?,
                None => return Err(fault::classify(&error)),
            }
            next += 1;
        }
        Ok(failed)
    }

    /// Tells the bad from the good among rows that were refused together. Most likely one of them is
    /// bad; where the others are refused too, they come one by one.
    async fn apart(
        &self,
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
        &self,
        conn: &mut Conn,
        rows: &[usize],
        together: usize,
        answers: &mut Answers,
    ) -> Result<(), SinkError> {
        Box::pin(row_by_row::write_lines(conn, self.statement, self.say, rows, together, answers))
            .await
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
