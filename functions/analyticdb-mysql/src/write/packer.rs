//! Packs rows into statements of a suitable size.

use mysql_async::Value;
use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::sink::Rejected;
use sluice_bridge::sink::batch::Operation;

use crate::connection::profile::Load;
use crate::sql::statement::Statement;

/// The number of rows in the first statement, and the maximum. The first is short, so that the server starts
/// early. Each next one is twice as long, because the server waits between two statements.
const FIRST: usize = 250;
const LONGEST: usize = 1000;
/// The minimum size of a row, in bytes, when the length of a statement is computed.
const ROW: usize = 256;
/// The maximum number of conditions. With more, the optimizer would read the whole table.
const CONDITIONS: usize = 200;

/// The rows of one statement.
#[derive(Debug)]
pub(crate) struct Portion {
    pub(crate) body: Body,
    /// The rows, as indexes in the batch.
    pub(crate) rows: Vec<usize>,
    /// Whether this is the first of several statements.
    pub(crate) begins: bool,
}

#[derive(Debug)]
pub(crate) enum Body {
    /// The text of a statement with its values.
    Text(Vec<u8>),
    /// The values of each row, for the statement of [`Packer::prepared`].
    Values(Vec<Vec<Value>>),
}

/// Packs rows into statements.
#[derive(Debug)]
pub(crate) struct Packer {
    form: Form,
    /// The beginning and the end of the text.
    head: String,
    tail: String,
    /// The maximum length of a statement without its beginning and its end.
    longest: usize,
    body: Body,
    rows: Vec<usize>,
    bytes: usize,
    /// The maximum number of rows in the next statement.
    most: usize,
    /// The current row, and one of its values.
    row: Vec<u8>,
    scratch: Vec<u8>,
    /// The rows that could not be encoded.
    pub(crate) rejected: Vec<Rejected>,
}

/// How a row is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Values,
    Parameters,
    Condition,
}

impl Packer {
    /// Creates a packer for a batch of inserts, upserts or deletes.
    ///
    /// # Errors
    /// `Fatal` if the batch cannot be written by such statements.
    pub(crate) fn of(statement: Statement<'_, '_>) -> Result<Self, SinkError> {
        let upsert = match statement.batch.operation {
            Operation::Upsert => Some(statement.upsert()?),
            Operation::Insert | Operation::Update | Operation::Delete => None,
        };
        let deletes = statement.batch.operation == Operation::Delete;
        let form = match statement.profile.load {
            _ if deletes => Form::Condition,
            // The bulk protocol needs at least one parameter.
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

    /// The prepared statement for one row, if values are sent as parameters.
    pub(crate) fn prepared(&self, statement: Statement<'_, '_>) -> Option<String> {
        let is_prepared = self.form == Form::Parameters;
        is_prepared.then(|| format!("{}{}{}", self.head, statement.placeholders(), self.tail))
    }

    /// Adds a row, or its cause if it cannot be encoded. Returns a statement when it is full, with or without
    /// this row. `further` is added to the index of the row, because the batch may be a part of another.
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

    /// The remaining rows.
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

    /// Encodes a row. Returns its size, and its values if they are sent as parameters.
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

/// The cause for a row that is longer than a statement may be.
pub(crate) fn too_long(longest: usize) -> Cause {
    Cause::new(format!(
        "the row is longer than the maximum length of a statement ({longest} bytes)"
    ))
}

/// Appends the values of a row. Returns their size in the protocol.
pub(crate) fn bind(
    statement: Statement<'_, '_>,
    row: usize,
    scratch: &mut Vec<u8>,
    values: &mut Vec<Value>,
) -> Result<usize, Cause> {
    // A value is preceded by its length, in at most nine bytes, and a null indicator.
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
