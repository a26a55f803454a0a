//! `point`: builds the server's text form from two point formats of other sources: an object with `x` and
//! `y`, and well-known binary as hexadecimal digits.
//!
//! Format: "Geometric Types" of the manual.

use bumpalo::Bump;
use sluice_bridge::json::Scanner;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::values::binary::hexadecimal;
use sluice_bridge::values::number::Reason;
use sluice_sql::geometry::model::Geometry;
use sluice_sql::geometry::wkb;

/// The text of a point. `None` if the value has neither format, so that the server reads it.
pub(crate) fn text(cell: Cell<'_>) -> Result<Option<String>, Reason> {
    match cell {
        Cell::Json(object) if object.starts_with('{') => coordinates(object).map(Some),
        Cell::Text(text) => Ok(binary(text).map(|[x, y]| format!("({x},{y})"))),
        _ => Ok(None),
    }
}

/// The numbers stay text, because the server reads them more precisely.
fn coordinates(object: &str) -> Result<String, Reason> {
    const NOT_A_GEOMETRY: Reason = "the object is not a point with an x and a y";
    let (arena, mut scanner) = (Bump::new(), Scanner::new(object));
    let (mut x, mut y) = (None, None);
    let mut members = scanner.object().map_err(|_| NOT_A_GEOMETRY)?;
    while let Some(key) = members.key(&mut scanner).map_err(|_| NOT_A_GEOMETRY)? {
        let key = key.unescape(&arena).map_err(|_| NOT_A_GEOMETRY)?;
        let value = scanner.value().map_err(|_| NOT_A_GEOMETRY)?;
        let position = match key {
            "x" => &mut x,
            "y" => &mut y,
            _ => continue,
        };
        *position = match Cell::from_json(value, &arena) {
            Ok(Cell::Number(digits)) => Some(digits),
            Ok(Cell::Text(word @ ("NaN" | "Infinity" | "-Infinity"))) => Some(word),
            _ => return Err(NOT_A_GEOMETRY),
        };
    }
    let (x, y) = x.zip(y).ok_or(NOT_A_GEOMETRY)?;
    Ok(format!("({x},{y})"))
}

fn binary(text: &str) -> Option<[f64; 2]> {
    let mut bytes = Vec::new();
    hexadecimal(text.as_bytes(), &mut bytes).ok()?;
    match wkb::read(&bytes).ok()? {
        (_, Geometry::Point(coordinates)) => Some(coordinates),
        _ => None,
    }
}
