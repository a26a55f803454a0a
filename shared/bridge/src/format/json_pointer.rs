//! A place in a JSON document, as a fragment of a URI names it.
//!
//! Format: "JavaScript Object Notation (JSON) Pointer", RFC 6901.

use crate::json::value::Value;

/// The value at a place; `None` if there is none, or the place is not named by a pointer. Nothing
/// is the whole document.
pub(crate) fn find<'s>(document: Value<'s>, pointer: &str) -> Option<Value<'s>> {
    if pointer.is_empty() {
        return Some(document);
    }
    let steps = pointer.strip_prefix('/')?;
    steps.split('/').try_fold(document, |value, step| {
        let name = decoded(step)?.replace("~1", "/").replace("~0", "~");
        match value {
            Value::Array(_) => value.items().nth(name.parse().ok()?),
            value => value.member(&name),
        }
    })
}

/// Without the escapes of a URI.
fn decoded(step: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(step.len());
    let mut rest = step.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, after) {
            (b'%', [high, low, others @ ..]) => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                bytes.push((digit(*high)? * 16 + digit(*low)?) as u8);
                rest = others;
            }
            _ => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::scanner::Scanner;

    #[test]
    fn places_are_found() {
        let text = r#"{"$defs":{"a/b":1,"c~":[2,3]," ":4}}"#;
        let document = Scanner::new(text).value().unwrap();
        let at = |pointer: &str| find(document, pointer).map(Value::to_json);
        assert_eq!(at("").as_deref(), Some(text));
        assert_eq!(at("/$defs/a~1b").as_deref(), Some("1"));
        assert_eq!(at("/$defs/c~0/1").as_deref(), Some("3"));
        assert_eq!(at("/%24defs/%20").as_deref(), Some("4"));
        for none in ["/$defs/x", "/$defs/c~0/2", "$defs", "/%2", "/$defs/c~0/x"] {
            assert_eq!(at(none), None, "{none}");
        }
    }
}
