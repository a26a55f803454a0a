//! Encodes arrays. A JSON array or the server's text form is converted element by element: into the binary
//! form for COPY, or into text for a parameter, because `unnest` would split an array of arrays.
//!
//! Format: `array_recv` and `array_in` in the server's `arrayfuncs.c`.

pub(crate) mod dimensions;
pub(crate) mod part;
pub(crate) mod text;

use bumpalo::Bump;
use sluice_bridge::json::Scanner;
use sluice_bridge::json::value::Value;
use sluice_bridge::model::cell::Cell;
use sluice_sql::cells::WRONG_KIND;

use crate::types::column::Elements;
use crate::types::form::{Codec, Form, TextLimit};
use crate::values::array::dimensions::Dimensions;
use crate::values::array::part::{ArrayReason, Part};
use crate::values::payload::{self, field, payload};

/// Appends an array's payload in binary.
pub(crate) fn binary(
    cell: Cell<'_>,
    elements: &Elements,
    out: &mut Vec<u8>,
) -> Result<(), ArrayReason> {
    let start = out.len();
    let mut dimensions = Dimensions::default();
    out.extend([0; 20]);
    read(cell, elements, |part| {
        dimensions.add(&part)?;
        match part {
            Part::Element(cell) => {
                field(cell, &elements.form, out).map_err(|why| dimensions.name_element(why))
            }
            Part::Open | Part::Close => Ok(()),
        }
    })?;
    let may_hold_nulls = 1_i32;
    let lengths = dimensions.lengths();
    let mut head = Vec::with_capacity(20);
    head.extend((lengths.len() as i32).to_be_bytes());
    head.extend(may_hold_nulls.to_be_bytes());
    head.extend(elements.oid.to_be_bytes());
    for length in lengths {
        let first_index = 1_i32;
        head.extend((length as i32).to_be_bytes());
        head.extend(first_index.to_be_bytes());
    }
    out.splice(start..start + 20, head);
    Ok(())
}

/// Appends an array as text.
pub(crate) fn text(
    cell: Cell<'_>,
    elements: &Elements,
    out: &mut Vec<u8>,
) -> Result<(), ArrayReason> {
    let Form { codec, limit, .. } = elements.form;
    // Only the server can read this.
    if matches!(
        (cell, codec, limit),
        (Cell::Text(_), Codec::Input | Codec::Range(None), TextLimit::None)
    ) {
        let whole = Form { codec: Codec::Input, ..elements.form };
        return payload(cell, &whole, out).map_err(ArrayReason::from);
    }
    let start = out.len();
    let mut dimensions = Dimensions::default();
    let mut scratch = Vec::new();
    read(cell, elements, |part| {
        let follows = out[start..].last().is_some_and(|last| *last != b'{');
        dimensions.add(&part)?;
        if follows && !matches!(part, Part::Close) {
            out.push(elements.delimiter);
        }
        match part {
            Part::Open => out.push(b'{'),
            Part::Close => out.push(b'}'),
            Part::Element(Cell::Null | Cell::Absent) => out.extend(b"NULL"),
            Part::Element(cell) => {
                scratch.clear();
                payload::text(cell, &elements.form, &mut scratch)
                    .map_err(|why| dimensions.name_element(why))?;
                quote(&scratch, out);
            }
        }
        Ok(())
    })?;
    if dimensions.lengths().is_empty() {
        out.truncate(start);
        out.extend(b"{}");
    }
    Ok(())
}

fn quote(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

fn read(
    cell: Cell<'_>,
    elements: &Elements,
    visit: impl FnMut(Part<'_>) -> Result<(), ArrayReason>,
) -> Result<(), ArrayReason> {
    let arena = Bump::new();
    match cell {
        Cell::Json(text) if text.starts_with('[') => {
            JsonReader { elements, arena: &arena, visit }.array(&mut Scanner::new(text))
        }
        Cell::Text(text) => text::read(text, elements.delimiter, &arena, visit),
        _ => Err(WRONG_KIND.into()),
    }
}

/// Reads a JSON array.
struct JsonReader<'a, F> {
    elements: &'a Elements,
    arena: &'a Bump,
    visit: F,
}

impl<'a, F: FnMut(Part<'a>) -> Result<(), ArrayReason>> JsonReader<'a, F> {
    /// Reads the array at the scanner's position, and nested arrays.
    fn array(&mut self, scanner: &mut Scanner<'a>) -> Result<(), ArrayReason> {
        const NOT_JSON: &str = "the array is not JSON";
        (self.visit)(Part::Open)?;
        let mut items = scanner.array().map_err(|_| NOT_JSON)?;
        while items.more(scanner).map_err(|_| NOT_JSON)? {
            match scanner.value().map_err(|_| NOT_JSON)? {
                // An array of JSON has one dimension: a nested array is a value.
                Value::Array(inside) if !self.holds_json() => {
                    self.array(&mut Scanner::new(inside))?;
                }
                value => {
                    let cell = Cell::from_json(value, self.arena).map_err(|_| NOT_JSON)?;
                    (self.visit)(Part::Element(cell))?;
                }
            }
        }
        (self.visit)(Part::Close)
    }

    fn holds_json(&self) -> bool {
        matches!(self.elements.form.codec, Codec::Json | Codec::Jsonb)
    }
}
