//! Packs rows into statements of a suitable size.

use mysql_async::Value;
use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::model::operation::Operation;
use sluice_bridge::sink::Rejected;

use crate::connection::profile::Load;
use crate::sql::statement::Statement;

/// The number of rows in the first statement, and the maximum. The first is short, so that the server starts
/// early. Each next one is twice as long, because the server waits between two statements.
const FIRST_ROWS: usize = 250;
const MAX_ROWS: usize = 1000;
/// The minimum size of a row, in bytes, when the length of a statement is computed.
const MIN_ROW_BYTES: usize = 256;
/// The maximum number of conditions. With more, the optimizer would read the whole table.
const MAX_CONDITIONS: usize = 200;

/// The rows of one statement.
#[derive(Debug)]
pub(crate) struct PackedStatement {
    pub(crate) body: Body,
    /// The rows, as indexes in the batch.
    pub(crate) rows: Vec<usize>,
    /// Whether it is the first of several statements, so that a savepoint is needed before it.
    pub(crate) sets_savepoint: bool,
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
    format: RowFormat,
    /// The beginning and the end of the text.
    head: String,
    tail: String,
    /// The maximum length of a statement without its beginning and its end.
    max_bytes: usize,
    body: Body,
    rows: Vec<usize>,
    bytes: usize,
    /// The maximum number of rows in the next statement.
    max_rows: usize,
    /// The current row, and one of its values.
    row: Vec<u8>,
    scratch: Vec<u8>,
    /// The rows that could not be encoded.
    pub(crate) rejected: Vec<Rejected>,
}

/// How a row is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowFormat {
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
        let format = match statement.profile.load {
            _ if deletes => RowFormat::Condition,
            // The bulk protocol needs at least one parameter.
            Load::Bulk if !statement.batch.columns.is_empty() => RowFormat::Parameters,
            Load::Bulk | Load::Text => RowFormat::Values,
        };
        let (head, tail) = match format {
            RowFormat::Condition => (statement.delete(), String::new()),
            RowFormat::Values | RowFormat::Parameters => {
                (statement.head(upsert), statement.tail(upsert))
            }
        };
        Ok(Self {
            max_bytes: statement
                .profile
                .max_statement_bytes
                .saturating_sub(head.len() + tail.len()),
            body: format.empty(),
            format,
            head,
            tail,
            rows: Vec::new(),
            bytes: 0,
            max_rows: FIRST_ROWS,
            row: Vec::new(),
            scratch: Vec::new(),
            rejected: Vec::new(),
        })
    }

    /// The prepared statement for one row, if values are sent as parameters.
    pub(crate) fn prepared(&self, statement: Statement<'_, '_>) -> Option<String> {
        let is_prepared = self.format == RowFormat::Parameters;
        is_prepared.then(|| format!("{}{}{}", self.head, statement.placeholders(), self.tail))
    }

    /// Adds a row, or its cause if it cannot be encoded. Returns a statement when it is full, with or without
    /// this row. `first_row` is added to the index of the row, because the batch may be a part of another.
    pub(crate) fn add(
        &mut self,
        statement: Statement<'_, '_>,
        row: usize,
        first_row: usize,
    ) -> Option<PackedStatement> {
        let (size, values) = match self.write(statement, row) {
            Ok(written) => written,
            Err(cause) => {
                self.rejected.push(Rejected { row: first_row + row, cause });
                return None;
            }
        };
        let full = if self.bytes + size > self.max_bytes { self.end() } else { None };
        match &mut self.body {
            Body::Values(rows) => rows.push(values),
            Body::Text(text) => {
                text.extend(match (self.rows.is_empty(), self.format) {
                    (true, _) => self.head.as_bytes(),
                    (false, RowFormat::Condition) => b" OR ",
                    (false, _) => b",",
                });
                text.extend(&self.row);
            }
        }
        self.bytes += size;
        self.rows.push(first_row + row);
        let max_rows = self.format.max_rows(self.max_rows);
        let is_full = self.rows.len() >= max_rows || self.bytes >= max_rows * MIN_ROW_BYTES;
        match full {
            None if is_full => self.end(),
            full => full,
        }
    }

    /// The remaining rows.
    pub(crate) fn end(&mut self) -> Option<PackedStatement> {
        if self.rows.is_empty() {
            return None;
        }
        self.bytes = 0;
        self.max_rows = (self.max_rows * 2).min(MAX_ROWS);
        let mut body = std::mem::replace(&mut self.body, self.format.empty());
        if let Body::Text(text) = &mut body {
            text.extend(self.tail.as_bytes());
        }
        Some(PackedStatement { body, rows: std::mem::take(&mut self.rows), sets_savepoint: false })
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
        let size = match self.format {
            RowFormat::Values => statement.values(row, scratch, out).map(|()| out.len() + 1),
            RowFormat::Condition => {
                out.push(b'(');
                statement.key_condition(row, scratch, out)?;
                out.push(b')');
                Ok(out.len() + 4)
            }
            RowFormat::Parameters => bind(statement, row, scratch, &mut values),
        }?;
        if size > self.max_bytes {
            return Err(too_long(statement.profile.max_statement_bytes));
        }
        Ok((size, values))
    }
}

/// The cause for a row that is longer than a statement may be.
pub(crate) fn too_long(max_bytes: usize) -> Cause {
    Cause::new(format!(
        "the row is longer than the maximum length of a statement ({max_bytes} bytes)"
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

impl RowFormat {
    fn empty(self) -> Body {
        match self {
            RowFormat::Parameters => Body::Values(Vec::new()),
            RowFormat::Values | RowFormat::Condition => Body::Text(Vec::new()),
        }
    }

    fn max_rows(self, rows: usize) -> usize {
        if self == RowFormat::Condition { MAX_CONDITIONS } else { rows }
    }
}
