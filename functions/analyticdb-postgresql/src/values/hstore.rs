//! `hstore`: pairs of texts, from a JSON object or from hstore's text form. The text form is checked here
//! first, because some servers report an error in it as an internal error.
//!
//! Format: "hstore External Representation" of the manual.

use bumpalo::Bump;
use sluice_bridge::json::Scanner;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::values::number::{Reason, SPACES};
use sluice_sql::cells::WRONG_KIND;

use crate::values::reason::NUL;

const NOT_JSON: Reason = "the object is not JSON";
const NOT_PAIRS: Reason = "the text is not pairs such as \"a\"=>\"1\", \"b\"=>NULL";

/// Appends an hstore as text. Numbers and booleans become text. If a key occurs twice in an object, the last
/// value is used, as is usual in JSON.
pub(crate) fn write(cell: Cell<'_>, out: &mut Vec<u8>) -> Result<(), Reason> {
    let arena = Bump::new();
    let pairs = match cell {
        Cell::Text(text) => pairs(text, &arena)?,
        Cell::Json(text) if text.starts_with('{') => members(text, &arena)?,
        _ => return Err(WRONG_KIND),
    };
    let texts = pairs.iter().flat_map(|(key, value)| [Some(*key), *value]).flatten();
    if texts.into_iter().any(|text| text.contains('\0')) {
        return Err(NUL);
    }
    // The server keeps the first of several equal keys.
    for (position, (key, value)) in pairs.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        quote(key, out);
        out.extend(b"=>");
        match value {
            Some(text) => quote(text, out),
            None => out.extend(b"NULL"),
        }
    }
    Ok(())
}

type Pair<'t> = (&'t str, Option<&'t str>);

/// The members of a JSON object, in reverse order.
fn members<'t>(text: &'t str, arena: &'t Bump) -> Result<Vec<Pair<'t>>, Reason> {
    let mut pairs = Vec::new();
    let mut scanner = Scanner::new(text);
    let mut members = scanner.object().map_err(|_| NOT_JSON)?;
    while let Some(key) = members.key(&mut scanner).map_err(|_| NOT_JSON)? {
        let key = key.unescape(arena).map_err(|_| NOT_JSON)?;
        let value = scanner.value().map_err(|_| NOT_JSON)?;
        match Cell::from_json(value, arena).map_err(|_| NOT_JSON)? {
            Cell::Json(_) => return Err("a member of the object is an object or an array"),
            value => pairs.push((key, value.as_text())),
        }
    }
    pairs.reverse();
    Ok(pairs)
}

/// The pairs of the text form, in its order.
fn pairs<'t>(text: &'t str, arena: &'t Bump) -> Result<Vec<Pair<'t>>, Reason> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_matches(SPACES);
    while !rest.is_empty() {
        let (key, _) = word(&mut rest, arena)?;
        rest = rest.strip_prefix("=>").ok_or(NOT_PAIRS)?.trim_start_matches(SPACES);
        let (value, is_quoted) = word(&mut rest, arena)?;
        let is_null = !is_quoted && value.eq_ignore_ascii_case("null");
        pairs.push((key, Some(value).filter(|_| !is_null)));
        if !rest.is_empty() {
            rest = rest.strip_prefix(',').ok_or(NOT_PAIRS)?.trim_start_matches(SPACES);
            if rest.is_empty() {
                return Err(NOT_PAIRS);
            }
        }
    }
    Ok(pairs)
}

/// Reads a word, quoted or not, and the blanks after it.
fn word<'t>(rest: &mut &'t str, arena: &'t Bump) -> Result<(&'t str, bool), Reason> {
    const ENDS: [char; 10] = [' ', '\t', '\n', '\r', '\x0b', '\x0c', ',', '=', '"', '\\'];
    let (word, is_quoted) = match rest.strip_prefix('"') {
        Some(inside) => (quoted(inside, rest, arena)?, true),
        None => {
            let (word, after) = rest.split_at(rest.find(ENDS).unwrap_or(rest.len()));
            *rest = after;
            (word, false)
        }
    };
    *rest = rest.trim_start_matches(SPACES);
    if word.is_empty() && !is_quoted { Err(NOT_PAIRS) } else { Ok((word, is_quoted)) }
}

/// Reads up to the closing quote and removes backslashes.
fn quoted<'t>(inside: &'t str, rest: &mut &'t str, arena: &'t Bump) -> Result<&'t str, Reason> {
    let mut plain = String::new();
    let mut characters = inside.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                *rest = &inside[at + 1..];
                return Ok(arena.alloc_str(&plain));
            }
            '\\' => plain.push(characters.next().ok_or(NOT_PAIRS)?.1),
            other => plain.push(other),
        }
    }
    Err(NOT_PAIRS)
}

fn quote(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}
