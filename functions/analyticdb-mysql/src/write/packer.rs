//! Rows packed into statements of a good size, as they come.

use mysql_async::Value;
use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::model::operation::Operation;
use sluice_bridge::sink::Rejected;

use crate::connection::profile::Load;
use crate::sql::statement::Statement;

/// The first statement is short, so that the server has something to do soon; each is twice the one
/// before, so that it has something to do for long: between two it waits for us.
const FIRST: usize = 250;
const LONGEST: usize = 1000;
/// A row counts for so many bytes at least when statements are measured by their length.
const ROW: usize = 256;
/// The optimizer's limits on conditions: beyond, it would read the whole table.
const CONDITIONS: usize = 200;

/// What one statement carries.
#[derive(Debug)]
pub(crate) struct Portion {
    pub(crate) body: Body,
    /// The rows in it, by index in the batch.
    pub(crate) rows: Vec<usize>,
    /// Whether it is the first of several.
    pub(crate) begins: bool,
}

#[derive(Debug)]
pub(crate) enum Body {
    /// A statement with its values.
    Text(Vec<u8>),
    /// The values of each row, for the statement that [`Packer::prepared`] tells.
    Values(Vec<Vec<Value>>),
}

/// Packs rows.
#[derive(Debug)]
pub(crate) struct Packer {
    form: Form,
    /// What a text begins with and ends with.
    head: String,
    tail: String,
    /// A statement's longest, without those two.
    longest: usize,
    body: Body,
    rows: Vec<usize>,
    bytes: usize,
    /// So many rows are enough for the next one.
    most: usize,
    /// The row at hand, and a value of it.
    row: Vec<u8>,
    scratch: Vec<u8>,
    /// The rows that were left out.
    pub(crate) rejected: Vec<Rejected>,
}

/// How a row is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Values,
    Parameters,
    Condition,
}

impl Packer {
    /// No rows yet, of a batch that is put or deleted.
    ///
    /// # Errors
    /// `Fatal` where it cannot be written by such statements.
    pub(crate) fn of(statement: Statement<'_, '_>) -> Result<Self, SinkError> {
        let upsert = match statement.batch.operation {
            Operation::Upsert => Some(statement.upsert()?),
            Operation::Insert | Operation::Update | Operation::Delete => None,
        };
        let deletes = statement.batch.operation == Operation::Delete;
        let form = match statement.profile.load {
            _ if deletes => Form::Condition,
            // The protocol has no row without a parameter.
            Load::Bulk if !statement.batch.columns.is_empty() => Form::Parameters,
            Load::Bulk | Load::Text => Form::Values,
        };
        let (head, tail) = match form {
            Form::Condition => (statement.delete(), String::new()),
            Form::Values | Form::Parameters => (statement.head(upsert), statement.tail(upsert)),
        };
        Ok(Self {
            longest: statement.profile.longest.saturating_sub(head.len() + tail.len()),
            body: form.empty(),
            form,
            head,
            tail,
            rows: Vec::new(),
            bytes: 0,
            most: FIRST,
            row: Vec::new(),
            scratch: Vec::new(),
            rejected: Vec::new(),
        })
    }

    /// The statement for one row, if values are sent beside it.
    pub(crate) fn prepared(&self, statement: Statement<'_, '_>) -> Option<String> {
        let is_prepared = self.form == Form::Parameters;
        is_prepared.then(|| format!("{}{}{}", self.head, statement.placeholders(), self.tail))
    }

    /// Adds a row, or notes why it cannot be; tells the portion that is full without it or with it.
    /// The row is noted as so many places further on: its batch may be a part of another.
    pub(crate) fn add(
        &mut self,
        statement: Statement<'_, '_>,
        row: usize,
        further: usize,
    ) -> Option<Portion> {
        let (size, values) = match self.write(statement, row) {
            Ok(written) => written,
            Err(cause) => {
                self.rejected.push(Rejected { row: further + row, cause });
                return None;
            }
        };
        let full = if self.bytes + size > self.longest { self.end() } else { None };
        match &mut self.body {
            Body::Values(rows) => rows.push(values),
            Body::Text(text) => {
                text.extend(match (self.rows.is_empty(), self.form) {
                    (true, _) => self.head.as_bytes(),
                    (false, Form::Condition) => b" OR ",
                    (false, _) => b",",
                });
                text.extend(&self.row);
            }
        }
        self.bytes += size;
        self.rows.push(further + row);
        let most = self.form.most(self.most);
        let is_full = self.rows.len() >= most || self.bytes >= most * ROW;
        match full {
            None if is_full => self.end(),
            full => full,
        }
    }

    /// What is left.
    pub(crate) fn end(&mut self) -> Option<Portion> {
        if self.rows.is_empty() {
            return None;
        }
        self.bytes = 0;
        self.most = (self.most * 2).min(LONGEST);
        let mut body = std::mem::replace(&mut self.body, self.form.empty());
        if let Body::Text(text) = &mut body {
            text.extend(self.tail.as_bytes());
        }
        Some(Portion { body, rows: std::mem::take(&mut self.rows), begins: false })
    }

    /// Writes a row by itself; its size, and its values where they are sent beside the statement.
    fn write(
        &mut self,
        statement: Statement<'_, '_>,
        row: usize,
    ) -> Result<(usize, Vec<Value>), Cause> {
        let (out, scratch) = (&mut self.row, &mut self.scratch);
        out.clear();
        let mut values = Vec::new();
        let size = match self.form {
            Form::Values => statement.values(row, scratch, out).map(|()| out.len() + 1),
            Form::Condition => {
                out.push(b'(');
                statement.same_key(row, scratch, out)?;
                out.push(b')');
                Ok(out.len() + 4)
            }
            Form::Parameters => bind(statement, row, scratch, &mut values),
        }?;
        if size > self.longest {
            return Err(too_long(statement.profile.longest));
        }
        Ok((size, values))
    }
}

/// Of a row that no statement of so many bytes can carry.
pub(crate) fn too_long(longest: usize) -> Cause {
    Cause::new(format!("the row is longer than a statement may be ({longest} bytes)"))
}

/// The values of a row; their size in the protocol.
pub(crate) fn bind(
    statement: Statement<'_, '_>,
    row: usize,
    scratch: &mut Vec<u8>,
    values: &mut Vec<Value>,
) -> Result<usize, Cause> {
    // Before a value stand its length, in nine bytes at most, and whether there is one.
    const BESIDE: usize = 10;
    values.reserve(statement.batch.columns.len());
    let mut size = 0;
    for &column in statement.batch.columns {
        values.push(statement.parameter(row, column, scratch)?);
        size += BESIDE + scratch.len();
    }
    Ok(size)
}

impl Form {
    fn empty(self) -> Body {
        match self {
            Form::Parameters => Body::Values(Vec::new()),
            Form::Values | Form::Condition => Body::Text(Vec::new()),
        }
    }

    fn most(self, rows: usize) -> usize {
        if self == Form::Condition { CONDITIONS } else { rows }
    }
}
