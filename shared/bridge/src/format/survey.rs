//! What keys and values are declared as, and what those look like that are JSON without a schema of a
//! registry. Nothing is mapped to a column.

use std::collections::HashMap;

use bumpalo::Bump;

use crate::event::record::Record;
use crate::format::decode::{Decoded, RecordDecoder, RecordKey, checked};
use crate::format::envelope::Content;
use crate::format::frame::{Framing, Part, SchemaId};
use crate::format::framed;
use crate::format::refusal;
use crate::format::registry::{Known, KnownSchemas};
use crate::format::schema_text::{SchemaKind, SchemaText};
use crate::json::value::Value;
use crate::model::failure::Refusal;
use crate::options::formats::{Format, Formats};

/// The keys or the values of records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Each kind that was met, in the order of the event.
    pub kinds: Vec<Kind>,
    /// How many are null, or missing.
    pub nulls: usize,
    /// Why some cannot be read, and how many.
    pub refused: Vec<(String, usize)>,
}

/// Keys or values that are declared alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// The format, as `value.format` names it.
    pub format: &'static str,
    /// The schema of a registry.
    pub schema: Option<NamedSchema>,
    /// How many there are.
    pub records: usize,
    /// What they have, if no schema of a registry says it.
    pub fields: Vec<FoundField>,
    /// Where each of them stands.
    places: HashMap<String, usize>,
}

/// A schema of a registry, as a record names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedSchema {
    /// Its name in the registry.
    pub id: SchemaId,
    /// Where the record names it.
    pub framing: Framing,
    /// The full name of the record of Avro or the message of Protobuf.
    pub type_name: Option<String>,
    /// The schema.
    pub text: SchemaText,
}

/// A field that JSON shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundField {
    /// Its name; empty for the value itself, if it is no object.
    pub name: String,
    /// The types of its values, and how many are of each.
    pub types: Vec<(&'static str, usize)>,
    /// How often it is null.
    pub nulls: usize,
}

/// What one key or value is.
enum Met<'e> {
    Null,
    Of(&'static str, Option<NamedSchema>, Option<Content<'e>>),
}

/// Looks at records.
#[derive(Debug)]
pub struct Surveyor {
    formats: Formats,
    known: KnownSchemas,
    decoder: RecordDecoder,
}

impl Surveyor {
    /// Reads as the options say, with the schemas of a registry that are known.
    #[must_use]
    pub fn new(formats: Formats, known: &KnownSchemas) -> Self {
        let decoder = RecordDecoder::new(formats, known.clone(), true);
        Self { formats, known: known.clone(), decoder }
    }

    /// Looks at the value of a record.
    pub fn value(&mut self, record: &Record<'_>, survey: &mut Survey) {
        let arena = Bump::new();
        let met = self.decoder.value(record, &arena).and_then(|decoded| {
            let (plain, content) = match decoded {
                Decoded::Gone(None) => return Ok(Met::Null),
                Decoded::Text(_) => ("string", None),
                Decoded::Json(content) => {
                    checked(content.text).map_err(refusal::not_json)?;
                    (json_format(&content), Some(content))
                }
                Decoded::Image { after: content, .. }
                | Decoded::Gone(Some(content))
                | Decoded::Marked(content) => ("debezium", Some(content)),
                Decoded::Nothing | Decoded::Fields(_) => ("debezium", None),
            };
            self.met(record, Part::Value, plain, content, &arena)
        });
        survey.add(met);
    }

    /// Looks at the key of a record.
    pub fn key(&mut self, record: &Record<'_>, survey: &mut Survey) {
        let arena = Bump::new();
        let met = self.decoder.key(record, &arena).and_then(|key| {
            let (plain, content) = match key {
                RecordKey::Missing => return Ok(Met::Null),
                RecordKey::Text(_) => ("string", None),
                RecordKey::Json(content) => (json_format(&content), Some(content)),
            };
            self.met(record, Part::Key, plain, content, &arena)
        });
        survey.add(met);
    }

    fn met<'e>(
        &self,
        record: &Record<'e>,
        part: Part,
        plain: &'static str,
        content: Option<Content<'e>>,
        arena: &'e Bump,
    ) -> Result<Met<'e>, Refusal> {
        let Some((framing, frame)) = framed::found(record, part, self.formats)? else {
            return Ok(Met::Of(plain, None, content));
        };
        let Some(Known::Compiled(compiled)) = self.known.get(frame.id) else {
            return Ok(Met::Of(plain, None, content));
        };
        let type_name = compiled.type_name(&frame, arena).map(str::to_owned);
        let text = compiled.schema().clone();
        let format = match compiled.kind {
            SchemaKind::Avro => Format::Avro,
            SchemaKind::Protobuf => Format::Protobuf,
            SchemaKind::Json => Format::JsonSchema,
        };
        let schema = NamedSchema { id: frame.id, framing, type_name, text };
        Ok(Met::Of(format.word(), Some(schema), None))
    }
}

/// JSON with a declared type has Kafka Connect's envelope.
fn json_format(content: &Content<'_>) -> &'static str {
    if content.declared.is_some() { "json-envelope" } else { "json" }
}

impl Survey {
    fn add(&mut self, met: Result<Met<'_>, Refusal>) {
        match met {
            Ok(Met::Null) => self.nulls += 1,
            Ok(Met::Of(format, schema, content)) => {
                let is_same = |kind: &Kind| kind.format == format && is_same(&kind.schema, &schema);
                let place = self.kinds.iter().position(is_same).unwrap_or_else(|| {
                    let (fields, places) = (Vec::new(), HashMap::new());
                    self.kinds.push(Kind { format, schema, records: 0, fields, places });
                    self.kinds.len() - 1
                });
                self.kinds[place].records += 1;
                if let Some(content) = content {
                    self.kinds[place].note(content.typed().value);
                }
            }
            Err(Refusal { cause, .. }) => {
                let why = cause.to_string();
                match self.refused.iter_mut().find(|(known, _)| *known == why) {
                    Some((_, count)) => *count += 1,
                    None => self.refused.push((why, 1)),
                }
            }
        }
    }
}

fn is_same(one: &Option<NamedSchema>, other: &Option<NamedSchema>) -> bool {
    let name = |schema: &NamedSchema| (schema.id, schema.framing, schema.type_name.clone());
    one.as_ref().map(name) == other.as_ref().map(name)
}

impl Kind {
    fn note(&mut self, value: Value<'_>) {
        if !matches!(value, Value::Object(_)) {
            return self.note_field(String::new(), value);
        }
        for (name, value) in value.members() {
            if let Ok(name) = name.to_text() {
                self.note_field(name, value);
            }
        }
    }

    fn note_field(&mut self, name: String, value: Value<'_>) {
        let place = *self.places.entry(name).or_insert_with_key(|name| {
            self.fields.push(FoundField { name: name.clone(), types: Vec::new(), nulls: 0 });
            self.fields.len() - 1
        });
        let field = &mut self.fields[place];
        match (value, field.types.iter_mut().find(|(kind, _)| *kind == value.kind())) {
            (Value::Null, _) => field.nulls += 1,
            (_, Some((_, count))) => *count += 1,
            (value, None) => field.types.push((value.kind(), 1)),
        }
    }
}
