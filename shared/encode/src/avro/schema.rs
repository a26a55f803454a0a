//! A schema of Avro with the named types that it uses.

use std::collections::HashMap;

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, RecordSchema, UuidSchema};

/// A schema, and its named types by their full names.
pub(crate) struct AvroSchema {
    pub(super) root: Schema,
    named: HashMap<String, Schema>,
}

impl AvroSchema {
    /// Reads a schema; `references` define the named types that it uses.
    ///
    /// # Errors
    /// A sentence about what is not valid.
    pub(crate) fn parse(text: &str, references: &[&str]) -> Result<Self, String> {
        let (root, references) = Schema::parse_str_with_list(text, references)
            .map_err(|wrong| format!("the Avro schema is not valid: {wrong}"))?;
        let mut named = HashMap::new();
        for schema in references.iter().chain([&root]) {
            collect(schema, &mut named);
        }
        Ok(Self { root, named })
    }

    /// The type for which a name stands, or the type itself.
    pub(super) fn resolved<'s>(&'s self, schema: &'s Schema) -> &'s Schema {
        match schema {
            Schema::Ref { name } => self.named.get(&name.fullname(None)).unwrap_or(schema),
            schema => schema,
        }
    }
}

/// Notes the named types within a schema.
fn collect(schema: &Schema, named: &mut HashMap<String, Schema>) {
    match schema {
        Schema::Array(array) => collect(&array.items, named),
        Schema::Map(map) => collect(&map.types, named),
        Schema::Union(union) => union.variants().iter().for_each(|one| collect(one, named)),
        Schema::Record(RecordSchema { fields, .. }) => {
            fields.iter().for_each(|field| collect(&field.schema, named));
        }
        _ => {}
    }
    if let Some(name) = full_name(schema) {
        named.insert(name, schema.clone());
    }
}

/// The full name of a type that its schema defines.
pub(super) fn full_name(schema: &Schema) -> Option<String> {
    let name = match schema {
        Schema::Record(record) => &record.name,
        Schema::Enum(symbols) => &symbols.name,
        Schema::Fixed(fixed) | Schema::Duration(fixed) => &fixed.name,
        Schema::Uuid(UuidSchema::Fixed(fixed)) => &fixed.name,
        Schema::Decimal(decimal) => match &decimal.inner {
            InnerDecimalSchema::Fixed(fixed) => &fixed.name,
            InnerDecimalSchema::Bytes => return None,
        },
        _ => return None,
    };
    Some(name.fullname(None))
}
