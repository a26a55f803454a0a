//! Reads the content of a cell that must be a number or must be text.

use sluice_bridge::model::cell::Cell;
use sluice_bridge::values::number::Reason;

/// The reason for a cell whose kind of value its column does not accept.
pub const WRONG_KIND: Reason = "the column does not accept this kind of value";

/// The decimal places of a second in [`Cell::Millis`].
pub const MILLIS: u8 = 3;

/// The digits of a JSON number, or of a number in text.
///
/// # Errors
/// The cell is neither a number nor text.
#[inline]
pub fn digits(cell: Cell<'_>) -> Result<&str, Reason> {
    match cell {
        Cell::Number(text) | Cell::Millis(text) | Cell::Text(text) => Ok(text),
        _ => Err(WRONG_KIND),
    }
}

/// The text of a cell.
///
/// # Errors
/// The cell is not text.
#[inline]
pub fn only_text(cell: Cell<'_>) -> Result<&str, Reason> {
    match cell {
        Cell::Text(text) => Ok(text),
        _ => Err(WRONG_KIND),
    }
}
