//! Statements for one row or a few each, as many in a message as the server may take, and what it
//! answers to each. What becomes of rows that are refused is decided in `row_by_row`.

use mysql_async::{Conn, Error};
use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::sink::Rejected;

use crate::connection::ask::ask;
use crate::fault;
use crate::sql::statement::{Statement, Upsert};

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
    pub(crate) fn of(statement: Statement<'a, 'e>, say: Say) -> Self {
        let (head, tail) = match say {
            Say::Put(upsert) => (statement.head(upsert), statement.tail(upsert)),
            Say::Update => (String::new(), String::new()),
            Say::Delete => (statement.delete(), String::new()),
        };
        let (text, row, scratch) = (Vec::new(), Vec::new(), Vec::new());
        Self { statement, say, head, tail, text, lines: Vec::new(), row, scratch }
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

    /// Hands over what there is, to be sent.
    pub(crate) fn close(&mut self) -> Sent {
        self.end();
        // The last is the only one where no more than one is taken.
        self.text.pop();
        let (text, lines) = (std::mem::take(&mut self.text), std::mem::take(&mut self.lines));
        Sent { text, lines, next: 0 }
    }
}

/// Statements on their way, and which of them comes next.
pub(crate) struct Sent {
    text: Vec<u8>,
    lines: Vec<(usize, Vec<usize>)>,
    next: usize,
}

impl Sent {
    /// Sends what is left, up to a statement that fails; how it fails, and its rows. What follows it is
    /// sent once more by the next call. `None` where nothing is left.
    ///
    /// # Errors
    /// Something failed that is none of the statements.
    pub(crate) async fn go_on(
        &mut self,
        conn: &mut Conn,
        answers: &mut Answers,
    ) -> Result<Option<(Error, &[usize])>, SinkError> {
        let lines = &self.lines[self.next..];
        let Some((start, _)) = lines.first() else { return Ok(None) };
        let (matched, error) = ask(conn, &self.text[*start..], lines.len()).await;
        let answered = lines.iter().zip(&matched);
        let unmatched = answered.filter(|(_, matched)| **matched == 0);
        answers.unmatched.extend(unmatched.flat_map(|((_, rows), _)| rows));
        let Some(error) = error else { return Ok(None) };
        let Some((_, rows)) = lines.get(matched.len()) else { return Err(fault::classify(&error)) };
        self.next += matched.len() + 1;
        Ok(Some((error, rows)))
    }
}
