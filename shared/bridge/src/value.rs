//! What a JSON text holds, as it stands there.

use crate::string::Raw;

/// One JSON value as it stands in the text.
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

impl Value<'_> {
    /// What to call it in an error.
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
}
