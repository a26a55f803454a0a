//! What a schema of a registry declares, for a person who reads it: the fields as the schema's own
//! language names them. No record is decoded with this.

mod avro;
mod declared;
mod json_schema;
mod protobuf;

pub use declared::{DeclaredField, DeclaredType};

use crate::format::schema_text::{SchemaKind, SchemaText};

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

#[cfg(test)]
mod tests;
