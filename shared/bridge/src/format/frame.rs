//! The frame around a key or a value that was written with a schema of a registry: which schema it
//! was, and where the payload begins. The payload is read elsewhere.
//!
//! Formats: Confluent's "Wire format"; Apicurio Registry's `DefaultIdHandler`, `Legacy4ByteIdHandler`
//! and `DefaultHeadersHandler`; `GlueSchemaRegistryDeserializerDataParser` of AWS Glue; the schema
//! metadata of Lambda's event source mapping.

mod apicurio;
mod confluent;
mod glue;
mod metadata;

use std::borrow::Cow;
use std::fmt;

use bumpalo::Bump;

use crate::event::record::Record;
use crate::format::wire::{Wire, WireError};
use crate::options::formats::IdPlace;
use crate::values::binary;

/// The name of a schema in its registry. What it names never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SchemaId {
    /// Confluent's id (`/schemas/ids/{id}`); Apicurio answers with the content of that id.
    Number(u32),
    /// Confluent's GUID (`/schemas/guids/{guid}`).
    Guid([u8; 16]),
    /// Apicurio's global id (`/ids/globalIds/{id}` of its own API).
    Global(u64),
    /// Apicurio's content id (`/ids/contentIds/{id}` of its own API).
    Content(u64),
    /// The version id of AWS Glue (`GetSchemaVersion`).
    Glue([u8; 16]),
}

impl fmt::Display for SchemaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SchemaId::Number(id) => write!(f, "schema {id}"),
            SchemaId::Global(id) => write!(f, "schema with global id {id}"),
            SchemaId::Content(id) => write!(f, "schema with content id {id}"),
            SchemaId::Guid(guid) | SchemaId::Glue(guid) => {
                let mut text = Vec::new();
                binary::write_uuid(*guid, &mut text);
                write!(f, "schema {}", String::from_utf8_lossy(&text))
            }
        }
    }
}

/// A part of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Key,
    Value,
}

impl Part {
    /// Its name in the headers of Confluent's and Apicurio's clients.
    fn word(self) -> &'static str {
        match self {
            Part::Key => "key",
            Part::Value => "value",
        }
    }
}

/// How a payload says which message of a Protobuf schema it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pointer {
    /// A list of indexes in front of the payload.
    Indexes,
    /// The same list in a header; without one it is the first message.
    HeaderIndexes(Vec<u8>),
    /// A message in front of the payload, with the name.
    Reference,
    /// A name in a header.
    Name(String),
    /// An index in front of the payload, among all messages of the schema by their names.
    Sorted,
}

/// Which message of a Protobuf schema a payload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MessageName {
    /// The index in the file, then in the message, and so on.
    Path(Vec<u32>),
    /// The name, perhaps without the package.
    Name(String),
    /// The index among all messages by their full names.
    Sorted(u32),
}

/// A payload and its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame<'e> {
    pub(crate) id: SchemaId,
    payload: &'e [u8],
    /// Whether the payload is compressed with zlib.
    is_compressed: bool,
    pub(crate) pointer: Pointer,
    /// Whether Avro is in its JSON encoding.
    pub(crate) is_json: bool,
    /// Whether `bytes` at the top have no length before them, as Confluent's clients write them.
    pub(crate) bare_bytes: bool,
}

/// The reason for bytes that have no valid frame.
pub(crate) type Why = Cow<'static, str>;

impl<'e> Frame<'e> {
    fn new(id: SchemaId, payload: &'e [u8], pointer: Pointer) -> Self {
        Self { id, payload, pointer, is_compressed: false, is_json: false, bare_bytes: false }
    }

    /// Reads the frame of a key or a value; `None` if it has none.
    ///
    /// # Errors
    /// The frame is not complete, or not valid.
    pub(crate) fn read(
        record: &Record<'e>,
        part: Part,
        bytes: &'e [u8],
        place: IdPlace,
    ) -> Result<Option<Self>, Why> {
        let metadata = match part {
            Part::Key => record.key_schema,
            Part::Value => record.value_schema,
        };
        if let Some(frame) = metadata.and_then(|text| metadata::frame(text, bytes)) {
            return frame.map(Some);
        }
        let headers = record.headers;
        if matches!(place, IdPlace::Auto | IdPlace::Header) && !headers.is_empty() {
            if let Some(header) = headers.last(&format!("__{}_schema_id", part.word())) {
                return confluent::with_header(&header, bytes).map(Some);
            }
            if let Some(frame) = apicurio::with_headers(headers, part, bytes) {
                return frame.map(Some);
            }
        }
        match (place, bytes) {
            (IdPlace::Header, _) => Ok(None),
            (IdPlace::Glue | IdPlace::Auto, [3, 0 | 5, rest @ ..]) if rest.len() >= 16 => {
                glue::frame(bytes).map(Some)
            }
            (IdPlace::Glue, _) => Ok(None),
            (IdPlace::Apicurio, [0, rest @ ..]) => apicurio::with_prefix(rest).map(Some),
            (IdPlace::Apicurio4, [0, rest @ ..]) => apicurio::with_short_prefix(rest).map(Some),
            (IdPlace::Confluent, [0 | 1, ..]) | (IdPlace::Auto, [0, ..]) => {
                confluent::with_prefix(bytes).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The payload, without compression.
    ///
    /// # Errors
    /// It is not valid, or stands for more than a record can have.
    pub(crate) fn payload(&self, arena: &'e Bump) -> Result<&'e [u8], Why> {
        match self.is_compressed {
            true => glue::inflate(self.payload).map(|bytes| &*arena.alloc_slice_copy(&bytes)),
            false => Ok(self.payload),
        }
    }

    /// Which message of a Protobuf schema a payload is, and where it begins.
    ///
    /// # Errors
    /// What says so is not valid.
    pub(crate) fn message(&self, payload: &[u8]) -> Result<(MessageName, usize), Why> {
        let mut wire = Wire::new(payload);
        let name = match &self.pointer {
            Pointer::HeaderIndexes(list) => match list.as_slice() {
                [] => Ok(MessageName::Path(vec![0])),
                list => confluent::indexes(&mut Wire::new(list)),
            },
            Pointer::Indexes => confluent::indexes(&mut wire),
            Pointer::Reference => apicurio::reference(&mut wire),
            Pointer::Name(name) => Ok(MessageName::Name(name.clone())),
            Pointer::Sorted => glue::index(&mut wire),
        };
        Ok((name.map_err(shown)?, wire.at()))
    }
}

fn shown(WireError { at, what }: WireError) -> Why {
    format!("its index of the message: {what} (at byte {at})").into()
}

#[cfg(test)]
mod tests;
