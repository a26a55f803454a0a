//! How `sluice send` finds a schema: its language, where its text is, and the registry.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Connection, ConnectionParser};

/// The schemas of what is sent.
#[derive(Debug, Args)]
pub(crate) struct Schemas {
    /// The format of the values: JSON is read and encoded with the schema of --schema.
    #[arg(long, value_enum, requires = "schema", conflicts_with = "tombstone")]
    pub(crate) format: Option<SchemaFormat>,

    /// The schema of the values: a file, which is registered, or SUBJECT:VERSION in the registry, where
    /// the version is a number or latest.
    #[arg(long, requires = "format", value_name = "FILE|SUBJECT:VERSION", value_parser = place)]
    pub(crate) schema: Option<SchemaPlace>,

    /// The subject in which the file is registered; by default TOPIC-value.
    #[arg(long, requires = "schema")]
    pub(crate) subject: Option<String>,

    /// The message of a Protobuf schema; by default the first one.
    #[arg(long, requires = "schema")]
    pub(crate) message: Option<String>,

    /// A schema to which the file of --schema refers: the name of a type in Avro, the path of an import in
    /// Protobuf, a URI in JSON Schema; can be repeated.
    #[arg(long, requires = "schema", value_name = "NAME=SUBJECT:VERSION", value_parser = reference)]
    pub(crate) schema_reference: Vec<SchemaReference>,

    /// The format of the keys. A key is JSON then, so that text has quotes.
    #[arg(long, value_enum, requires = "key_schema")]
    pub(crate) key_format: Option<SchemaFormat>,

    /// The schema of the keys, as --schema.
    #[arg(long, requires = "key_format", value_name = "FILE|SUBJECT:VERSION", value_parser = place)]
    pub(crate) key_schema: Option<SchemaPlace>,

    /// The subject in which the file of --key-schema is registered; by default TOPIC-key.
    #[arg(long, requires = "key_schema")]
    pub(crate) key_subject: Option<String>,

    /// The message of a Protobuf schema of the keys; by default the first one.
    #[arg(long, requires = "key_schema")]
    pub(crate) key_message: Option<String>,

    /// Where a record names its schema: before the value, or in a header as newer clients of Confluent
    /// can do.
    #[arg(long, value_enum, default_value_t = SchemaPosition::Prefix)]
    pub(crate) schema_id: SchemaPosition,

    #[command(flatten)]
    pub(crate) registry: RegistryAccess,
}

/// The schema registry, and how to connect to it.
#[derive(Debug, Args)]
pub(crate) struct RegistryAccess {
    /// The URL of the schema registry, with its path; several are separated by commas.
    #[arg(long = "registry", env = "SCHEMA_REGISTRY_URL", value_name = "URL,…")]
    pub(crate) registry_url: Option<String>,

    /// An option of the registry, as the functions have it without `schema.registry.`; can be
    /// repeated: basic.auth.user.info, bearer.auth.*, ssl.*. A value can refer to a secret as
    /// ${env:NAME} or ${file:PATH:KEY}.
    #[arg(long = "registry-option", value_name = "NAME=VALUE", value_parser = ConnectionParser("--registry-option"))]
    pub(crate) registry_options: Vec<Connection>,
}

impl RegistryAccess {
    /// The options by their names, the URL among them, their references replaced.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let named =
            |name: &str| format!("schema.registry.{}", name.trim_start_matches("schema.registry."));
        let url = self.registry_url.iter().map(|url| (named("url"), url.clone()));
        url.chain(self.registry_options.iter().map(|it| (named(&it.name), it.value.clone())))
            .collect()
    }
}

/// The schema of keys or of values, as it is asked for.
#[derive(Debug)]
pub(crate) struct SchemaSource<'a> {
    pub(crate) format: SchemaFormat,
    pub(crate) place: &'a SchemaPlace,
    /// The subject in which a file is registered.
    pub(crate) subject: String,
    pub(crate) message: Option<&'a str>,
    pub(crate) references: &'a [SchemaReference],
}

impl Schemas {
    /// The schema of the values, if there is one.
    pub(crate) fn of_values(&self, topic: &str) -> Option<SchemaSource<'_>> {
        Some(SchemaSource {
            format: self.format?,
            place: self.schema.as_ref()?,
            subject: self.subject.clone().unwrap_or_else(|| format!("{topic}-value")),
            message: self.message.as_deref(),
            references: &self.schema_reference,
        })
    }

    /// The schema of the keys, if there is one.
    pub(crate) fn of_keys(&self, topic: &str) -> Option<SchemaSource<'_>> {
        Some(SchemaSource {
            format: self.key_format?,
            place: self.key_schema.as_ref()?,
            subject: self.key_subject.clone().unwrap_or_else(|| format!("{topic}-key")),
            message: self.key_message.as_deref(),
            references: &[],
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaFormat {
    Avro,
    Protobuf,
    JsonSchema,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaPosition {
    /// Before the value.
    Prefix,
    /// In the header __value_schema_id or __key_schema_id.
    Header,
}

/// Where the text of a schema is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SchemaPlace {
    File(PathBuf),
    Version { subject: String, version: String },
}

/// A schema to which a file refers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SchemaReference {
    pub(crate) name: String,
    pub(crate) subject: String,
    pub(crate) version: i64,
}

/// What ends with a colon and a version is a subject, everything else a file.
fn place(text: &str) -> Result<SchemaPlace, String> {
    let is_version = |text: &str| text == "latest" || text.parse::<u32>().is_ok();
    Ok(match text.rsplit_once(':') {
        Some((subject, version)) if is_version(version) && !subject.is_empty() => {
            SchemaPlace::Version { subject: subject.to_owned(), version: version.to_owned() }
        }
        _ => SchemaPlace::File(text.into()),
    })
}

fn reference(text: &str) -> Result<SchemaReference, String> {
    let parts = text.split_once('=').and_then(|(name, place)| {
        let (subject, version) = place.rsplit_once(':')?;
        Some((name, subject, version.parse().ok()?))
    });
    let (name, subject, version) = parts.ok_or("must look like NAME=SUBJECT:VERSION")?;
    Ok(SchemaReference { name: name.to_owned(), subject: subject.to_owned(), version })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_ends_with_a_version() {
        let version = |subject: &str, version: &str| SchemaPlace::Version {
            subject: subject.to_owned(),
            version: version.to_owned(),
        };
        assert_eq!(place("orders-value:3"), Ok(version("orders-value", "3")));
        assert_eq!(place(":.ctx:orders:latest"), Ok(version(":.ctx:orders", "latest")));
        for file in ["order.avsc", "a:b.proto", ":3", "orders:newest"] {
            assert_eq!(place(file), Ok(SchemaPlace::File(file.into())));
        }
        let address = reference("shop.Address=address:1").expect("it is one");
        assert_eq!((address.name.as_str(), address.version), ("shop.Address", 1));
        assert!(reference("shop.Address=address:latest").is_err() && reference("a:1").is_err());
    }
}
