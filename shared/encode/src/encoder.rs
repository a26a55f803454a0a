//! A schema of any of the three languages, and how its id is put beside what it encodes:
//! Confluent's "Wire format".

use sluice_bridge::format::registry::{SchemaKind, SchemaText};

use crate::avro::AvroSchema;
use crate::json;
use crate::protobuf::ProtobufSchema;
use crate::refusal::Refusal;
use crate::wire;

/// Encodes values with one schema.
pub struct Encoder {
    language: Language,
}

enum Language {
    Avro(AvroSchema),
    Protobuf(ProtobufSchema),
    Json,
}

/// A value as it goes into a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The bytes of the key or the value.
    pub bytes: Vec<u8>,
    /// The bytes of the header that names the schema, if it is not before the value.
    pub header: Option<Vec<u8>>,
}

impl Encoder {
    /// Reads a schema and those to which it refers. `message` is the one of a Protobuf schema that is
    /// written, by its name with or without the package; `None` is the first one.
    ///
    /// # Errors
    /// A sentence about what is not valid.
    pub fn new(schema: &SchemaText, message: Option<&str>) -> Result<Self, String> {
        if message.is_some() && schema.kind != SchemaKind::Protobuf {
            return Err(format!("{} has no messages to choose from", schema.kind));
        }
        let references = schema.references.iter();
        let language = match schema.kind {
            SchemaKind::Avro => {
                let references: Vec<_> = references.map(|it| it.text.as_str()).collect();
                Language::Avro(AvroSchema::parse(&schema.text, &references)?)
            }
            SchemaKind::Protobuf => {
                let references: Vec<_> =
                    references.map(|it| (it.name.as_str(), it.text.as_str())).collect();
                Language::Protobuf(ProtobufSchema::parse(&schema.text, &references, message)?)
            }
            SchemaKind::Json => {
                let whole = json::whole(schema.text.as_bytes());
                whole.map_err(|wrong| format!("the JSON Schema is not valid: {wrong}"))?;
                Language::Json
            }
        };
        Ok(Self { language })
    }

    /// Encodes one JSON value. JSON Schema's values stay as they are written: they are not checked
    /// against the schema, as they are not when they are read.
    ///
    /// # Errors
    /// It is no JSON, no value of the schema, or cannot be kept exactly.
    pub fn payload(&self, json: &[u8]) -> Result<Vec<u8>, Refusal> {
        let value = json::whole(json)?;
        match &self.language {
            Language::Avro(schema) => schema.encode(value),
            Language::Protobuf(schema) => schema.encode(value),
            Language::Json => Ok(json.trim_ascii().to_vec()),
        }
    }

    /// Encodes one JSON value after a zero, the `id` of the schema, and for Protobuf the indexes of
    /// the message.
    ///
    /// # Errors
    /// As [`Self::payload`].
    pub fn with_prefix(&self, id: u32, json: &[u8]) -> Result<Encoded, Refusal> {
        let bytes = [self.name(id), self.payload(json)?].concat();
        Ok(Encoded { bytes, header: None })
    }

    /// Encodes one JSON value by itself; the same that names its schema goes into a header.
    ///
    /// # Errors
    /// As [`Self::payload`].
    pub fn with_header(&self, id: u32, json: &[u8]) -> Result<Encoded, Refusal> {
        Ok(Encoded { bytes: self.payload(json)?, header: Some(self.name(id)) })
    }

    fn name(&self, id: u32) -> Vec<u8> {
        let mut name = [&[0][..], &id.to_be_bytes()].concat();
        if let Language::Protobuf(schema) = &self.language {
            indexes(&schema.path, &mut name);
        }
        name
    }
}

/// A count and as many indexes, as zigzag integers; a single zero stands for the first message.
fn indexes(path: &[u32], out: &mut Vec<u8>) {
    if path == [0] {
        out.push(0);
        return;
    }
    wire::length(path.len(), out);
    for index in path {
        wire::long((*index).into(), out);
    }
}
