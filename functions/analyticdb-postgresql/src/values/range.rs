//! Ranges and multiranges from their own text. Their bounds are read here, by the rules of their
//! type: the server would round them, drop an offset, or take a zone from the session.
//!
//! Format: "Range Input/Output" of the manual.

use sluice_bridge::cell::Cell;
use sluice_bridge::number::{SPACES, Why};

use crate::types::form::{Codec, Form, Limit};
use crate::values::text_form::spell;

const NOT_A_RANGE: Why = "the text is not a range such as [1,5), or several in braces";

/// Appends a range, or several in braces, as text. `bounds` is what the bounds are written with.
pub(crate) fn write(text: &str, bounds: Codec, form: &Form, out: &mut Vec<u8>) -> Result<(), Why> {
    let form = Form { codec: bounds, modifier: -1, limit: Limit::None, ..*form };
    let mut rest = text.trim_matches(SPACES);
    match rest.strip_prefix('{') {
        Some(inside) => {
            rest = inside;
            out.push(b'{');
            several(&mut rest, &form, out)?;
            out.push(b'}');
        }
        None => one(&mut rest, &form, out)?,
    }
    if rest.is_empty() { Ok(()) } else { Err(NOT_A_RANGE) }
}

/// Ranges with commas between, and the brace that ends them.
fn several(rest: &mut &str, form: &Form, out: &mut Vec<u8>) -> Result<(), Why> {
    *rest = rest.trim_start_matches(SPACES);
    if after(rest, &['}']).is_some() {
        return Ok(());
    }
    loop {
        one(rest, form, out)?;
        *rest = rest.trim_start_matches(SPACES);
        match after(rest, &['}', ',']) {
            Some(',') => out.push(b','),
            Some(_) => return Ok(()),
            None => return Err(NOT_A_RANGE),
        }
        *rest = rest.trim_start_matches(SPACES);
    }
}

fn one(rest: &mut &str, form: &Form, out: &mut Vec<u8>) -> Result<(), Why> {
    const EMPTY: &str = "empty";
    if let Some((word, tail)) = rest.split_at_checked(EMPTY.len())
        && word.eq_ignore_ascii_case(EMPTY)
    {
        *rest = tail;
        out.extend(EMPTY.as_bytes());
        return Ok(());
    }
    let opening = after(rest, &['[', '(']).ok_or(NOT_A_RANGE)?;
    out.push(opening as u8);
    bound(rest, form, out)?;
    after(rest, &[',']).ok_or(NOT_A_RANGE)?;
    out.push(b',');
    bound(rest, form, out)?;
    let closing = after(rest, &[']', ')']).ok_or(NOT_A_RANGE)?;
    out.push(closing as u8);
    Ok(())
}

/// A bound, in quotes or plain; nothing stands for no bound.
fn bound(rest: &mut &str, form: &Form, out: &mut Vec<u8>) -> Result<(), Why> {
    let (written, is_quoted) = match rest.strip_prefix('"') {
        Some(inside) => {
            let (written, tail) = inside.split_once('"').ok_or(NOT_A_RANGE)?;
            *rest = tail;
            (written, true)
        }
        None => {
            let end = rest.find([',', '[', ']', '(', ')', '"']).ok_or(NOT_A_RANGE)?;
            let (written, tail) = rest.split_at(end);
            *rest = tail;
            (written, false)
        }
    };
    if written.is_empty() && !is_quoted {
        return Ok(());
    }
    out.push(b'"');
    spell(Cell::Text(written), form, out)?;
    out.push(b'"');
    Ok(())
}

fn after(rest: &mut &str, any: &[char]) -> Option<char> {
    let first = rest.chars().next().filter(|first| any.contains(first))?;
    *rest = &rest[first.len_utf8()..];
    Some(first)
}
