//! The rows of a batch, as a file or as literals of a statement.

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::model::operation::Operation;
use sluice_bridge::sink::Rejected;
use sluice_bridge::sink::batch::Batch;

use crate::types::column::Column;
use crate::types::kind::Kind;
use crate::types::shape::Shape;
use crate::values::encode::encode;
use crate::values::text::double;
use crate::wire::literal::is_doubled;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// CSV (RFC 4180). A field without quotes that is `\N` is null; the same between quotes is text, and an empty field
    /// between quotes is an empty text ("CSV options" of the server's manual).
    Csv,
    /// Literals: `('a', NULL, 0), …`, each row with its number.
    Literals,
}

/// The rows of a batch.
pub(super) struct Rows {
    pub(super) content: Vec<u8>,
    pub(super) form: Form,
    /// The row in the batch of each row in the content.
    pub(super) places: Vec<usize>,
    /// The rows that are not in it, because their columns cannot hold them.
    pub(super) rejected: Vec<Rejected>,
}

impl Rows {
    /// Writes the rows of a batch.
    pub(super) fn of(batch: &Batch<'_, '_>, shape: &Shape, form: Form) -> Self {
        let (mut content, mut places, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..batch.len() {
            let start = content.len();
            form.begin(&mut content);
            match write_row(batch, shape, batch.cells(row), form, &mut content) {
                Ok(()) => {
                    form.end(places.len(), &mut content);
                    places.push(row);
                }
                Err(cause) => {
                    content.truncate(start);
                    rejected.push(Rejected { row, cause });
                }
            }
        }
        Self { content, form, places, rejected }
    }
}

impl Form {
    fn begin(self, out: &mut Vec<u8>) {
        match self {
            Self::Csv => {}
            Self::Literals if out.is_empty() => out.push(b'('),
            Self::Literals => out.extend(b", ("),
        }
    }

    fn end(self, number: usize, out: &mut Vec<u8>) {
        match self {
            Self::Csv => out.push(b'\n'),
            Self::Literals => out.extend(format!(",{number})").as_bytes()),
        }
    }

    fn null(self) -> &'static [u8] {
        match self {
            Self::Csv => b"\\N",
            Self::Literals => b"NULL",
        }
    }

    /// Appends a value between quotes, unless it needs none.
    fn value(self, cell: Cell<'_>, column: &Column, out: &mut Vec<u8>) -> Result<(), Cause> {
        let quote = match self {
            Self::Csv if column.kind.is_plain() => return encode(cell, column, out),
            Self::Csv => b'"',
            Self::Literals => b'\'',
        };
        out.push(quote);
        let start = out.len();
        encode(cell, column, out)?;
        match self {
            Self::Csv => double(out, start, |byte| byte == quote),
            Self::Literals => double(out, start, is_doubled),
        }
        out.push(quote);
        Ok(())
    }
}

fn write_row(
    batch: &Batch<'_, '_>,
    shape: &Shape,
    cells: &[Cell<'_>],
    form: Form,
    out: &mut Vec<u8>,
) -> Result<(), Cause> {
    for (position, &index) in batch.columns.iter().enumerate() {
        let (column, cell) = (&shape.columns[index], cells[index]);
        if position > 0 {
            out.push(b',');
        }
        if cell.is_value() {
            form.value(cell, column, out)?;
        } else {
            may_be_null(batch, index, column)?;
            out.extend(form.null());
        }
    }
    Ok(())
}

/// Whether a column may be null in this batch. A key that is null would match no row, so that each delivery of a
/// record would add one more.
fn may_be_null(batch: &Batch<'_, '_>, index: usize, column: &Column) -> Result<(), Cause> {
    let is_found_by = batch.operation != Operation::Insert && batch.key.contains(&index);
    match () {
        () if is_found_by => {
            Err(Cause::mismatch(&column.name, &column.spelled, "null", "a key must not be null"))
        }
        () if !column.nullable => Err(Cause::mismatch(
            &column.name,
            &column.spelled,
            "null",
            "the column must not be null",
        )),
        () if matches!(column.kind, Kind::Vector(_)) => {
            let why = "the server does not read null from a file into a vector";
            Err(Cause::mismatch(&column.name, &column.spelled, "null", why))
        }
        () => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_every_text_apart_from_null() {
        for (spelled, cell, csv, literal) in [
            ("VARCHAR", Cell::Text("a\"\\\n,'"), "\"a\"\"\\\n,'\"", "'a\"\\\\\n,'''"),
            ("VARCHAR", Cell::Text("\\N"), "\"\\N\"", "'\\\\N'"),
            ("VARCHAR", Cell::Text("NULL"), "\"NULL\"", "'NULL'"),
            ("VARCHAR", Cell::Text(""), "\"\"", "''"),
            ("INT", Cell::Number("7"), "7", "'7'"),
            ("BINARY", Cell::Text(""), "\"\"", "''"),
            ("VARIANT", Cell::Json("[\"'\"]"), "\"[\"\"'\"\"]\"", "'[\"''\"]'"),
        ] {
            let column = Column::sample("c", spelled);
            for (form, expected) in [(Form::Csv, csv), (Form::Literals, literal)] {
                let mut out = Vec::new();
                form.value(cell, &column, &mut out).unwrap();
                assert_eq!(String::from_utf8(out).as_deref(), Ok(expected), "{form:?} {cell:?}");
            }
        }
    }
}
