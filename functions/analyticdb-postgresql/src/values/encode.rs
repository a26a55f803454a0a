//! Encodes cells in PostgreSQL's binary form, by the type of their column. COPY and array parameters use the
//! same bytes, except for arrays.
//!
//! A value that its column would not store without loss is refused. The server checks everything else.

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;

use crate::types::column::ColumnType;
use crate::values::array;
use crate::values::array::part::ArrayReason;
use crate::values::payload::{field, framed};

/// Appends a cell, which must not be absent.
///
/// # Errors
/// The column does not accept it; `out` is then unchanged.
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

/// The same for a parameter, in which an array is text.
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
    payload: impl FnOnce(&mut Vec<u8>) -> Result<(), ArrayReason>,
) -> Result<(), Cause> {
    framed(cell, out, payload)
        .map_err(|why| Cause::mismatch(&column.name, &column.shown, cell.kind(), &why))
}
