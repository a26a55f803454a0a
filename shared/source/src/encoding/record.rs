//! The schema of a key or a value, and its encoder.

use bytes::BytesMut;
use sluice_bridge::format::registry::SchemaKind;

use super::datum::Datum;
use super::field::Field;
use super::{avro, json_schema, protobuf};

/// Whether it is about keys or values: each of them has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The key of a record.
    Key,
    /// Its value.
    Value,
}

impl Part {
    /// The subject of its schema (Confluent's `TopicNameStrategy`).
    #[must_use]
    pub fn subject(self, topic: &str) -> String {
        match self {
            Self::Key => format!("{topic}-key"),
            Self::Value => format!("{topic}-value"),
        }
    }
}

/// A schema as it is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Its language.
    pub kind: SchemaKind,
    /// Its text.
    pub text: String,
}

/// The schema of a record with these fields. `name` is that of the table; a key has none. If it `scrubs`, a name that
/// the language does not have is changed. `is_numeric` says that decimals of JSON are numbers and not base64.
///
/// # Errors
/// A name is not one of the language, or two columns would have the same.
pub fn schema(
    kind: SchemaKind,
    name: Option<&str>,
    fields: &[Field],
    scrubs: bool,
    is_numeric: bool,
) -> Result<Schema, String> {
    let text = match kind {
        SchemaKind::Avro => avro::text(name, fields, scrubs)?,
        SchemaKind::Protobuf => protobuf::text(name, fields, scrubs)?,
        SchemaKind::Json => json_schema::text(name, fields, is_numeric),
    };
    Ok(Schema { kind, text })
}

/// What stands before a value: a zero, the id of its schema, and for Protobuf that it is the first message
/// (Confluent's "Wire format").
#[must_use]
pub fn frame(kind: SchemaKind, id: u32) -> Vec<u8> {
    let mut frame = [&[0][..], &id.to_be_bytes()].concat();
    if kind == SchemaKind::Protobuf {
        frame.push(0);
    }
    frame
}

/// Writes the values of a record's fields, in their order, as Avro or Protobuf.
#[derive(Debug)]
pub struct Encoder {
    fields: Vec<Field>,
    is_avro: bool,
}

impl Encoder {
    /// For a schema of Avro or of Protobuf; `None` for JSON Schema, whose values are JSON.
    #[must_use]
    pub fn new(kind: SchemaKind, fields: Vec<Field>) -> Option<Self> {
        (kind != SchemaKind::Json).then_some(Self { fields, is_avro: kind == SchemaKind::Avro })
    }

    /// What the field at a place holds.
    #[must_use]
    pub fn field(&self, place: usize) -> &Field {
        &self.fields[place]
    }

    /// Writes the value of the field at a place. `None` if it cannot be written there: it is null, and the field has no
    /// place for null.
    #[must_use]
    pub fn put(&self, place: usize, datum: &Datum<'_>, out: &mut BytesMut) -> Option<()> {
        let field = &self.fields[place];
        match self.is_avro {
            true => avro::put(field.is_optional, datum, out),
            false => protobuf::put(field, place, datum, out),
        }
    }
}
