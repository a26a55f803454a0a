//! A schema as a registry has it: its language, its text, and those to which it refers.

use std::fmt;

/// The language of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaKind {
    /// Apache Avro, as JSON.
    Avro,
    /// Protocol Buffers: the text of a `.proto` file, or a `FileDescriptorProto` in base64.
    Protobuf,
    /// JSON Schema.
    Json,
}

impl fmt::Display for SchemaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SchemaKind::Avro => "Avro",
            SchemaKind::Protobuf => "Protobuf",
            SchemaKind::Json => "JSON Schema",
        })
    }
}

/// A schema as the registry has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaText {
    /// Its language.
    pub kind: SchemaKind,
    /// Its text.
    pub text: String,
    /// All schemas to which it refers, directly or by way of others, each after those to which it
    /// refers itself.
    pub references: Vec<Reference>,
}

/// A schema to which another one refers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name under which it is referred to: for Avro the full name of a type, for Protobuf the
    /// path of an import, for JSON Schema a URI.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What a registry answers about an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The schema.
    Schema(SchemaText),
    /// There is no such schema, also when asked again.
    Unknown,
    /// There is one, and this is why it cannot be used.
    Unusable(String),
}
