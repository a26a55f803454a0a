//! The values of a JSON text, as they are written there.

use crate::json::string::Raw;

/// One JSON value as it is written in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'e> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The digits as sent.
    Number(&'e str),
    /// A string, still escaped.
    Text(Raw<'e>),
    /// An object, braces included.
    Object(&'e str),
    /// An array, brackets included.
    Array(&'e str),
}

impl<'e> Value<'e> {
    /// Its name in an error.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::Text(_) => "string",
            Value::Object(_) => "object",
            Value::Array(_) => "array",
        }
    }

    /// Its characters, if it is a string without a lone surrogate.
    #[must_use]
    pub fn to_text(self) -> Option<String> {
        match self {
            Value::Text(raw) => raw.to_text().ok(),
            _ => None,
        }
    }

    /// As JSON, as it is written in the text.
    pub(crate) fn to_json(self) -> Box<str> {
        match self {
            Value::Null => "null".into(),
            Value::Bool(truth) => truth.to_string().into(),
            Value::Number(text) | Value::Object(text) | Value::Array(text) => text.into(),
            Value::Text(raw) => format!("\"{}\"", raw.as_written()).into(),
        }
    }
}
