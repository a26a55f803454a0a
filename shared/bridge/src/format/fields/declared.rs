//! What the languages of schemas have in common: plain data, and how the text of a schema in JSON is
//! read.

use crate::json::scanner::Scanner;
use crate::json::value::Value;

/// A record of Avro, a message of Protobuf, or an object of JSON Schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredType {
    /// Its full name, or its type if it has no fields.
    pub name: String,
    /// What the schema says about it.
    pub doc: Option<String>,
    /// Its fields in the order of the schema.
    pub fields: Vec<DeclaredField>,
}

/// A field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeclaredField {
    /// Its name.
    pub name: String,
    /// Its type in the schema's language, without null.
    pub ty: String,
    /// Its logical type with its parameters.
    pub logical: Option<String>,
    /// Whether it may be null, and whether it may be missing, in the words of the schema's language.
    pub presence: String,
    /// Its default, as JSON.
    pub default: Option<String>,
    /// What the schema says about it.
    pub doc: Option<String>,
}

/// The value of a schema in JSON.
///
/// # Errors
/// It is not JSON.
pub(super) fn document(text: &str) -> Result<Value<'_>, String> {
    Scanner::new(text).value().map_err(|wrong| format!("the schema is not JSON: {}", wrong.what))
}

/// A member that is text.
pub(super) fn text(value: Value<'_>, member: &str) -> Option<String> {
    value.member(member).and_then(Value::to_text)
}
