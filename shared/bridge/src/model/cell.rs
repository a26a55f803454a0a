//! One value between a record and a column.

use bumpalo::Bump;

use crate::json::value::Value;
use crate::json::write::write_string;

/// What a record says about one column. Numbers stay text, so that every digit survives. Absent,
/// null and a value stay distinct up to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'e> {
    /// The record does not mention the column: it gets its default, or keeps its value.
    Absent,
    /// The record says null.
    Null,
    /// A JSON boolean.
    Bool(bool),
    /// A JSON number, digits as sent.
    Number(&'e str),
    /// A number of milliseconds since 1970 (UTC); `unix.precision` does not apply to it.
    Millis(&'e str),
    /// Text, unescaped.
    Text(&'e str),
    /// A JSON object or array, as sent.
    Json(&'e str),
    /// Text whose meaning depends on the column too. The mapper converts it: a sink gets one only of declared bytes,
    /// for a column that [takes](crate::model::table::Takes::Own) values of any type.
    Coded(Code, &'e str),
    /// A JSON array of such texts, in any number of dimensions. No sink gets one.
    CodedItems(Code, &'e str),
}

/// What the text of a [`Cell::Coded`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// A number of a change event without a schema: its unit is unknown.
    BareNumber,
    /// A text of a change event without a schema: it may be base64, or a JSON document.
    BareText,
    /// Text that a schema declares to be a string, or that a declared type is written as.
    String,
    /// A declared date, time or duration, as the text by which columns read it.
    Moment,
    /// Declared bytes, as base64.
    Bytes,
    /// Declared bits, as `0` and `1`, the first bit last.
    Bits,
    /// A declared geometry, as EWKB in hexadecimal digits.
    Geometry,
}

impl<'e> Cell<'e> {
    /// A JSON value as a cell; text is unescaped into the arena.
    ///
    /// # Errors
    /// A sentence, if a string is not valid text.
    #[inline]
    pub fn from_json(value: Value<'e>, arena: &'e Bump) -> Result<Self, &'static str> {
        Ok(match value {
            Value::Null => Cell::Null,
            Value::Bool(truth) => Cell::Bool(truth),
            Value::Number(digits) => Cell::Number(digits),
            Value::Text(raw) => Cell::Text(raw.unescape(arena).map_err(|wrong| wrong.what)?),
            Value::Object(text) | Value::Array(text) => Cell::Json(text),
        })
    }

    /// The same for a change event without a schema, which does not say what its values mean.
    ///
    /// # Errors
    /// As [`Cell::from_json`].
    pub(crate) fn bare(value: Value<'e>, arena: &'e Bump) -> Result<Self, &'static str> {
        Ok(match Self::from_json(value, arena)? {
            Cell::Number(digits) => Cell::Coded(Code::BareNumber, digits),
            Cell::Text(text) => Cell::Coded(Code::BareText, text),
            Cell::Json(text) if text.starts_with('[') => Cell::CodedItems(Code::BareText, text),
            other => other,
        })
    }

    /// Its name in an error; never its content.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Cell::Absent => "nothing",
            Cell::Null => "null",
            Cell::Bool(_) => "boolean",
            Cell::Number(_) | Cell::Millis(_) | Cell::Coded(Code::BareNumber, _) => "number",
            Cell::Text(_) | Cell::Coded(Code::BareText | Code::String, _) => "string",
            Cell::Coded(Code::Moment, _) => "date or time",
            Cell::Coded(Code::Bytes, _) => "bytes",
            Cell::Coded(Code::Bits, _) => "bits",
            Cell::Coded(Code::Geometry, _) => "geometry",
            Cell::CodedItems(..) => "array",
            Cell::Json(text) if text.starts_with('[') => "array",
            Cell::Json(_) => "object",
        }
    }

    /// Whether it has a value; `false` is one.
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
            Cell::Coded(_, text) | Cell::CodedItems(_, text) => Some(text),
        }
    }

    /// Passes the value to `out` as JSON, in pieces; an absent one as null.
    pub fn write_json(self, out: &mut impl FnMut(&str)) {
        match self {
            Cell::Coded(Code::BareNumber, digits) => out(digits),
            Cell::Text(text) | Cell::Coded(_, text) => write_string(text, out),
            other => out(other.as_text().unwrap_or("null")),
        }
    }
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
