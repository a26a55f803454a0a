//! One value on its way from a record to a column.

use bumpalo::Bump;

use crate::value::Value;

/// What a record says of one column. Numbers stay text, so that every digit survives; absent,
/// null and a value stay three things all the way to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'e> {
    /// The record does not mention the column: its default, or what is already there.
    Absent,
    /// The record says null.
    Null,
    /// A JSON boolean.
    Bool(bool),
    /// A JSON number, digits as sent.
    Number(&'e str),
    /// A number of milliseconds since 1970 (UTC), whatever `unix.precision` says of others.
    Millis(&'e str),
    /// Text, unescaped.
    Text(&'e str),
    /// A JSON object or array, as sent.
    Json(&'e str),
}

impl<'e> Cell<'e> {
    /// A JSON value as a cell; text is unescaped into the arena.
    ///
    /// # Errors
    /// A sentence, where a string is no text.
    pub fn from_json(value: Value<'e>, arena: &'e Bump) -> Result<Self, &'static str> {
        Ok(match value {
            Value::Null => Cell::Null,
            Value::Bool(truth) => Cell::Bool(truth),
            Value::Number(digits) => Cell::Number(digits),
            Value::Text(raw) => Cell::Text(raw.unescape(arena).map_err(|wrong| wrong.what)?),
            Value::Object(text) | Value::Array(text) => Cell::Json(text),
        })
    }

    /// What to call it in an error; never its content.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Cell::Absent => "nothing",
            Cell::Null => "null",
            Cell::Bool(_) => "boolean",
            Cell::Number(_) | Cell::Millis(_) => "number",
            Cell::Text(_) => "string",
            Cell::Json(text) if text.starts_with('[') => "array",
            Cell::Json(_) => "object",
        }
    }

    /// Whether it holds something, be it `false`.
    #[must_use]
    pub fn is_value(&self) -> bool {
        !matches!(self, Cell::Absent | Cell::Null)
    }

    /// Its characters, if it is a value.
    #[must_use]
    pub fn as_text(&self) -> Option<&'e str> {
        match *self {
            Cell::Absent | Cell::Null => None,
            Cell::Bool(true) => Some("true"),
            Cell::Bool(false) => Some("false"),
            Cell::Number(text) | Cell::Millis(text) | Cell::Text(text) | Cell::Json(text) => {
                Some(text)
            }
        }
    }

    /// Hands out pieces that are the value as JSON; what is absent as null.
    pub fn write_json(self, out: &mut impl FnMut(&str)) {
        match self {
            Cell::Text(text) => write_string(text, out),
            other => out(other.as_text().unwrap_or("null")),
        }
    }
}

/// Hands out pieces that are text as a JSON string.
pub(crate) fn write_string(text: &str, out: &mut impl FnMut(&str)) {
    const DIGITS: &str = "0123456789abcdef";
    let must_escape = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    let mut rest = text;
    out("\"");
    while let Some(place) = rest.as_bytes().iter().position(must_escape) {
        out(&rest[..place]);
        match rest.as_bytes()[place] {
            b'"' => out("\\\""),
            b'\\' => out("\\\\"),
            control => {
                let (high, low) = (usize::from(control >> 4), usize::from(control & 15));
                out("\\u00");
                out(&DIGITS[high..=high]);
                out(&DIGITS[low..=low]);
            }
        }
        rest = &rest[place + 1..];
    }
    out(rest);
    out("\"");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_as_json() {
        let text = "a\"\\\u{1f}\n\u{0}ü€𝄞 ";
        let mut written = String::new();
        Cell::Text(text).write_json(&mut |piece| written.push_str(piece));
        assert_eq!(written, "\"a\\\"\\\\\\u001f\\u000a\\u0000ü€𝄞 \"");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}
