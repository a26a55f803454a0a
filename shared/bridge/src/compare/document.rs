//! The canonical text of a JSON document: no white space, members sorted by name, the later of two
//! members with one name, numbers without redundant zeros.

use crate::compare::number;
use crate::json::scanner::Scanner;
use crate::json::string::Raw;
use crate::json::syntax::Syntax;
use crate::json::value::Value;
use crate::json::write::write_string;

/// Appends the document.
///
/// # Errors
/// The text is not JSON; nothing was appended.
pub(crate) fn write(text: &str, out: &mut Vec<u8>) -> Result<(), Syntax> {
    let start = out.len();
    let mut scanner = Scanner::new(text);
    let value = scanner.value()?;
    scanner.end()?;
    let written = write_value(value, out);
    if written.is_err() {
        out.truncate(start);
    }
    written
}

fn write_value(value: Value<'_>, out: &mut Vec<u8>) -> Result<(), Syntax> {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(truth) => out.extend(if truth { &b"true"[..] } else { b"false" }),
        Value::Number(digits) => {
            if !number::write_decimal(digits, out) {
                out.extend(digits.as_bytes());
            }
        }
        Value::Text(raw) => write_text(raw, out)?,
        Value::Array(_) => {
            out.push(b'[');
            for (place, item) in value.items().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write_value(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(_) => write_object(value, out)?,
    }
    Ok(())
}

fn write_object(value: Value<'_>, out: &mut Vec<u8>) -> Result<(), Syntax> {
    let members = value.members().map(|(name, value)| Ok((name.to_text()?, value)));
    let mut members = members.collect::<Result<Vec<_>, Syntax>>()?;
    members.sort_by(|one, other| one.0.cmp(&other.0));
    out.push(b'{');
    let mut is_first = true;
    for (place, (name, value)) in members.iter().enumerate() {
        if members.get(place + 1).is_some_and(|(next, _)| next == name) {
            continue;
        }
        if !std::mem::take(&mut is_first) {
            out.push(b',');
        }
        write_string(name, &mut |piece| out.extend(piece.as_bytes()));
        out.push(b':');
        write_value(*value, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_text(raw: Raw<'_>, out: &mut Vec<u8>) -> Result<(), Syntax> {
    write_string(&raw.to_text()?, &mut |piece| out.extend(piece.as_bytes()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_of_each_document() {
        for (text, one) in [
            (r#" { "b" : [ 1.0 , null ], "a" : "\u00e9" } "#, r#"{"a":"é","b":[1,null]}"#),
            (r#"{"a":1,"a":2,"":{}}"#, r#"{"":{},"a":2}"#),
            ("1e2", "100"),
            (r#""\/""#, r#""/""#),
            ("true", "true"),
        ] {
            let mut out = Vec::new();
            write(text, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), one, "{text}");
        }
        for wrong in ["", "{", "[1,]", "1 2", r#"["\ud800"]"#] {
            let mut out = b"x".to_vec();
            assert!(write(wrong, &mut out).is_err(), "{wrong}");
            assert_eq!(out, b"x");
        }
    }
}
