//! What a cell of a record has in it, for a column that takes nothing else.

use sluice_bridge::model::cell::Cell;
use sluice_bridge::values::number::Reason;

/// Why a cell of another kind than its column's cannot be written.
pub const WRONG_KIND: Reason = "it cannot hold this kind of value";

/// The decimal places of a second that [`Cell::Millis`] counts.
pub const MILLIS: u8 = 3;

/// The digits of a number, be it a JSON number or text.
///
/// # Errors
/// It is neither.
#[inline]
pub fn digits(cell: Cell<'_>) -> Result<&str, Reason> {
    match cell {
        Cell::Number(text) | Cell::Millis(text) | Cell::Text(text) => Ok(text),
        _ => Err(WRONG_KIND),
    }
}

/// Text.
///
/// # Errors
/// It is something else.
#[inline]
pub fn only_text(cell: Cell<'_>) -> Result<&str, Reason> {
    match cell {
        Cell::Text(text) => Ok(text),
        _ => Err(WRONG_KIND),
    }
}
