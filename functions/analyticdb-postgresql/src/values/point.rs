//! `point`: the server's own text form, made of the two forms that points of other sources come
//! in: an object with `x` and `y`, and well-known binary in hexadecimal digits.
//!
//! Formats: "Geometric Types" of the manual; "Extended WKB" of PostGIS, a byte order, a kind, a
//! spatial reference where the kind says so, and two floats.

use bumpalo::Bump;
use sluice_bridge::cell::Cell;
use sluice_bridge::json::Scanner;
use sluice_bridge::number::Why;

const POINT: u32 = 1;
const HAS_REFERENCE: u32 = 0x2000_0000;

/// The text of a point; nothing where the value is in neither form and the server may read it.
pub(crate) fn spell(cell: Cell<'_>) -> Result<Option<String>, Why> {
    match cell {
        Cell::Json(object) if object.starts_with('{') => coordinates(object).map(Some),
        Cell::Text(text) => Ok(binary(text).map(|[x, y]| format!("({x},{y})"))),
        _ => Ok(None),
    }
}

/// The members are kept as their text: the server reads numbers better than we would.
fn coordinates(object: &str) -> Result<String, Why> {
    const NOT_ONE: Why = "the object is no point of an x and a y";
    let (arena, mut scanner) = (Bump::new(), Scanner::new(object));
    let (mut x, mut y) = (None, None);
    let mut members = scanner.object().map_err(|_| NOT_ONE)?;
    while let Some(key) = members.key(&mut scanner).map_err(|_| NOT_ONE)? {
        let key = key.unescape(&arena).map_err(|_| NOT_ONE)?;
        let value = scanner.value().map_err(|_| NOT_ONE)?;
        let place = match key {
            "x" => &mut x,
            "y" => &mut y,
            _ => continue,
        };
        *place = match Cell::from_json(value, &arena) {
            Ok(Cell::Number(digits)) => Some(digits),
            Ok(Cell::Text(word @ ("NaN" | "Infinity" | "-Infinity"))) => Some(word),
            _ => return Err(NOT_ONE),
        };
    }
    let (x, y) = x.zip(y).ok_or(NOT_ONE)?;
    Ok(format!("({x},{y})"))
}

fn binary(text: &str) -> Option<[f64; 2]> {
    let digits = text.as_bytes().chunks_exact(2);
    let bytes = digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
    let bytes: Vec<u8> = bytes.collect::<Option<_>>().filter(|_| text.len().is_multiple_of(2))?;
    let is_little = *bytes.first()? == 1;
    let kind = bytes.get(1..5)?.try_into().ok()?;
    let kind = if is_little { u32::from_le_bytes(kind) } else { u32::from_be_bytes(kind) };
    let numbers = match kind {
        POINT => &bytes[5..],
        _ if kind == POINT | HAS_REFERENCE => bytes.get(9..)?,
        _ => return None,
    };
    let (x, y) = numbers.split_at_checked(8)?;
    let number = |bytes: &[u8]| {
        let bytes = bytes.try_into().ok()?;
        Some(if is_little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    };
    Some([number(x)?, number(y)?])
}
