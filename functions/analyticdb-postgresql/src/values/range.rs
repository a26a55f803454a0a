//! Reads ranges and multiranges from text. Their bounds are converted by the rules of their type. Otherwise
//! the server would round them, drop an offset, or use the session's time zone.
//!
//! Format: "Range Input/Output" of the manual.

use sluice_bridge::values::number::{Reason, SPACES};

const NOT_A_RANGE: Reason = "the text is not a range such as [1,5), or several ranges in braces";

/// Appends a bound.
type Bound<'w> = dyn FnMut(&str, &mut Vec<u8>) -> Result<(), Reason> + 'w;

/// Appends a range, or several in braces, as text. `bound` appends a bound.
pub(crate) fn write(
    text: &str,
    out: &mut Vec<u8>,
    mut bound: impl FnMut(&str, &mut Vec<u8>) -> Result<(), Reason>,
) -> Result<(), Reason> {
    let mut rest = text.trim_matches(SPACES);
    match rest.strip_prefix('{') {
        Some(inside) => {
            rest = inside;
            out.push(b'{');
            several(&mut rest, out, &mut bound)?;
            out.push(b'}');
        }
        None => one(&mut rest, out, &mut bound)?,
    }
    if rest.is_empty() { Ok(()) } else { Err(NOT_A_RANGE) }
}

/// Reads ranges separated by commas, and the closing brace.
fn several(rest: &mut &str, out: &mut Vec<u8>, write: &mut Bound<'_>) -> Result<(), Reason> {
    *rest = rest.trim_start_matches(SPACES);
    if after(rest, &['}']).is_some() {
        return Ok(());
    }
    loop {
        one(rest, out, write)?;
        *rest = rest.trim_start_matches(SPACES);
        match after(rest, &['}', ',']) {
            Some(',') => out.push(b','),
            Some(_) => return Ok(()),
            None => return Err(NOT_A_RANGE),
        }
        *rest = rest.trim_start_matches(SPACES);
    }
}

fn one(rest: &mut &str, out: &mut Vec<u8>, write: &mut Bound<'_>) -> Result<(), Reason> {
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
    bound(rest, out, write)?;
    after(rest, &[',']).ok_or(NOT_A_RANGE)?;
    out.push(b',');
    bound(rest, out, write)?;
    let closing = after(rest, &[']', ')']).ok_or(NOT_A_RANGE)?;
    out.push(closing as u8);
    Ok(())
}

/// Reads a bound, quoted or not. An empty text means no bound.
fn bound(rest: &mut &str, out: &mut Vec<u8>, write: &mut Bound<'_>) -> Result<(), Reason> {
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
    write(written, out)?;
    out.push(b'"');
    Ok(())
}

fn after(rest: &mut &str, any: &[char]) -> Option<char> {
    let first = rest.chars().next().filter(|first| any.contains(first))?;
    *rest = &rest[first.len_utf8()..];
    Some(first)
}
