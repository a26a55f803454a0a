//! Options for the format of keys and values, and for where a record says which schema it was
//! written with. How the bytes are read is not known here.

use crate::options::settings::{Opt, Settings};

/// `value.format`
pub const VALUE_FORMAT: Opt = Opt::new(
    "value.format",
    "`json`: a JSON object whose keys are columns; `json-envelope`: Kafka Connect's `schema` and `payload`, every value checked against its declared type; `debezium`: change events, full or flattened, with or without an envelope; `avro`, `protobuf`, `json-schema`: written with a schema of a registry (`schema.registry.url`); `string`: text for the column `value`; `auto`: one of the first three, by the shape of each record, or one of a registry, if `schema.registry.url` is set.",
)
.or("auto");
/// `key.format`
pub const KEY_FORMAT: Opt = Opt::new("key.format", "The same for the key. With `auto` a JSON object or a quoted JSON string is read as such, anything else is text.").or("auto");
/// `schema.registry.url`
pub const SCHEMA_REGISTRY_URL: Opt = Opt::new(
    "schema.registry.url",
    "The schema registry: its URLs, comma-separated; a URL may have a path. With several, the next one is asked if one does not answer. With `auto`, a key or a value that names a schema is then decoded with it.",
);
/// `value.schema.id`
pub const VALUE_SCHEMA_ID: Opt = Opt::new(
    "value.schema.id",
    "Where a value says which schema it was written with. `confluent`: a zero byte and four bytes before it; `apicurio`: a zero byte and eight bytes, for Protobuf also the name of the message; `apicurio-4`: the same with four bytes; `glue`: the eighteen bytes of AWS Glue; `header`: a header of Confluent's or Apicurio's clients; `auto`: a header, or else Glue's bytes, or else Confluent's.",
)
.or("auto");
/// `key.schema.id`
pub const KEY_SCHEMA_ID: Opt = Opt::new("key.schema.id", "The same for the key.").or("auto");
/// `flatten.unions`
pub const FLATTEN_UNIONS: Opt = Opt::new("flatten.unions", "What a union of several types of Avro and a oneof of Protobuf become. `true`: the value itself, and a field of the message for each member. `false`, as Confluent's converters do by default: an object with a member for each type, named like the type, and an object for each oneof, named like it with its number (`choice_0`); the members that have no value are null.").or("true");

/// How the bytes of a key or a value are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Format {
    /// By its shape.
    Auto,
    Json,
    JsonEnvelope,
    Debezium,
    String,
    Avro,
    Protobuf,
    JsonSchema,
}

impl Format {
    /// Whether only a schema of a registry tells what the bytes mean.
    #[must_use]
    pub fn needs_schema(self) -> bool {
        matches!(self, Format::Avro | Format::Protobuf | Format::JsonSchema)
    }

    /// Whether the bytes may have been written with a schema of a registry.
    #[must_use]
    pub fn may_have_schema(self) -> bool {
        self.needs_schema() || matches!(self, Format::Auto | Format::Debezium)
    }
}

impl Format {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        FORMATS.iter().find(|(_, format)| *format == self).map_or("", |(word, _)| word)
    }
}

const FORMATS: &[(&str, Format)] = &[
    ("auto", Format::Auto),
    ("json", Format::Json),
    ("json-envelope", Format::JsonEnvelope),
    ("debezium", Format::Debezium),
    ("string", Format::String),
    ("avro", Format::Avro),
    ("protobuf", Format::Protobuf),
    ("json-schema", Format::JsonSchema),
];

/// Where a key or a value says which schema it was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum IdPlace {
    /// A header, or else what the first bytes show.
    Auto,
    Confluent,
    /// Eight bytes.
    Apicurio,
    /// Four bytes.
    Apicurio4,
    Glue,
    Header,
}

const PLACES: &[(&str, IdPlace)] = &[
    ("auto", IdPlace::Auto),
    ("confluent", IdPlace::Confluent),
    ("apicurio", IdPlace::Apicurio),
    ("apicurio-4", IdPlace::Apicurio4),
    ("glue", IdPlace::Glue),
    ("header", IdPlace::Header),
];

/// How keys and values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formats {
    /// The format of the value.
    pub value: Format,
    /// The format of the key.
    pub key: Format,
    /// Where the value names its schema.
    pub value_id: IdPlace,
    /// Where the key names its schema.
    pub key_id: IdPlace,
    /// Whether `schema.registry.url` is set.
    pub has_registry: bool,
    /// Whether unions and oneofs are not objects.
    pub flatten_unions: bool,
}

impl Formats {
    /// Reads the options, and notes every problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let formats = Self {
            value: settings.choice(&VALUE_FORMAT, FORMATS),
            key: settings.choice(&KEY_FORMAT, FORMATS),
            value_id: settings.choice(&VALUE_SCHEMA_ID, PLACES),
            key_id: settings.choice(&KEY_SCHEMA_ID, PLACES),
            has_registry: settings.given(&SCHEMA_REGISTRY_URL).is_some(),
            flatten_unions: settings.flag(&FLATTEN_UNIONS),
        };
        for (format, opt) in [(formats.value, &VALUE_FORMAT), (formats.key, &KEY_FORMAT)] {
            if format.needs_schema() && !formats.has_registry {
                settings.problem(format!(
                    "{}=avro, protobuf and json-schema need schema.registry.url",
                    opt.name
                ));
            }
        }
        formats.refuse_without_effect(settings);
        formats
    }

    /// Options that would change nothing are problems: this would only be noticed in production.
    fn refuse_without_effect(&self, settings: &mut Settings) {
        let ids = [
            (self.value_id, &VALUE_SCHEMA_ID, self.value, &VALUE_FORMAT),
            (self.key_id, &KEY_SCHEMA_ID, self.key, &KEY_FORMAT),
        ];
        for (place, opt, format, of) in ids {
            if place == IdPlace::Auto {
                continue;
            }
            if !self.has_registry {
                settings.problem(format!("{} needs {}", opt.name, SCHEMA_REGISTRY_URL.name));
            } else if !format.may_have_schema() {
                let needed = "auto, debezium, avro, protobuf or json-schema";
                settings.problem(format!("{} needs {}={needed}", opt.name, of.name));
            }
        }
        if !self.flatten_unions && !self.has_registry {
            let (name, url) = (FLATTEN_UNIONS.name, SCHEMA_REGISTRY_URL.name);
            settings.problem(format!("{name}=false needs {url}"));
        }
    }
}
