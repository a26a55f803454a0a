//! The file of a batch: CSV, a field for each of its columns.
//!
//! It is not compressed. A statement that reads a file cannot say how it is compressed, other than by a named file
//! format, which somebody would have to create. Loading is as fast either way.

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::model::operation::Operation;
use sluice_bridge::sink::Rejected;
use sluice_bridge::sink::batch::Batch;

use crate::types::column::Column;
use crate::types::kind::Kind;
use crate::types::shape::Shape;
use crate::values::encode::encode;

/// The rows of a batch as a file.
pub(super) struct File {
    pub(super) content: Vec<u8>,
    /// The row in the batch of each row in the file.
    pub(super) rows: Vec<usize>,
    /// The rows that are not in it, because their columns cannot hold them.
    pub(super) rejected: Vec<Rejected>,
}

impl File {
    /// Writes the rows of a batch.
    pub(super) fn of(batch: &Batch<'_, '_>, shape: &Shape) -> Self {
        let (mut content, mut rows, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..batch.len() {
            let start = content.len();
            match write_row(batch, shape, batch.cells(row), &mut content) {
                Ok(()) => rows.push(row),
                Err(cause) => {
                    content.truncate(start);
                    rejected.push(Rejected { row, cause });
                }
            }
        }
        Self { content, rows, rejected }
    }
}

fn write_row(
    batch: &Batch<'_, '_>,
    shape: &Shape,
    cells: &[Cell<'_>],
    out: &mut Vec<u8>,
) -> Result<(), Cause> {
    for (position, &index) in batch.columns.iter().enumerate() {
        let (column, cell) = (&shape.columns[index], cells[index]);
        if !cell.is_value() {
            may_be_null(batch, index, column)?;
        }
        if position > 0 {
            out.push(b',');
        }
        encode(cell, column, out)?;
    }
    out.push(b'\n');
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
