//! Converts a value of a declared type into a cell; nested values become JSON.

use bumpalo::Bump;

use crate::format::logical::Logical;
use crate::format::mismatch::{Mismatch, mismatch};
use crate::format::schema::{Declared, Kind};
use crate::json::scanner::Scanner;
use crate::json::value::Value;
use crate::json::write::write_string;
use crate::model::cell::{Cell, Code};
use crate::values::decimal;
use crate::values::number::Reason;

/// The largest JSON that one value may become, larger than any event. Without this limit a list of
/// many nulls, each of which stands for a long default, could use all memory.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Converts a declared value into a cell.
///
/// # Errors
/// The value is not of its declared type.
pub(crate) fn convert<'e>(
    value: Value<'e>,
    declared: &Declared,
    arena: &'e Bump,
) -> Result<Cell<'e>, Mismatch> {
    if declared.is_shown {
        return Cell::from_json(value, arena).map_err(Mismatch::text);
    }
    if value == Value::Null {
        return match &declared.default {
            _ if declared.optional => Ok(Cell::Null),
            Some(default) => convert(json(default, arena), declared, arena),
            None => Err(mismatch(value, declared, "it must not be null")),
        };
    }
    let plain = match &declared.kind {
        Kind::Array(_) | Kind::Map(..) | Kind::Struct(_) => nested(value, declared, arena)?,
        kind => {
            scalar(value, kind, declared, arena).map_err(|why| mismatch(value, declared, why))?
        }
    };
    match declared.logical {
        Some(logical) => logical.cell(plain, arena).map_err(|why| mismatch(value, declared, why)),
        None => Ok(plain),
    }
    .map(|cell| match (cell, code(declared)) {
        (Cell::Text(text), Some(code)) => Cell::Coded(code, text),
        (Cell::Json(text), Some(code)) => Cell::CodedItems(code, text),
        (cell, _) => cell,
    })
}

/// Converts a value that was checked and has its meaning already.
///
/// # Errors
/// A string of it is not valid text.
#[inline]
pub(crate) fn finish<'e>(
    value: Value<'e>,
    declared: &Declared,
    arena: &'e Bump,
) -> Result<Cell<'e>, Reason> {
    Ok(match (Cell::from_json(value, arena)?, code(declared)) {
        (Cell::Text(text), Some(code)) => Cell::Coded(code, text),
        (Cell::Json(text), Some(code)) => Cell::CodedItems(code, text),
        (cell, _) => cell,
    })
}

/// How the text of a declared value, or of an array's items, is encoded.
fn code(declared: &Declared) -> Option<Code> {
    match (declared.logical, &declared.kind) {
        _ if declared.is_shown => None,
        (Some(Logical::Bits { .. }), _) => Some(Code::Bits),
        (Some(Logical::Geometry), _) => Some(Code::Geometry),
        (Some(Logical::Decimal { .. } | Logical::ScaledDecimal | Logical::Document), _) => None,
        (Some(_), _) => Some(Code::Moment),
        (None, Kind::Text | Kind::Enum) => Some(Code::String),
        (None, Kind::Bytes) => Some(Code::Bytes),
        (None, Kind::Array(items)) => code(items),
        (None, _) => None,
    }
}

/// The value of a field that is missing in a struct: its default, or nothing.
///
/// # Errors
/// The field is required.
pub(crate) fn left_out<'e>(
    declared: &Declared,
    arena: &'e Bump,
) -> Result<Option<Value<'e>>, Mismatch> {
    match &declared.default {
        Some(default) => Ok(Some(json(default, arena))),
        None if declared.optional => Ok(None),
        None => Err(Mismatch {
            given: "nothing",
            ..mismatch(Value::Null, declared, "it must not be missing")
        }),
    }
}

/// The JSON of a default, which was checked with its schema.
fn json<'e>(default: &str, arena: &'e Bump) -> Value<'e> {
    Scanner::new(arena.alloc_str(default)).value().unwrap_or(Value::Null)
}

fn scalar<'e>(
    value: Value<'e>,
    kind: &Kind,
    declared: &Declared,
    arena: &'e Bump,
) -> Result<Cell<'e>, Reason> {
    const WRONG_KIND: Reason = "it is of another type";
    let cell = Cell::from_json(value, arena)?;
    match (kind, cell) {
        (Kind::Any, _)
        | (Kind::Boolean, Cell::Bool(_))
        | (Kind::Text, Cell::Text(_))
        | (Kind::Enum, Cell::Text(_) | Cell::Number(_)) => Ok(cell),
        (Kind::Integer(bits), Cell::Number(digits)) => {
            let range = -(1_i128 << (bits - 1))..1_i128 << (bits - 1);
            match decimal::integer(digits) {
                Some(number) if range.contains(&number.into()) => Ok(cell),
                _ if digits.contains(['.', 'e', 'E']) => Err("it is not an integer"),
                _ => Err("it is out of range"),
            }
        }
        (Kind::Float(bits), Cell::Number(digits)) => {
            let finite = match bits {
                32 => digits.parse().is_ok_and(f32::is_finite),
                _ => digits.parse().is_ok_and(f64::is_finite),
            };
            if finite { Ok(cell) } else { Err("it is out of range") }
        }
        // As Jackson writes them.
        (Kind::Float(_), Cell::Text("NaN" | "Infinity" | "-Infinity")) => Ok(cell),
        // `decimal.format=NUMERIC`
        (Kind::Bytes, Cell::Number(_)) if declared.is_decimal() => Ok(cell),
        (Kind::Bytes, Cell::Text(text)) => match base64_simd::STANDARD.check(text.as_bytes()) {
            Ok(()) => Ok(cell),
            Err(_) => Err("it is not base64"),
        },
        _ => Err(WRONG_KIND),
    }
}

/// Converts an object or an array to JSON. Every part is checked against its own declaration and
/// written with its meaning, so that a JSON column gets `12.34` and not its unscaled bytes.
///
/// # Errors
/// A part of it is not of its declared type; the error names the part.
fn nested<'e>(
    value: Value<'e>,
    declared: &Declared,
    arena: &'e Bump,
) -> Result<Cell<'e>, Mismatch> {
    let mut out = String::new();
    match (&declared.kind, value) {
        (Kind::Array(items), Value::Array(_)) => {
            write_items(value.items().map(|item| (item, &**items)), arena, &mut out)?;
        }
        // A map whose keys are not strings.
        (Kind::Map(keys, values), Value::Array(_)) => {
            write_pairs(value, [keys, values], arena, &mut out)?;
        }
        (Kind::Map(..) | Kind::Struct(_), Value::Object(_)) => {
            write_members(value, declared, arena, &mut out)?;
        }
        _ => return Err(mismatch(value, declared, "it is of another type")),
    }
    Ok(Cell::Json(arena.alloc_str(&out)))
}

fn write_items<'d, 'e>(
    items: impl Iterator<Item = (Value<'e>, &'d Declared)>,
    arena: &'e Bump,
    out: &mut String,
) -> Result<(), Mismatch> {
    out.push('[');
    for (nth, (item, declared)) in items.enumerate() {
        let cell = convert(item, declared, arena);
        out.push_str(if nth == 0 { "" } else { "," });
        let below = |wrong: Mismatch| wrong.below(&format!("[{nth}]"));
        cell.map_err(below)?.write_json(&mut |piece| out.push_str(piece));
        check_length(out).map_err(below)?;
    }
    out.push(']');
    Ok(())
}

fn check_length(out: &str) -> Result<(), Mismatch> {
    if out.len() <= MOST_BYTES {
        return Ok(());
    }
    let (path, expected) = (String::new(), "json".to_owned());
    Err(Mismatch {
        path,
        expected,
        given: "too much",
        why: "it is too long with its default values",
    })
}

fn write_pairs<'e>(
    pairs: Value<'e>,
    [key, value]: [&Declared; 2],
    arena: &'e Bump,
    out: &mut String,
) -> Result<(), Mismatch> {
    out.push('[');
    for (nth, pair) in pairs.items().enumerate() {
        let below = |wrong: Mismatch| wrong.below(&format!("[{nth}]"));
        if pair.items().count() != 2 {
            return Err(below(mismatch(pair, key, "a key and its value were expected")));
        }
        out.push_str(if nth == 0 { "" } else { "," });
        write_items(pair.items().zip([key, value]), arena, out).map_err(below)?;
    }
    out.push(']');
    Ok(())
}

fn write_members<'e>(
    object: Value<'e>,
    declared: &Declared,
    arena: &'e Bump,
    out: &mut String,
) -> Result<(), Mismatch> {
    let mut names = Vec::new();
    let mut write = |name: &str, value, declared: Option<&Declared>| {
        let cell = match declared {
            Some(declared) => convert(value, declared, arena),
            None => Cell::from_json(value, arena).map_err(Mismatch::text),
        };
        let cell = cell.map_err(|wrong| wrong.below(&format!(".{name}")))?;
        out.push(if out.is_empty() { '{' } else { ',' });
        write_string(name, &mut |piece| out.push_str(piece));
        out.push(':');
        cell.write_json(&mut |piece| out.push_str(piece));
        check_length(out)
    };
    for (nth, (key, value)) in object.members().enumerate() {
        let name = key.to_text().map_err(|wrong| Mismatch::text(wrong.what))?;
        write(&name, value, declared.field_near(nth, &name).map(|field| &**field))?;
        names.push(name);
    }
    let met: Vec<&str> = names.iter().map(String::as_str).collect();
    for field in declared.left_out(&met) {
        let given = left_out(&field.declared, arena);
        if let Some(value) = given.map_err(|wrong| wrong.below(&format!(".{}", field.name)))? {
            write(&field.name, value, Some(&field.declared))?;
        }
    }
    out.push_str(if out.is_empty() { "{}" } else { "}" });
    Ok(())
}
