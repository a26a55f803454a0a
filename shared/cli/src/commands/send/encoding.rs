//! Makes JSON what the schemas say. How a value is encoded is known to `sluice-encode`, and how a
//! registry is asked to `sluice-registry`.

use std::error::Error;

use bytes::Bytes;
use sluice_bridge::format::registry::SchemaKind;
use sluice_bridge::options::formats::SCHEMA_REGISTRY_URL;
use sluice_bridge::options::{Opt, Settings};
use sluice_encode::{Encoded, Encoder, Refusal};
use sluice_registry::{NewSchema, OPTIONS, Registered, SchemaRegistry, SubjectVersion};
use sluice_trigger::Prepared;

use crate::arguments::{
    RegistryAccess, SchemaFormat, SchemaPlace, SchemaPosition, SchemaReference, SchemaSource,
    Schemas,
};
use crate::commands::invoke::read;

/// How keys and values will be encoded. Nothing is registered yet.
pub(super) struct Draft {
    key: Option<DraftPart>,
    value: Option<DraftPart>,
    position: SchemaPosition,
    registry: SchemaRegistry,
}

/// How keys and values are encoded; each of them as it is without a schema.
pub(super) struct Encoding {
    key: Option<Part>,
    value: Option<Part>,
    position: SchemaPosition,
}

/// The encoder of keys or values, and what becomes of its schema.
struct DraftPart {
    encoder: Encoder,
    schema: DraftSchema,
}

enum DraftSchema {
    /// It has an id.
    Known(u32),
    /// It is registered in a subject.
    New { subject: String, schema: NewSchema },
}

/// The encoder of keys or values, and the id of its schema.
struct Part {
    encoder: Encoder,
    id: u32,
}

impl Draft {
    /// Finds the schemas.
    pub(super) async fn open(schemas: &Schemas, topic: &str) -> Result<Self, Box<dyn Error>> {
        let (value, key) = (schemas.of_values(topic), schemas.of_keys(topic));
        let position = schemas.schema_id;
        if value.is_none() && key.is_none() {
            let is_prefix = position == SchemaPosition::Prefix;
            if !is_prefix || !schemas.registry.registry_options.is_empty() {
                return Err("the options of schemas need --format or --key-format".into());
            }
            return Ok(Self { key: None, value: None, position, registry: Default::default() });
        }
        let mut draft =
            Self { key: None, value: None, position, registry: registry(&schemas.registry)? };
        if let Some(source) = value {
            draft.value = Some(part(&draft.registry, &source).await?);
        }
        if let Some(source) = key {
            draft.key = Some(part(&draft.registry, &source).await?);
        }
        Ok(draft)
    }

    /// Whether the first key and the first value fit. If they do not, nothing should be registered: a schema stays in its
    /// subject, and later ones must be compatible with it.
    pub(super) fn check(&self, key: Option<&Bytes>, value: Option<&Bytes>) -> Result<(), String> {
        for (part, name, json) in [(&self.key, "key", key), (&self.value, "value", value)] {
            if let (Some(part), Some(json)) = (part, json) {
                part.encoder.payload(json).map_err(|refusal| unsent(name, &refusal))?;
            }
        }
        Ok(())
    }

    /// Registers the schemas that are new.
    pub(super) async fn register(self) -> Result<Encoding, Box<dyn Error>> {
        let value = registered(&self.registry, self.value).await?;
        let key = registered(&self.registry, self.key).await?;
        Ok(Encoding { key, value, position: self.position })
    }
}

async fn registered(
    registry: &SchemaRegistry,
    part: Option<DraftPart>,
) -> Result<Option<Part>, Box<dyn Error>> {
    let Some(DraftPart { encoder, schema }) = part else { return Ok(None) };
    let id = match schema {
        DraftSchema::Known(id) => id,
        DraftSchema::New { subject, schema } => registry.register(&subject, schema).await?,
    };
    Ok(Some(Part { encoder, id }))
}

impl Encoding {
    /// What is sent of a key and a value.
    pub(super) fn prepare(
        &self,
        key: Option<Bytes>,
        value: Option<Bytes>,
    ) -> Result<Prepared, String> {
        let mut prepared = Prepared::default();
        let mut encode = |part: &Option<Part>, name: &str, json: Option<Bytes>| {
            let (Some(part), Some(json)) = (part, &json) else { return Ok(json) };
            let encoded = part.encode(json, self.position);
            let encoded = encoded.map_err(|refusal| unsent(name, &refusal))?;
            let header = encoded.header.map(|id| (format!("__{name}_schema_id"), id.into()));
            prepared.headers.extend(header);
            Ok::<_, String>(Some(Bytes::from(encoded.bytes)))
        };
        let (key, value) = (encode(&self.key, "key", key)?, encode(&self.value, "value", value)?);
        Ok(Prepared { key, value, ..prepared })
    }
}

impl Part {
    fn encode(&self, json: &[u8], position: SchemaPosition) -> Result<Encoded, Refusal> {
        match position {
            SchemaPosition::Prefix => self.encoder.with_prefix(self.id, json),
            SchemaPosition::Header => self.encoder.with_header(self.id, json),
        }
    }
}

fn unsent(name: &str, refusal: &Refusal) -> String {
    format!("the {name} cannot be sent: {refusal}")
}

fn registry(access: &RegistryAccess) -> Result<SchemaRegistry, Box<dyn Error>> {
    if access.registry_url.is_none() {
        return Err("a schema needs --registry URL".into());
    }
    let known: Vec<&Opt> = OPTIONS.iter().copied().chain([&SCHEMA_REGISTRY_URL]).collect();
    let mut settings = Settings::new(&known, access.pairs());
    let registry = SchemaRegistry::from_settings(&mut settings);
    match settings.check() {
        Ok(()) => Ok(registry),
        Err(problems) => Err(problems.0.join("; ").into()),
    }
}

async fn part(
    registry: &SchemaRegistry,
    source: &SchemaSource<'_>,
) -> Result<DraftPart, Box<dyn Error>> {
    let kind = match source.format {
        SchemaFormat::Avro => SchemaKind::Avro,
        SchemaFormat::Protobuf => SchemaKind::Protobuf,
        SchemaFormat::JsonSchema => SchemaKind::Json,
    };
    let (draft, schema) = match source.place {
        SchemaPlace::Version { .. } if !source.references.is_empty() => {
            return Err("--schema-reference needs a file: a version has its own references".into());
        }
        SchemaPlace::Version { subject, version } => {
            let Registered { id, schema } = registry.named(subject, version).await?;
            (DraftSchema::Known(id), schema)
        }
        SchemaPlace::File(path) => {
            let text =
                read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            let text = String::from_utf8(text)
                .map_err(|_| format!("{} is not UTF-8 text", path.display()))?;
            let reference = |it: &SchemaReference| SubjectVersion {
                name: it.name.clone(),
                subject: it.subject.clone(),
                version: it.version,
            };
            let references = source.references.iter().map(reference).collect();
            let new = NewSchema { kind, text, references };
            let schema = registry.resolve(new.clone()).await?;
            (DraftSchema::New { subject: source.subject.clone(), schema: new }, schema)
        }
    };
    if schema.kind != kind {
        return Err(format!("the schema is {}, not {kind}", schema.kind).into());
    }
    let encoder = Encoder::new(&schema, source.message)?;
    Ok(DraftPart { encoder, schema: draft })
}
