//! What a schema of a registry declares, for a person who reads it: the fields as the schema's own
//! language names them. No record is decoded with this.

mod avro;
mod json_schema;
mod protobuf;

use crate::format::schema_text::{SchemaKind, SchemaText};
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

/// Reads the fields of a type of a schema; `name` is the full name of one, or else the schema's own
/// type is meant.
///
/// # Errors
/// A sentence about what is not valid in the schema.
pub fn fields(schema: &SchemaText, name: Option<&str>) -> Result<DeclaredType, String> {
    match schema.kind {
        SchemaKind::Avro => avro::fields(schema, name),
        SchemaKind::Protobuf => protobuf::fields(schema, name),
        SchemaKind::Json => json_schema::fields(&schema.text),
    }
}

fn document(text: &str) -> Result<Value<'_>, String> {
    Scanner::new(text).value().map_err(|wrong| format!("the schema is not JSON: {}", wrong.what))
}

fn text(value: Value<'_>, member: &str) -> Option<String> {
    value.member(member).and_then(Value::to_text)
}

#[cfg(test)]
mod tests;
