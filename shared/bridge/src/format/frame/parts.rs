//! What a frame says: plain data.

use std::borrow::Cow;
use std::fmt;

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
    pub(super) fn word(self) -> &'static str {
        match self {
            Part::Key => "key",
            Part::Value => "value",
        }
    }
}

/// Where a record says which schema it was written with, in the words of `value.schema.id` where it
/// has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// The metadata that Lambda's event source mapping adds to the event.
    Event,
    /// A header of Confluent's clients.
    Header,
    /// Headers of Apicurio's clients.
    ApicurioHeader,
    /// Confluent's prefix.
    Confluent,
    /// Apicurio's prefix of nine bytes.
    Apicurio,
    /// Apicurio's prefix of five bytes.
    Apicurio4,
    /// The prefix of AWS Glue.
    Glue,
}

impl Framing {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Framing::Event => "event",
            Framing::Header => "header",
            Framing::ApicurioHeader => "apicurio-header",
            Framing::Confluent => "confluent",
            Framing::Apicurio => "apicurio",
            Framing::Apicurio4 => "apicurio-4",
            Framing::Glue => "glue",
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
    pub(super) payload: &'e [u8],
    /// Whether the payload is compressed with zlib.
    pub(super) is_compressed: bool,
    pub(crate) pointer: Pointer,
    /// Whether Avro is in its JSON encoding.
    pub(crate) is_json: bool,
    /// Whether `bytes` at the top have no length before them, as Confluent's clients write them.
    pub(crate) bare_bytes: bool,
}

/// The reason for bytes that have no valid frame.
pub(crate) type Reason = Cow<'static, str>;

impl<'e> Frame<'e> {
    pub(super) fn new(id: SchemaId, payload: &'e [u8], pointer: Pointer) -> Self {
        Self { id, payload, pointer, is_compressed: false, is_json: false, bare_bytes: false }
    }
}
