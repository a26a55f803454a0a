//! `VECTOR`: 32-bit floats, little-endian, as all servers with this type store them.
//!
//! Format: "The VECTOR Type" of the manual.

use sluice_bridge::json::Scanner;
use sluice_bridge::json::value::Value;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::values::number::{Reason, float};
use sluice_sql::cells::WRONG_KIND;

const NOT_ONE: Reason = "the value is not an array of numbers such as [1,2.5]";

/// Appends a JSON array of numbers, or its text.
pub(crate) fn write(cell: Cell<'_>, out: &mut Vec<u8>) -> Result<(), Reason> {
    let (Cell::Json(text) | Cell::Text(text)) = cell else { return Err(WRONG_KIND) };
    let mut scanner = Scanner::new(text);
    let mut items = scanner.array().map_err(|_| NOT_ONE)?;
    while items.more(&mut scanner).map_err(|_| NOT_ONE)? {
        let Ok(Value::Number(digits)) = scanner.value() else { return Err(NOT_ONE) };
        out.extend(float::<f32>(digits)?.to_le_bytes());
    }
    scanner.end().map_err(|_| NOT_ONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_floats() {
        let mut out = Vec::new();
        write(Cell::Json("[1, -2.5e0]"), &mut out).unwrap();
        assert_eq!(out, [0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0]);
        for wrong in ["[1,\"2\"]", "[1", "{}", "[1]x", "[1e39]", "[null]"] {
            assert!(write(Cell::Text(wrong), &mut Vec::new()).is_err(), "{wrong}");
        }
        assert_eq!(write(Cell::Bool(true), &mut out), Err(WRONG_KIND));
    }
}
