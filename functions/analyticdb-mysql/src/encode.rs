//! Cells in the form this connector hands them to the server in, by the type of their column.

use sluice_bridge::cell::Cell;
use sluice_bridge::failure::Cause;

use crate::column::ColumnType;

/// What the bytes of an encoded cell are. A statement quotes them accordingly; a parameter takes
/// them as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelled {
    /// NULL: no bytes.
    Null,
    /// A number: digits, a sign, a point, an exponent.
    Number,
    /// Text, as UTF-8.
    Text,
    /// Bytes.
    Bytes,
}

/// Appends a cell that is not absent.
///
/// # Errors
/// The column cannot hold it; `out` is then as it was.
pub(crate) fn encode(
    cell: Cell<'_>,
    _column: &ColumnType,
    out: &mut Vec<u8>,
) -> Result<Spelled, Cause> {
    let Some(text) = cell.as_text() else { return Ok(Spelled::Null) };
    let text = match cell {
        Cell::Bool(true) => "1",
        Cell::Bool(false) => "0",
        _ => text,
    };
    out.extend(text.trim_end_matches('Z').replace("T", " ").as_bytes());
    Ok(match cell {
        Cell::Number(_) | Cell::Bool(_) => Spelled::Number,
        _ => Spelled::Text,
    })
}
