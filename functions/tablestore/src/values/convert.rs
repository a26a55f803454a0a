//! A cell as a value of its column's type.

use base64_simd::STANDARD;
use sluice_bridge::model::cell::{Cell, Code};

use crate::types::column_type::ColumnType;
use crate::types::limits::{MOST_KEY_BYTES, MOST_VALUE_BYTES};
use crate::values::number::{self, Reason};
use crate::wire::plain_buffer::Value;

/// Why a null is refused.
pub(crate) const MISSING: Reason = "it must not be null or missing";

/// A cell of a column that is no key. A null is no value: the caller leaves it out, or deletes the column.
/// `scratch` takes the bytes of a binary value.
///
/// # Errors
/// Why the column cannot hold it; never with its content.
pub(crate) fn attribute<'v>(
    kind: ColumnType,
    cell: Cell<'v>,
    scratch: &'v mut Vec<u8>,
) -> Result<Value<'v>, Reason> {
    let value = value(kind, cell, scratch)?;
    match size(value) > MOST_VALUE_BYTES {
        true => Err("it has more than 2 MB, the limit of a value"),
        false => Ok(value),
    }
}

/// A cell of the key.
///
/// # Errors
/// As [`attribute`]; a null is no key.
pub(crate) fn key<'v>(
    kind: ColumnType,
    cell: Cell<'v>,
    scratch: &'v mut Vec<u8>,
) -> Result<Value<'v>, Reason> {
    if kind == ColumnType::AutoIncrement {
        return Ok(Value::AutoIncrement);
    }
    let value = value(kind, cell, scratch)?;
    match size(value) > MOST_KEY_BYTES {
        true => Err("it has more than 1,024 bytes, the limit of a key"),
        false => Ok(value),
    }
}

fn size(value: Value<'_>) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Binary(bytes) => bytes.len(),
        _ => 0,
    }
}

fn value<'v>(
    kind: ColumnType,
    cell: Cell<'v>,
    scratch: &'v mut Vec<u8>,
) -> Result<Value<'v>, Reason> {
    let text = cell.as_text().ok_or(MISSING)?;
    match kind {
        ColumnType::Any | ColumnType::AutoIncrement => any(cell, text, scratch),
        ColumnType::String => Ok(Value::Text(text)),
        ColumnType::Integer => match cell {
            Cell::Number(digits) | Cell::Millis(digits) => number::whole(digits),
            Cell::Text(text) => number::whole_text(text),
            _ => Err("it is not an integer"),
        }
        .map(Value::Integer),
        ColumnType::Double => match cell {
            Cell::Number(text) | Cell::Millis(text) | Cell::Text(text) => number::double(text),
            _ => Err("it is not a number"),
        }
        .map(Value::Double),
        ColumnType::Boolean => match (cell, text) {
            (Cell::Bool(truth), _) => Ok(Value::Boolean(truth)),
            (Cell::Text(_), "true") => Ok(Value::Boolean(true)),
            (Cell::Text(_), "false") => Ok(Value::Boolean(false)),
            _ => Err("it is not true or false"),
        },
        ColumnType::Binary => match cell {
            Cell::Text(text) => binary(text, scratch),
            _ => Err("bytes come as base64 text"),
        },
    }
}

/// A value with its own type.
fn any<'v>(cell: Cell<'v>, text: &'v str, scratch: &'v mut Vec<u8>) -> Result<Value<'v>, Reason> {
    match cell {
        Cell::Coded(Code::Bytes, base64) => binary(base64, scratch),
        Cell::Bool(truth) => Ok(Value::Boolean(truth)),
        Cell::Number(digits) => number::any(digits),
        Cell::Millis(digits) => number::whole(digits).map(Value::Integer),
        _ => Ok(Value::Text(text)),
    }
}

fn binary<'v>(base64: &str, scratch: &'v mut Vec<u8>) -> Result<Value<'v>, Reason> {
    *scratch = STANDARD.decode_to_vec(base64).map_err(|_| "it is not base64")?;
    Ok(Value::Binary(scratch))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(kind: ColumnType, cell: Cell<'_>) -> Result<String, Reason> {
        attribute(kind, cell, &mut Vec::new()).map(|value| format!("{value:?}"))
    }

    #[test]
    fn every_kind_of_value_in_every_type() {
        let cells = [
            Cell::Bool(true),
            Cell::Number("7"),
            Cell::Number("7.5"),
            Cell::Text("true"),
            Cell::Text("12"),
            Cell::Text("AP8="),
            Cell::Json("[1]"),
            Cell::Millis("5"),
            Cell::Coded(Code::Bytes, "AP8="),
        ];
        for (kind, expected) in [
            (
                ColumnType::Any,
                "Boolean(true) Integer(7) Double(7.5) Text(\"true\") Text(\"12\") Text(\"AP8=\") Text(\"[1]\") Integer(5) Binary([0,255])",
            ),
            (
                ColumnType::String,
                "Text(\"true\") Text(\"7\") Text(\"7.5\") Text(\"true\") Text(\"12\") Text(\"AP8=\") Text(\"[1]\") Text(\"5\") Text(\"AP8=\")",
            ),
            (ColumnType::Integer, "- Integer(7) - - Integer(12) - - Integer(5) -"),
            (ColumnType::Double, "- Double(7.0) Double(7.5) - Double(12.0) - - Double(5.0) -"),
            (ColumnType::Boolean, "Boolean(true) - - Boolean(true) - - - - -"),
            (ColumnType::Binary, "- - - Binary([182,187,158]) - Binary([0,255]) - - -"),
        ] {
            let shown = cells.map(|cell| one(kind, cell).unwrap_or_else(|_| "-".to_owned()));
            assert_eq!(shown.map(|it| it.replace(", ", ",")).join(" "), expected, "{kind:?}");
        }
    }

    #[test]
    fn limits_of_size() {
        let long = "a".repeat(MOST_VALUE_BYTES + 1);
        assert!(one(ColumnType::Any, Cell::Text(&long)).is_err());
        assert!(one(ColumnType::Any, Cell::Text(&long[1..])).is_ok());
        let mut scratch = Vec::new();
        assert!(key(ColumnType::String, Cell::Text(&long[..1025]), &mut scratch).is_err());
        assert!(key(ColumnType::String, Cell::Text(&long[..1024]), &mut scratch).is_ok());
        assert!(key(ColumnType::Integer, Cell::Null, &mut scratch).is_err());
    }
}
