//! Avro: a payload becomes what apache-avro reads from it, or both refuse it.
//!
//! What is meant to be different: bytes after the value are refused, and so is what becomes too deep
//! or too long, which the oracle is then not asked about. A boolean is 0 or 1. The size of a block
//! is not negative.

use std::sync::LazyLock;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, json};
use sluice_bridge::format::registry::SchemaKind;

use super::registered::{decode, parsed};
use super::sent::comes_back;

/// Schemas of records that between them have every type; the first byte of the data chooses one.
pub(crate) const SCHEMAS: [&str; 4] = [
    r#"{"type":"record","name":"R","fields":[{"name":"b","type":"boolean"},{"name":"i","type":"int"},
        {"name":"l","type":"long"},{"name":"f","type":"float"},{"name":"d","type":"double"},
        {"name":"y","type":"bytes"},{"name":"s","type":"string"},{"name":"n","type":"null"}]}"#,
    r#"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","items":["null","long","string"]}},
        {"name":"m","type":{"type":"map","values":{"type":"array","items":"int"}}},
        {"name":"u","type":["string","null",{"type":"map","values":"bytes"}]}]}"#,
    r#"{"type":"record","name":"R","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","R"]},
        {"name":"kids","type":{"type":"array","items":"R"}}]}"#,
    r#"{"type":"record","name":"R","fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B","C"]}},
        {"name":"x","type":{"type":"fixed","name":"F","size":3}},{"name":"nulls","type":{"type":"array","items":"null"}},
        {"name":"r","type":{"type":"record","name":"I","fields":[{"name":"e","type":"E"},{"name":"o","type":["null","F"]}]}}]}"#,
];

static PARSED: LazyLock<Vec<Schema>> = LazyLock::new(|| {
    // What it may reserve for a length that it has not seen the bytes of.
    apache_avro::util::max_allocation_bytes(1 << 20);
    SCHEMAS.iter().map(|text| Schema::parse_str(text).expect("the schema is valid")).collect()
});

/// A schema by its place, as the oracle has it.
pub(crate) fn schema(place: usize) -> &'static Schema {
    &PARSED[place % SCHEMAS.len()]
}

/// A byte that chooses a schema, then a payload.
///
/// # Panics
/// The law does not hold of these bytes.
pub fn holds(data: &[u8]) {
    let Some((&choice, payload)) = data.split_first() else { return };
    let place = usize::from(choice) % SCHEMAS.len();
    let Schema::Record(record) = schema(place) else { panic!("a schema of a record") };
    let fields: Vec<&str> = record.fields.iter().map(|field| field.name.as_str()).collect();
    let ours = decode(SchemaKind::Avro, SCHEMAS[place], &fields, payload);
    let is_meant = |why: &str| {
        ["bytes follow", "64 levels", "16 MiB", "neither 0 nor 1", "block is negative"]
            .iter()
            .any(|words| why.contains(words))
    };
    if ours.as_ref().is_err_and(|why| is_meant(why)) {
        return;
    }
    // It reads on where the last bytes are missing: what it reads then is not in the payload.
    let is_there = |it: &Value| ours.is_ok() || write(place, it).is_some_and(|it| it == payload);
    let theirs = read(place, &mut &payload[..]).ok().filter(is_there);
    match (ours, theirs) {
        (Ok(ours), Some(theirs)) => {
            assert_eq!(parsed(&ours), json_of(&theirs));
            comes_back(SchemaKind::Avro, SCHEMAS[place], &fields, &ours);
        }
        (Err(_), None) => {}
        // More nulls than it has memory for.
        (Ok(ours), None) if ours.len() > 10_000 => {}
        (ours, theirs) => panic!("{ours:?}, but the oracle has {theirs:?}"),
    }
}

/// Whether a row comes of these bytes.
#[must_use]
pub fn is_row(data: &[u8]) -> bool {
    let Some((&choice, mut payload)) = data.split_first() else { return false };
    read(choice.into(), &mut payload).is_ok() && payload.is_empty()
}

fn read(place: usize, payload: &mut &[u8]) -> Result<Value, apache_avro::Error> {
    GenericDatumReader::builder(schema(place)).build()?.read_value(payload)
}

fn write(place: usize, value: &Value) -> Option<Vec<u8>> {
    GenericDatumWriter::builder(schema(place)).build().ok()?.write_value_to_vec(value.clone()).ok()
}

fn json_of(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Boolean(truth) => json!(truth),
        Value::Int(number) => json!(number),
        Value::Long(number) => json!(number),
        Value::Float(number) => float(f64::from(*number), &format!("{number:?}")),
        Value::Double(number) => float(*number, &format!("{number:?}")),
        Value::Bytes(bytes) | Value::Fixed(_, bytes) => json!(STANDARD.encode(bytes)),
        Value::String(text) | Value::Enum(_, text) => json!(text),
        Value::Union(_, inner) => json_of(inner),
        Value::Array(items) => items.iter().map(json_of).collect(),
        Value::Map(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), json_of(value)));
            members.collect::<Map<_, _>>().into()
        }
        Value::Record(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), json_of(value)));
            fields.collect::<Map<_, _>>().into()
        }
        other => panic!("no schema has {other:?}"),
    }
}

/// The shortest digits of a number, or its name.
fn float(number: f64, digits: &str) -> serde_json::Value {
    match number {
        number if number.is_nan() => json!("NaN"),
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        _ => parsed(digits),
    }
}
