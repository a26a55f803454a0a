//! Options for the format of keys and values, and for the schema registry that some of them need. How the bytes are
//! written is not known here.

use sluice_bridge::format::registry::SchemaKind;
use sluice_bridge::options::{Opt, Settings};

/// `value.format`
pub const VALUE_FORMAT: Opt = Opt::new(
    "value.format",
    "`json`: a JSON object, with every digit; `json-envelope`: Kafka Connect's `schema` and `payload`, as its `JsonConverter` writes them with `schemas.enable=true`; `avro`, `protobuf`, `json-schema`: with a schema of a registry (`schema.registry.url`), as Confluent's converters write them. The subject of a schema is the topic and `-value`.",
)
.or("json");
/// `key.format`
pub const KEY_FORMAT: Opt = Opt::new(
    "key.format",
    "The same for the key, by default that of the value. The subject of its schema is the topic and `-key`.",
);
/// `schema.registry.url`
pub const SCHEMA_REGISTRY_URL: Opt = Opt::new(
    "schema.registry.url",
    "The schema registry: its URLs, comma-separated; a URL may have a path. With several, the next one is asked if one does not answer. It needs a format with a schema.",
);
/// `auto.register.schemas`
pub const AUTO_REGISTER: Opt = Opt::new(
    "auto.register.schemas",
    "Whether a schema that the registry does not have is registered. If `false`, it must be there, and a table whose schema is not there stops.",
)
.or("true");
/// `scrub.invalid.names`
pub const SCRUB: Opt = Opt::new(
    "scrub.invalid.names",
    "Whether names of tables and columns that Avro and Protobuf do not allow are changed as Confluent's converters change them: a name is encoded as in a URL, and what is then no letter of ASCII, digit or `_` becomes `_`: `order-items` becomes `order_items`, `ñ` becomes `_C3_B1`. If `false`, such a table stops.",
)
.or("false");

/// The options of this file.
pub(crate) const OPTIONS: &[&Opt] =
    &[&VALUE_FORMAT, &KEY_FORMAT, &SCHEMA_REGISTRY_URL, &AUTO_REGISTER, &SCRUB];

/// How keys or values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// An object.
    Json,
    /// Connect's `schema` and `payload`.
    Envelope,
    /// With a schema of a registry.
    Registered(SchemaKind),
}

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formats {
    /// The format of the key.
    pub key: Format,
    /// The format of the value.
    pub value: Format,
    /// Whether schemas are registered, and not only looked up.
    pub registers: bool,
    /// Whether names that are not valid are changed.
    pub scrubs: bool,
}

const FORMATS: [(&str, Format); 5] = [
    ("json", Format::Json),
    ("json-envelope", Format::Envelope),
    ("avro", Format::Registered(SchemaKind::Avro)),
    ("protobuf", Format::Registered(SchemaKind::Protobuf)),
    ("json-schema", Format::Registered(SchemaKind::Json)),
];

impl Formats {
    /// Reads the options and notes every problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Self {
        let value = settings.choice(&VALUE_FORMAT, &FORMATS);
        let key = match settings.given(&KEY_FORMAT) {
            Some(_) => settings.choice(&KEY_FORMAT, &FORMATS),
            None => value,
        };
        let (registers, scrubs) = (settings.flag(&AUTO_REGISTER), settings.flag(&SCRUB));
        let formats = Self { key, value, registers, scrubs };
        let url = SCHEMA_REGISTRY_URL.name;
        let has_registry = settings.given(&SCHEMA_REGISTRY_URL).is_some();
        if formats.needs_registry() && !has_registry {
            settings.problem(format!(
                "the formats avro, protobuf and json-schema need {url}: their schemas are registered there"
            ));
        }
        let needing = [&SCHEMA_REGISTRY_URL, &AUTO_REGISTER, &SCRUB];
        for opt in needing.into_iter().filter(|_| !formats.needs_registry()) {
            if settings.given(opt).is_some() {
                let value = VALUE_FORMAT.name;
                settings
                    .problem(format!("{} needs {value}=avro, protobuf or json-schema", opt.name));
            }
        }
        formats
    }

    /// Whether keys or values have a schema of a registry.
    #[must_use]
    pub fn needs_registry(&self) -> bool {
        [self.key, self.value].iter().any(|format| matches!(format, Format::Registered(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> (Formats, String) {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::new(OPTIONS, pairs);
        let formats = Formats::from_settings(&mut settings);
        (formats, settings.check().err().map_or(String::new(), |problems| problems.to_string()))
    }

    #[test]
    fn keys_have_the_format_of_values_unless_they_have_their_own() {
        let url = ("schema.registry.url", "http://r");
        let (formats, problems) = read(&[("value.format", "avro"), url]);
        let avro = Format::Registered(SchemaKind::Avro);
        assert_eq!((formats.key, formats.value, problems.as_str()), (avro, avro, ""));
        let (formats, problems) = read(&[("value.format", "avro"), ("key.format", "json"), url]);
        assert_eq!((formats.key, formats.value, problems.as_str()), (Format::Json, avro, ""));
        assert_eq!(read(&[]).0.key, Format::Json);
    }

    #[test]
    fn a_schema_needs_a_registry_and_a_registry_a_schema() {
        assert!(read(&[("value.format", "protobuf")]).1.contains("need schema.registry.url"));
        assert!(read(&[("key.format", "json-schema")]).1.contains("need schema.registry.url"));
        for (name, value) in [
            ("schema.registry.url", "http://r"),
            ("auto.register.schemas", "false"),
            ("scrub.invalid.names", "true"),
        ] {
            let problems = read(&[(name, value)]).1;
            assert!(problems.contains(&format!("{name} needs value.format=avro")), "{problems}");
        }
    }
}
