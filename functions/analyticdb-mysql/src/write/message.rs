//! Puts several statements, of one row or a few each, into one message, and reads the result of each.
//! `row_by_row` decides what happens to refused rows.

use mysql_async::{Conn, Error};
use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::sink::Rejected;

use crate::connection::multi_statement::run_each;
use crate::fault;
use crate::sql::statement::{Statement, Upsert};

/// The kind of statement for each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatementKind {
    /// `INSERT`, `REPLACE`, `INSERT … ON DUPLICATE KEY UPDATE`.
    Insert(Option<Upsert>),
    Update,
    Delete,
}

/// The results for rows, as indexes in the batch.
#[derive(Debug, Default)]
pub(crate) struct RowResults {
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) unmatched: Vec<usize>,
}

/// Statements that are sent together.
pub(crate) struct Message<'a, 'e> {
    statement: Statement<'a, 'e>,
    kind: StatementKind,
    /// The beginning and the end of each statement.
    head: String,
    tail: String,
    pub(crate) text: Vec<u8>,
    /// The position of each statement in the text, and its rows.
    pub(crate) statements: Vec<(usize, Vec<usize>)>,
    /// The current row.
    pub(crate) row: Vec<u8>,
    scratch: Vec<u8>,
}

impl<'a, 'e> Message<'a, 'e> {
    pub(crate) fn of(statement: Statement<'a, 'e>, kind: StatementKind) -> Self {
        let (head, tail) = match kind {
            StatementKind::Insert(upsert) => (statement.head(upsert), statement.tail(upsert)),
            StatementKind::Update => (String::new(), String::new()),
            StatementKind::Delete => (statement.delete(), String::new()),
        };
        let (text, row, scratch) = (Vec::new(), Vec::new(), Vec::new());
        Self { statement, kind, head, tail, text, statements: Vec::new(), row, scratch }
    }

    /// Encodes a row as the current row.
    pub(crate) fn encode_row(&mut self, row: usize) -> Result<(), Cause> {
        self.row.clear();
        let (out, scratch) = (&mut self.row, &mut self.scratch);
        match self.kind {
            StatementKind::Insert(_) => self.statement.values(row, scratch, out),
            StatementKind::Update => self.statement.update(row, scratch, out),
            StatementKind::Delete => self.statement.key_condition(row, scratch, out),
        }
    }

    /// Whether the current row is too long for a statement.
    pub(crate) fn is_too_long(&self) -> bool {
        let size = self.head.len() + self.row.len() + self.tail.len();
        size > self.statement.profile.max_statement_bytes
    }

    /// Whether the next row starts a new statement.
    fn is_closed(&self, together: usize) -> bool {
        self.statements.last().is_none_or(|(_, rows)| rows.len() >= together)
    }

    /// Adds the current row.
    pub(crate) fn add(&mut self, row: usize, together: usize) {
        if self.is_closed(together) {
            self.end();
            self.statements.push((self.text.len(), Vec::new()));
            self.text.extend(self.head.as_bytes());
        } else {
            self.text.push(b',');
        }
        self.text.extend(&self.row);
        if let Some((_, rows)) = self.statements.last_mut() {
            rows.push(row);
        }
    }

    /// Ends the last statement.
    fn end(&mut self) {
        if !self.statements.is_empty() {
            self.text.extend(self.tail.as_bytes());
            self.text.push(b';');
        }
    }

    /// Returns the statements that are ready to be sent.
    pub(crate) fn close(&mut self) -> SentMessage {
        self.end();
        // A server that accepts only one statement per message refuses a trailing semicolon.
        self.text.pop();
        let (text, statements) =
            (std::mem::take(&mut self.text), std::mem::take(&mut self.statements));
        SentMessage { text, statements, next: 0 }
    }
}

/// Statements that are being sent, and the index of the next one.
pub(crate) struct SentMessage {
    text: Vec<u8>,
    statements: Vec<(usize, Vec<usize>)>,
    next: usize,
}

impl SentMessage {
    /// Sends the remaining statements, up to one that fails. Returns its error and its rows. The next call
    /// sends the statements after it again. `None` if nothing remains.
    ///
    /// # Errors
    /// The error does not belong to one of the statements.
    pub(crate) async fn send_rest(
        &mut self,
        conn: &mut Conn,
        results: &mut RowResults,
    ) -> Result<Option<(Error, &[usize])>, SinkError> {
        let statements = &self.statements[self.next..];
        let Some((start, _)) = statements.first() else { return Ok(None) };
        let (matched, error) = run_each(conn, &self.text[*start..], statements.len()).await;
        let answered = statements.iter().zip(&matched);
        let unmatched = answered.filter(|(_, matched)| **matched == 0);
        results.unmatched.extend(unmatched.flat_map(|((_, rows), _)| rows));
        let Some(error) = error else { return Ok(None) };
        let Some((_, rows)) = statements.get(matched.len()) else {
            return Err(fault::classify(&error));
        };
        self.next += matched.len() + 1;
        Ok(Some((error, rows)))
    }
}
