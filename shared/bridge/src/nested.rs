//! Declared structs, maps and arrays as JSON: every part is held to its own declaration and
//! written as what it means, so that a JSON column gets `12.34` and not its unscaled bytes.

use bumpalo::Bump;

use crate::cell::{Cell, write_string};
use crate::declared::{Mismatch, Typed, Wrong, convert, left_out, mismatch};
use crate::schema::{Declared, Kind};
use crate::value::Value;

/// What a value may become: more than ever came in an event. A list of many nulls, each of which
/// stands for a long default, would take all memory, again and again.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// An object or an array as JSON.
///
/// # Errors
/// A part of it is not what it is declared to be, and which.
pub(crate) fn json<'e>(
    value: Value<'e>,
    declared: &Declared,
    arena: &'e Bump,
) -> Result<Cell<'e>, Mismatch> {
    let mut out = String::new();
    match (&declared.kind, value) {
        (Kind::Array(items), Value::Array(_)) => {
            write_items(value.items().map(|item| (item, &**items)), arena, &mut out)?;
        }
        // A map whose keys are no strings.
        (Kind::Map(keys, values), Value::Array(_)) => {
            write_pairs(value, [keys, values], arena, &mut out)?;
        }
        (Kind::Map(..) | Kind::Struct(_), Value::Object(_)) => {
            write_members(value, declared, arena, &mut out)?;
        }
        _ => return Err(mismatch(value, declared, "it is of another kind")),
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
    Err(Mismatch { path, expected, given: "too much", why: "with its defaults it is too long" })
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
    let mut write = |name: &str, value, declared| {
        let typed = Typed { value, declared };
        let cell = typed.cell(false, arena).map_err(|wrong| match wrong {
            Wrong::Declared(wrong) => wrong.below(&format!(".{name}")),
            Wrong::Text(why) => Mismatch { path: format!(".{name}"), ..Mismatch::text(why) },
        })?;
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
