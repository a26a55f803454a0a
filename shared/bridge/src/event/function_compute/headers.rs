//! The headers of a record, which become what [`Headers`] reads: the text of Lambda's event.
//!
//! The documentation shows only an empty list: `{"headers":[],"isReadOnly":false}`, the fields of Kafka's
//! `RecordHeaders`. A header of it has a `key` and a `value`. An element of any other form is kept whole, as
//! the name of a header without a value: nothing is lost, and no record is refused for it.

use std::fmt::Write;

use bumpalo::Bump;

use crate::event::record::Headers;
use crate::json::scanner::Scanner;
use crate::json::syntax::Syntax;
use crate::json::value::Value;
use crate::json::write::write_string;

/// Reads `headers` of a record: null, a list, or an object whose member `headers` is one of these.
pub(super) fn read<'e>(scanner: &mut Scanner<'e>, arena: &'e Bump) -> Result<Headers<'e>, Syntax> {
    const NO_LIST: &str = "headers must be a list, or an object with a list named `headers`";
    let at = scanner.at();
    let list = match scanner.value()? {
        object @ Value::Object(_) => object.member("headers").unwrap_or(Value::Null),
        other => other,
    };
    match list {
        Value::Null => Ok(Headers::default()),
        Value::Array(_) => {
            let written = write(list).map_err(|wrong| Syntax { at, ..wrong })?;
            if written.is_empty() {
                return Ok(Headers::default());
            }
            Headers::read(&mut Scanner::new(arena.alloc_str(&format!("[{written}]"))))
        }
        _ => Err(Syntax { at, what: NO_LIST }),
    }
}

/// The items of a list as Lambda writes them, joined by commas.
fn write(list: Value<'_>) -> Result<String, Syntax> {
    let mut out = String::new();
    for item in list.items() {
        let [key, value] = match item {
            Value::Object(_) => item.pick(["key", "value"]),
            _ => [None, None],
        };
        let named = match key {
            Some(Value::Text(name)) => bytes(value)?.map(|bytes| (name.to_text(), bytes)),
            _ => None,
        };
        let (name, bytes) = match (named, item) {
            (Some((name, bytes)), _) => (name?, bytes),
            (None, Value::Text(text)) => (text.to_text()?, None),
            (None, other) => (other.to_json().into_string(), None),
        };
        header(&mut out, &name, bytes.as_deref());
    }
    Ok(out)
}

/// The bytes of a header's value: `Some(None)` without one, `None` if it has an unknown form.
#[allow(clippy::option_option, reason = "unknown, missing and known are three things")]
fn bytes(value: Option<Value<'_>>) -> Result<Option<Option<Vec<u8>>>, Syntax> {
    let byte = |item: Value<'_>| match item {
        // Java's bytes are signed.
        Value::Number(digits) => match digits.parse::<i16>().ok()? {
            signed @ -128..0 => Some((signed + 256) as u8),
            unsigned => u8::try_from(unsigned).ok(),
        },
        _ => None,
    };
    Ok(match value {
        None | Some(Value::Null) => Some(None),
        Some(Value::Text(text)) => Some(Some(text.to_text()?.into_bytes())),
        Some(list @ Value::Array(_)) => list.items().map(byte).collect::<Option<_>>().map(Some),
        Some(_) => None,
    })
}

fn header(out: &mut String, name: &str, bytes: Option<&[u8]>) {
    out.push_str(if out.is_empty() { "{" } else { ",{" });
    write_string(name, &mut |piece| out.push_str(piece));
    let Some(bytes) = bytes else { return out.push_str(":null}") };
    out.push_str(":[");
    for (index, byte) in bytes.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        // Writing to memory does not fail.
        let _ = write!(out, "{comma}{byte}");
    }
    out.push_str("]}");
}
