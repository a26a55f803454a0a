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

/// How keys and values are encoded; each of them as it is without a schema.
pub(super) struct Encoding {
    key: Option<Part>,
    value: Option<Part>,
    position: SchemaPosition,
}

/// The encoder of keys or values, and the id of its schema.
struct Part {
    encoder: Encoder,
    id: u32,
}

impl Encoding {
    /// Registers the schemas, or finds them.
    pub(super) async fn open(schemas: &Schemas, topic: &str) -> Result<Self, Box<dyn Error>> {
        let (value, key) = (schemas.of_values(topic), schemas.of_keys(topic));
        let mut encoding = Self { key: None, value: None, position: schemas.schema_id };
        if value.is_none() && key.is_none() {
            let is_prefix = schemas.schema_id == SchemaPosition::Prefix;
            if !is_prefix || !schemas.registry.registry_options.is_empty() {
                return Err("the options of schemas need --format or --key-format".into());
            }
            return Ok(encoding);
        }
        let registry = registry(&schemas.registry)?;
        if let Some(source) = value {
            encoding.value = Some(part(&registry, &source).await?);
        }
        if let Some(source) = key {
            encoding.key = Some(part(&registry, &source).await?);
        }
        Ok(encoding)
    }

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
            let encoded =
                encoded.map_err(|refusal| format!("the {name} cannot be sent: {refusal}"))?;
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
) -> Result<Part, Box<dyn Error>> {
    let kind = match source.format {
        SchemaFormat::Avro => SchemaKind::Avro,
        SchemaFormat::Protobuf => SchemaKind::Protobuf,
        SchemaFormat::JsonSchema => SchemaKind::Json,
    };
    let Registered { id, schema } = match source.place {
        SchemaPlace::Version { .. } if !source.references.is_empty() => {
            return Err("--schema-reference needs a file: a version has its own references".into());
        }
        SchemaPlace::Version { subject, version } => registry.named(subject, version).await?,
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
            registry.register(&source.subject, NewSchema { kind, text, references }).await?
        }
    };
    if schema.kind != kind {
        return Err(format!("the schema {id} is {}, not {kind}", schema.kind).into());
    }
    let encoder = Encoder::new(&schema, source.message)?;
    Ok(Part { encoder, id })
}
