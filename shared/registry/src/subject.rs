//! Schemas in the subjects of a registry, as a person or a producer names them.

use sluice_bridge::format::registry::{SchemaKind, SchemaText};

/// A schema, and the id by which records name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Confluent's id.
    pub id: u32,
    /// The schema and those to which it refers.
    pub schema: SchemaText,
}

/// A schema that is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSchema {
    /// Its language.
    pub kind: SchemaKind,
    /// Its text.
    pub text: String,
    /// The schemas to which it refers.
    pub references: Vec<SubjectVersion>,
}

/// A version to which a schema refers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectVersion {
    /// The name under which the schema refers to it.
    pub name: String,
    /// The subject.
    pub subject: String,
    /// The version.
    pub version: i64,
}
