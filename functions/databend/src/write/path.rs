//! The path of a batch: its rows in a file or in the statement, verdict, statement.

use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::model::operation::Operation;
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{Rejected, Written};

use crate::endpoint::client::Endpoint;
use crate::endpoint::session::{Rows, Session, changed};
use crate::types::column::Column;
use crate::types::shape::Shape;
use crate::wire::staged::Source;
use crate::wire::statement::{Staged, append_defaults};
use crate::write::file::{Folder, upload};
use crate::write::rows::{Form, Rows as Encoded};

/// The server's code for a column that must not be null and is left out (`BadArguments`). The server is not asked,
/// because its error would end the transaction.
const LEFT_OUT: &str = "1006";

/// The most bytes of rows in a statement: the server parses them, and keeps them in its history of queries.
const LONGEST_LITERALS: usize = 256 << 10;

/// Writes a batch in the session's transaction.
///
/// # Errors
/// The batch cannot be uploaded or written. Nothing of it stays once the transaction is rolled back.
pub(crate) async fn write(
    endpoint: &Endpoint,
    session: &mut Session,
    folder: &mut Folder,
    batch: &Batch<'_, '_>,
) -> Result<Written, SinkError> {
    let shape: &Shape = batch.table.shape_as()?;
    if let Some(column) = left_out(batch, shape) {
        return Ok(Written { rejected: all_rejected(batch, column), ..Written::default() });
    }
    if batch.columns.is_empty() {
        return write_defaults(endpoint, session, batch, shape).await;
    }
    let Encoded { content, form, places, rejected } = encoded(endpoint, batch, shape);
    let mut written = Written { rejected, ..Written::default() };
    if places.is_empty() {
        return Ok(written);
    }
    let source = match form {
        Form::Csv => upload(endpoint, session, folder, batch, content).await?,
        Form::Literals => Source::Literals(
            String::from_utf8(content).map_err(|_| SinkError::fatal("a row is not UTF-8"))?,
        ),
    };
    let staged = Staged { batch: *batch, shape, source };
    if let Some(verdict) = staged.verdict() {
        let refused = endpoint.query(session, &verdict).await?;
        for (row, column) in named(&refused, &places, batch, shape)? {
            written.rejected.push(Rejected { row, cause: refusal(column, batch, row) });
        }
    }
    if written.rejected.len() == batch.len() {
        return Ok(written);
    }
    if batch.operation == Operation::Update {
        let missing = endpoint.query(session, &staged.unmatched()).await?;
        written.unmatched =
            missing.iter().map(|row| place(row, &places)).collect::<Result<_, _>>()?;
    }
    if let Some(sql) = staged.write() {
        let answer = endpoint.query(session, &sql).await?;
        let left_out = written.rejected.len() + written.unmatched.len();
        if staged.counts_each_row() {
            require(&answer, batch.len() - left_out)?;
        }
    }
    Ok(written)
}

/// The rows in the form that is faster for so many.
fn encoded(endpoint: &Endpoint, batch: &Batch<'_, '_>, shape: &Shape) -> Encoded {
    if batch.len() < endpoint.staged_from {
        let rows = Encoded::of(batch, shape, Form::Literals);
        if rows.content.len() <= LONGEST_LITERALS {
            return rows;
        }
    }
    Encoded::of(batch, shape, Form::Csv)
}

/// Writes rows that say nothing.
async fn write_defaults(
    endpoint: &Endpoint,
    session: &mut Session,
    batch: &Batch<'_, '_>,
    shape: &Shape,
) -> Result<Written, SinkError> {
    let sql = append_defaults(&batch.table.name, shape, batch.len())
        .ok_or_else(|| SinkError::fatal("the server computes every column of the table"))?;
    require(&endpoint.query(session, &sql).await?, batch.len())?;
    Ok(Written::default())
}

/// The statement must have read all rows: a file may be gone, or cut off.
fn require(answer: &Rows, rows: usize) -> Result<(), SinkError> {
    if changed(answer)? < rows {
        return Err(SinkError::transient("the server has read fewer rows than it was given"));
    }
    Ok(())
}

/// A column without which no row of the batch can be inserted.
fn left_out<'s>(batch: &Batch<'_, '_>, shape: &'s Shape) -> Option<&'s Column> {
    let inserts = matches!(batch.operation, Operation::Insert | Operation::Upsert);
    let columns = shape.columns.iter().enumerate().filter(|_| inserts);
    let mut missing =
        columns.filter(|(index, column)| column.is_required() && !batch.columns.contains(index));
    missing.next().map(|(_, column)| column)
}

/// All rows are refused; those of an upsert that exist are changed after that, by the rules.
fn all_rejected(batch: &Batch<'_, '_>, column: &Column) -> Vec<Rejected> {
    let why = "the column must not be null, has no default, and is left out";
    let cause = Cause {
        code: Some(LEFT_OUT.into()),
        ..Cause::mismatch(&column.name, &column.spelled, "nothing", why)
    };
    (0..batch.len()).map(|row| Rejected { row, cause: cause.clone() }).collect()
}

/// The rows of the batch that a verdict names, each with its column.
fn named<'s>(
    refused: &Rows,
    rows: &[usize],
    batch: &Batch<'_, '_>,
    shape: &'s Shape,
) -> Result<Vec<(usize, &'s Column)>, SinkError> {
    let one = |answer: &Vec<Option<String>>| {
        let position: Option<usize> = answer.get(1)?.as_deref()?.parse().ok();
        let column = *batch.columns.get(position?)?;
        Some((place(answer, rows).ok()?, shape.columns.get(column)?))
    };
    refused.iter().map(one).collect::<Option<_>>().ok_or_else(unknown)
}

/// The row of the batch that the first value of an answer means.
fn place(answer: &[Option<String>], rows: &[usize]) -> Result<usize, SinkError> {
    let number: Option<usize> = answer.first().and_then(|it| it.as_deref()?.parse().ok());
    number.and_then(|number| rows.get(number).copied()).ok_or_else(unknown)
}

fn unknown() -> SinkError {
    SinkError::fatal("the server names a row that it was not given")
}

fn refusal(column: &Column, batch: &Batch<'_, '_>, row: usize) -> Cause {
    let index = batch.table.columns.iter().position(|it| it.name == column.name);
    let given = index.map_or("value", |index| batch.cells(row)[index].kind());
    Cause::mismatch(
        &column.name,
        &column.spelled,
        given,
        "the server does not read the value as this type",
    )
}
