//! Encodes a cell by the kind of its column, as the text from which the server makes the value.
//!
//! Not here: how a text is quoted (`text`, and `write`).

use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Cause;
use sluice_bridge::values::binary::{base64, write_hexadecimal};
use sluice_bridge::values::number::Reason;
use sluice_sql::append::display;
use sluice_sql::cells::{WRONG_KIND, digits, only_text};

use crate::types::column::Column;
use crate::types::kind::Kind;
use crate::values::text::json_text;
use crate::values::{document, moment, nested, number};

/// Appends the text of a cell that has a value.
///
/// # Errors
/// The column cannot hold it; `out` is then unchanged.
#[inline]
pub(crate) fn encode(cell: Cell<'_>, column: &Column, out: &mut Vec<u8>) -> Result<(), Cause> {
    let start = out.len();
    let written = match &column.kind {
        kind if kind.is_json() => json(cell, kind, column.unix_places, document::DEEPEST, out),
        kind => text_form(cell, kind, column.unix_places, out),
    };
    written.map_err(|why| {
        out.truncate(start);
        Cause::mismatch(&column.name, &column.spelled, cell.kind(), why)
    })
}

/// Appends an item of a value that is JSON; a document in it may have so many levels.
pub(super) fn json(
    cell: Cell<'_>,
    kind: &Kind,
    unix_places: u8,
    levels: usize,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    if !cell.is_value() {
        out.extend(b"null");
        return Ok(());
    }
    match kind {
        Kind::Integer { min, max } => number::whole(digits(cell)?, *min, *max, out),
        Kind::Variant if !matches!(cell, Cell::Text(_)) => {
            document::write(cell.as_text().unwrap_or_default(), levels, out)
        }
        Kind::Array(_) | Kind::Map(..) | Kind::Tuple(_) | Kind::Vector(_) => {
            let mut item = |cell: Cell<'_>, kind: &Kind, out: &mut Vec<u8>| {
                json(cell, kind, unix_places, levels.saturating_sub(1), out)
            };
            nested::write(cell, kind, &mut item, out)
        }
        Kind::Nullable(kind) => json(cell, kind, unix_places, levels, out),
        kind if kind.is_plain() => quoted(out, |out| text_form(cell, kind, unix_places, out)),
        Kind::Binary | Kind::Bitmap => quoted(out, |out| text_form(cell, kind, unix_places, out)),
        _ => {
            json_text(cell.as_text().unwrap_or_default(), out);
            Ok(())
        }
    }
}

/// Appends a value as the text that the server reads.
fn text_form(
    cell: Cell<'_>,
    kind: &Kind,
    unix_places: u8,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    match kind {
        Kind::Integer { min, max } => number::whole(digits(cell)?, *min, *max, out),
        Kind::Decimal { precision, scale } => {
            number::decimal(digits(cell)?, *precision as usize, *scale as usize, out)
        }
        Kind::Double => number::double(digits(cell)?, out),
        Kind::Single => number::single(digits(cell)?, out),
        Kind::Boolean => boolean(cell, out),
        Kind::Date => moment::date(cell, unix_places, out),
        Kind::Timestamp => moment::timestamp(cell, unix_places, out),
        Kind::ZonedTimestamp => moment::zoned(cell, unix_places, out),
        Kind::Binary => bytes(only_text(cell)?, out),
        Kind::Bitmap => number::bitmap(digits(cell)?, out),
        _ => {
            out.extend(cell.as_text().unwrap_or_default().as_bytes());
            Ok(())
        }
    }
}

/// Appends what `write` writes between quotes. It needs no escapes.
fn quoted(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), Reason>,
) -> Result<(), Reason> {
    out.push(b'"');
    write(out)?;
    out.push(b'"');
    Ok(())
}

fn boolean(cell: Cell<'_>, out: &mut Vec<u8>) -> Result<(), Reason> {
    let truth = match cell {
        Cell::Bool(truth) => truth,
        Cell::Text(text) if text.eq_ignore_ascii_case("true") => true,
        Cell::Text(text) if text.eq_ignore_ascii_case("false") => false,
        Cell::Text("1") | Cell::Number("1") => true,
        Cell::Text("0") | Cell::Number("0") => false,
        Cell::Text(_) | Cell::Number(_) => return Err("the value is neither true nor false"),
        _ => return Err(WRONG_KIND),
    };
    display(truth, out);
    Ok(())
}

/// Base64 becomes hexadecimal digits.
fn bytes(text: &str, out: &mut Vec<u8>) -> Result<(), Reason> {
    let mut bytes = Vec::new();
    base64(text, &mut bytes)?;
    write_hexadecimal(&bytes, out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(spelled: &str, cell: Cell<'_>) -> Result<String, String> {
        let column = Column::sample("c", spelled);
        let mut out = b"before".to_vec();
        let done = encode(cell, &column, &mut out);
        assert!(done.is_ok() || out == b"before", "{spelled} {cell:?}");
        done.map_err(|cause| cause.message.to_string())?;
        Ok(String::from_utf8(out.split_off(6)).unwrap())
    }

    #[test]
    fn cells_by_type() {
        let text = Cell::Text;
        for (spelled, cell, expected) in [
            ("INT", Cell::Number("7.0"), "7"),
            ("BIGINT UNSIGNED", text("18446744073709551615"), "18446744073709551615"),
            ("DECIMAL(5, 2)", Cell::Number("1.2"), "1.2"),
            ("DOUBLE", Cell::Number("1e300"), "1e300"),
            ("FLOAT", Cell::Number("0.1"), "0.1"),
            ("BOOLEAN", Cell::Bool(true), "true"),
            ("BOOLEAN", text("FALSE"), "false"),
            ("VARCHAR", text("a\"\\\n,"), "a\"\\\n,"),
            ("VARCHAR", text(""), ""),
            ("VARCHAR", Cell::Json("{\"a\":1}"), "{\"a\":1}"),
            ("VARCHAR", Cell::Number("7"), "7"),
            ("BINARY", text("AP8="), "00ff"),
            ("DATE", text("2026-01-02"), "2026-01-02"),
            ("VARIANT", text("{}"), "\"{}\""),
            ("VARIANT", Cell::Json("{}"), "{}"),
            ("VARIANT", Cell::Number("1e2"), "1e2"),
            ("VARIANT", Cell::Bool(true), "true"),
            ("VARIANT", Cell::Json("{\n  \"a\": [1, 2]\n}"), "{\"a\":[1,2]}"),
            ("ARRAY(VARIANT)", Cell::Json("[{\n\"a\": 1}]"), "[{\"a\":1}]"),
            ("GEOMETRY", text("POINT(1 2)"), "POINT(1 2)"),
            ("BITMAP", text("1,2"), "1,2"),
        ] {
            assert_eq!(written(spelled, cell).as_deref(), Ok(expected), "{spelled} {cell:?}");
        }
        for (spelled, cell, why) in [
            ("INT", Cell::Bool(true), WRONG_KIND),
            ("INT", Cell::Number("1.9"), "after the point"),
            ("TINYINT", Cell::Number("128"), "out of range"),
            ("DECIMAL(5, 2)", Cell::Number("1.239"), "scale"),
            ("BOOLEAN", Cell::Number("2"), "neither"),
            ("BINARY", Cell::Number("1"), WRONG_KIND),
            ("DOUBLE", text("NaN"), "NaN"),
            ("DATE", text("2026-01-02T03:00:00Z"), "time of day"),
            ("VARIANT", Cell::Number("1e400"), "would change"),
            ("MAP(STRING, VARIANT)", Cell::Json("{\"a\":[\"\\ud800\"]}"), "surrogate"),
        ] {
            let told = written(spelled, cell).unwrap_err();
            assert!(told.contains(why), "{spelled} {cell:?}: {told}");
        }
    }

    /// The levels around a document count.
    #[test]
    fn a_document_in_another_value_is_less_deep() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        for (spelled, deepest) in [("VARIANT", 126), ("ARRAY(VARIANT)", 126)] {
            assert!(written(spelled, Cell::Json(&nested(deepest))).is_ok(), "{spelled}");
            let told = written(spelled, Cell::Json(&nested(deepest + 1))).unwrap_err();
            assert!(told.contains("deeply"), "{spelled}: {told}");
        }
    }
}
