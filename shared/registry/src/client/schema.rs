//! A schema as an answer of a registry has it: plain data.

use sluice_bridge::format::registry::SchemaKind;

/// A schema, and the names of those to which it refers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The language, or which one it is that we do not read.
    pub(crate) kind: Result<SchemaKind, String>,
    pub(crate) text: String,
    pub(crate) links: Vec<Link>,
}

/// The name under which a schema refers to another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) name: String,
    pub(crate) place: Place,
}

/// Where the other schema is. What is there never changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In a subject, as Confluent's registry has it.
    Subject { subject: String, version: i64 },
    /// In an artifact, as Apicurio has it.
    Artifact { group: Option<String>, artifact: String, version: String },
}

impl Place {
    /// What a message calls it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Place::Subject { subject, version } => format!("version {version} of {subject}"),
            Place::Artifact { artifact, version, .. } => {
                format!("version {version} of the artifact {artifact}")
            }
        }
    }
}

/// Reads the name of a language; Avro if there is none.
///
/// # Errors
/// The end of a sentence: it is none that we read.
pub(crate) fn kind(name: Option<&str>) -> Result<SchemaKind, String> {
    match name.map(str::to_ascii_uppercase).as_deref() {
        None | Some("AVRO") => Ok(SchemaKind::Avro),
        Some("PROTOBUF") => Ok(SchemaKind::Protobuf),
        Some("JSON") => Ok(SchemaKind::Json),
        Some(other) => Err(format!("because it is of the type {other}, which is not supported")),
    }
}
