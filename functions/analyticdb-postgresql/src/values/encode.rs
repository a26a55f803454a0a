//! Cells in PostgreSQL's binary form, by the type of their column. The same bytes serve COPY
//! and array parameters, save of arrays.
//!
//! What a column cannot hold without loss is refused; everything else the server judges.

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;

use crate::types::column::ColumnType;
use crate::values::array;
use crate::values::array::part::Wrong;
use crate::values::payload::{field, framed};

/// Appends a cell that is not absent.
///
/// # Errors
/// The column cannot hold it; `out` is then as it was.
pub(crate) fn encode(cell: Cell<'_>, column: &ColumnType, out: &mut Vec<u8>) -> Result<(), Cause> {
    match &column.elements {
        None => field(cell, &column.form, out)
            .map_err(|why| Cause::mismatch(&column.name, &column.shown, cell.kind(), why)),
        Some(elements) if column.has_binary_form() => {
            array(cell, column, out, |out| array::binary(cell, elements, out))
        }
        Some(elements) => array(cell, column, out, |out| array::text(cell, elements, out)),
    }
}

/// The same for a parameter: an array is text there.
///
/// # Errors
/// As [`encode`].
pub(crate) fn parameter(
    cell: Cell<'_>,
    column: &ColumnType,
    out: &mut Vec<u8>,
) -> Result<(), Cause> {
    match &column.elements {
        None => encode(cell, column, out),
        Some(elements) => array(cell, column, out, |out| array::text(cell, elements, out)),
    }
}

fn array(
    cell: Cell<'_>,
    column: &ColumnType,
    out: &mut Vec<u8>,
    payload: impl FnOnce(&mut Vec<u8>) -> Result<(), Wrong>,
) -> Result<(), Cause> {
    framed(cell, out, payload)
        .map_err(|why| Cause::mismatch(&column.name, &column.shown, cell.kind(), &why))
}
