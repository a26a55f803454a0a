//! Reads the server's text form of an array: `{1,NULL,"a, b"}`, with nested braces.
//!
//! Format: "Array Input and Output Syntax" of the manual. Explicit bounds (`[0:1]={…}`) are refused, because
//! a column keeps them and most readers do not expect them.

use bumpalo::Bump;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::values::number::SPACES;

use crate::values::array::part::{ArrayReason, Part};

const NOT_AN_ARRAY: &str = "the text is not an array such as {1,2}";

/// Passes the parts of an array's text to `visit`.
///
/// # Errors
/// The text is not an array, or `visit` returns an error.
pub(crate) fn read<'t>(
    text: &'t str,
    delimiter: u8,
    arena: &'t Bump,
    mut visit: impl FnMut(Part<'t>) -> Result<(), ArrayReason>,
) -> Result<(), ArrayReason> {
    let mut rest = text.trim_matches(SPACES);
    if rest.starts_with('[') && rest.contains("]=") {
        return Err("an array with explicit bounds is not accepted".into());
    }
    let mut depth = 0;
    loop {
        rest = rest.trim_start_matches(SPACES);
        if let Some(inside) = rest.strip_prefix('{') {
            depth += 1;
            visit(Part::Open)?;
            rest = inside.trim_start_matches(SPACES);
            // Only the outermost braces may be empty.
            match rest.strip_prefix('}') {
                Some("") if depth == 1 => return visit(Part::Close),
                Some(_) => return Err(NOT_AN_ARRAY.into()),
                None => continue,
            }
        }
        if depth == 0 {
            return Err(NOT_AN_ARRAY.into());
        }
        let (cell, after) = element(rest, delimiter, arena)?;
        visit(Part::Element(cell))?;
        rest = after.trim_start_matches(SPACES);
        while let Some(after) = rest.strip_prefix('}') {
            visit(Part::Close)?;
            depth -= 1;
            rest = after.trim_start_matches(SPACES);
            if depth == 0 {
                return if rest.is_empty() { Ok(()) } else { Err(NOT_AN_ARRAY.into()) };
            }
        }
        rest = rest.strip_prefix(char::from(delimiter)).ok_or(NOT_AN_ARRAY)?;
    }
}

/// Reads one element. Returns it and the rest.
fn element<'t>(
    text: &'t str,
    delimiter: u8,
    arena: &'t Bump,
) -> Result<(Cell<'t>, &'t str), ArrayReason> {
    if let Some(inside) = text.strip_prefix('"') {
        let (element, after) = unescape(inside, &['"'])?;
        let after = after.strip_prefix('"').ok_or(NOT_AN_ARRAY)?;
        return Ok((Cell::Text(arena.alloc_str(&element)), after));
    }
    let (written, _) = text
        .split_once(|end: char| end == '}' || end == char::from(delimiter))
        .ok_or(NOT_AN_ARRAY)?;
    if !written.contains(['\\', '"', '{']) {
        let plain = written.trim_end_matches(SPACES);
        let cell = match plain {
            "" => return Err(NOT_AN_ARRAY.into()),
            null if null.eq_ignore_ascii_case("null") => Cell::Null,
            plain => Cell::Text(plain),
        };
        return Ok((cell, &text[written.len()..]));
    }
    // A backslash may escape any character, also the delimiters.
    let (element, after) = unescape(text, &['}', char::from(delimiter), '"', '{'])?;
    if element.is_empty() || !after.starts_with(['}', char::from(delimiter)]) {
        return Err(NOT_AN_ARRAY.into());
    }
    Ok((Cell::Text(arena.alloc_str(&element)), after))
}

/// Reads up to the first of `ends` and removes backslashes. Returns the text and the rest. Trailing blanks
/// are kept only in quotes.
fn unescape<'t>(text: &'t str, ends: &[char]) -> Result<(String, &'t str), ArrayReason> {
    let mut plain = String::with_capacity(text.len().min(64));
    let mut kept = 0;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => plain.push(characters.next().ok_or(NOT_AN_ARRAY)?.1),
            end if ends.contains(&end) => {
                plain.truncate(kept);
                return Ok((plain, &text[at..]));
            }
            other => plain.push(other),
        }
        if ends == ['"'] || character == '\\' || !SPACES.contains(&character) {
            kept = plain.len();
        }
    }
    Err(NOT_AN_ARRAY.into())
}
