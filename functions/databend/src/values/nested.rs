//! Arrays, maps, tuples and vectors: JSON whose items are checked and written by their own types, because the server
//! would round them like any other value.

use std::collections::HashSet;

use sluice_bridge::json::Scanner;
use sluice_bridge::json::value::Value;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::values::number::{Reason, float};
use sluice_sql::cells::WRONG_KIND;

use crate::types::kind::Kind;
use crate::values::text::json_text;

/// Writes an item of a value by its own kind.
type WriteItem<'w> = &'w mut dyn FnMut(Cell<'_>, &Kind, &mut Vec<u8>) -> Result<(), Reason>;

const NOT_JSON: Reason = "the value is not JSON";

/// Appends a JSON array or object, whose items `item` writes.
pub(super) fn write(
    cell: Cell<'_>,
    kind: &Kind,
    item: WriteItem<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    let Cell::Json(text) = cell else { return Err(WRONG_KIND) };
    if !kind.is_writable() {
        return Err("the server does not read this type from JSON");
    }
    match kind {
        Kind::Array(kind) => items(text, item, out, |_| Some(kind)).map(drop),
        Kind::Tuple(fields) => {
            let written = items(text, item, out, |index| fields.get(index))?;
            let is_whole = written == fields.len();
            is_whole.then_some(()).ok_or("the array has fewer items than the tuple has fields")
        }
        Kind::Vector(length) => vector(text, *length as usize, out),
        Kind::Map(_, value) => map(text, value, item, out),
        _ => Err(WRONG_KIND),
    }
}

/// Appends the items of an array, each of the kind that belongs to its index, and returns their number.
fn items<'k>(
    text: &str,
    write: WriteItem<'_>,
    out: &mut Vec<u8>,
    kind: impl Fn(usize) -> Option<&'k Kind>,
) -> Result<usize, Reason> {
    let mut scanner = Scanner::new(text);
    let mut items = scanner.array().map_err(|_| WRONG_KIND)?;
    let mut index = 0;
    out.push(b'[');
    while items.more(&mut scanner).map_err(|_| NOT_JSON)? {
        let value = scanner.value().map_err(|_| NOT_JSON)?;
        let kind = kind(index).ok_or("the array has more items than the tuple has fields")?;
        if index > 0 {
            out.push(b',');
        }
        item(value, kind, write, out)?;
        index += 1;
    }
    out.push(b']');
    Ok(index)
}

fn map(text: &str, value: &Kind, write: WriteItem<'_>, out: &mut Vec<u8>) -> Result<(), Reason> {
    let mut scanner = Scanner::new(text);
    let mut members = scanner.object().map_err(|_| WRONG_KIND)?;
    let mut names = HashSet::new();
    out.push(b'{');
    while let Some(name) = members.key(&mut scanner).map_err(|_| NOT_JSON)? {
        if !names.is_empty() {
            out.push(b',');
        }
        let name = name.to_text().map_err(|_| NOT_JSON)?;
        json_text(&name, out);
        out.push(b':');
        item(scanner.value().map_err(|_| NOT_JSON)?, value, write, out)?;
        if !names.insert(name) {
            return Err("a key occurs twice");
        }
    }
    out.push(b'}');
    Ok(())
}

/// Appends one value within another.
fn item(
    value: Value<'_>,
    kind: &Kind,
    write: WriteItem<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    if value == Value::Null && !matches!(kind, Kind::Nullable(_)) {
        return Err("a part of the value is null and must not be");
    }
    let unescaped;
    let cell = match value {
        Value::Null => Cell::Null,
        Value::Bool(truth) => Cell::Bool(truth),
        Value::Number(digits) => Cell::Number(digits),
        Value::Object(text) | Value::Array(text) => Cell::Json(text),
        Value::Text(raw) => {
            unescaped = raw.to_text().map_err(|_| NOT_JSON)?;
            Cell::Text(&unescaped)
        }
    };
    write(cell, kind, out)
}

fn vector(text: &str, length: usize, out: &mut Vec<u8>) -> Result<(), Reason> {
    const NOT_ONE: Reason = "the value is not an array of numbers such as [1,2.5]";
    let mut scanner = Scanner::new(text);
    let mut items = scanner.array().map_err(|_| NOT_ONE)?;
    let mut index = 0;
    out.push(b'[');
    while items.more(&mut scanner).map_err(|_| NOT_JSON)? {
        let Ok(Value::Number(digits)) = scanner.value() else { return Err(NOT_ONE) };
        float::<f32>(digits)?;
        if index > 0 {
            out.push(b',');
        }
        out.extend(digits.as_bytes());
        index += 1;
    }
    out.push(b']');
    if index == length { Ok(()) } else { Err("the array has another length than the vector") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::encode::json;

    fn written(spelled: &str, text: &str) -> Result<String, Reason> {
        let mut out = Vec::new();
        json(Cell::Json(text), &Kind::of(spelled), 3, 9, &mut out)
            .map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn items_are_written_by_their_types() {
        for (spelled, given, expected) in [
            ("ARRAY(INT NULL)", "[1, 2.0,null]", "[1,2,null]"),
            ("ARRAY(ARRAY(DECIMAL(5, 2)))", "[[1.5],[]]", "[[\"1.5\"],[]]"),
            ("MAP(STRING, INT)", "{\"a\\n\":1,\"b\":2}", "{\"a\\u000a\":1,\"b\":2}"),
            ("TUPLE(INT, VARCHAR)", "[1,\"x\"]", "[1,\"x\"]"),
            ("VECTOR(2)", "[1, 2.5]", "[1,2.5]"),
        ] {
            assert_eq!(written(spelled, given).as_deref(), Ok(expected), "{spelled}");
        }
        for (spelled, wrong) in [
            ("ARRAY(INT)", "[1.9]"),
            ("ARRAY(INT)", "{}"),
            ("ARRAY(INT)", "[null]"),
            ("ARRAY(BINARY)", "[\"AP8=\"]"),
            ("MAP(INT, INT)", "{\"1\":1}"),
            ("MAP(STRING, INT)", "{\"x\":1,\"x\":2}"),
            ("TUPLE(INT, INT)", "[1]"),
            ("TUPLE(INT, INT)", "[1,2,3]"),
            ("VECTOR(2)", "[1]"),
            ("VECTOR(1)", "[\"1\"]"),
        ] {
            assert!(written(spelled, wrong).is_err(), "{spelled} {wrong}");
        }
    }
}
