//! Payloads that are what their schema says, oddities included.

use apache_avro::schema::Schema;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use fastrand::Rng;
use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor};

use crate::formats::{avro, protobuf};

const TEXTS: [&str; 6] = ["", "a", "ü€😀", "\"\\\n", "__debezium_unavailable_value", "null"];
const LONGS: [i64; 9] = [0, 1, -1, 63, -65, 300, i32::MAX as i64, i64::MAX, i64::MIN];
const DOUBLES: [f64; 8] = [0.0, -0.0, 0.1, 1e300, 5e-324, f64::NAN, f64::INFINITY, 16_777_217.0];

/// A byte that chooses a schema, and a payload that it describes.
#[must_use]
pub fn avro(rng: &mut Rng) -> Vec<u8> {
    let choice = rng.u8(..);
    let schema = avro::schema(choice.into());
    let value = avro_value(schema, schema, 0, rng);
    let writer = GenericDatumWriter::builder(schema).build().expect("the schema is valid");
    let payload = writer.write_value_to_vec(value).expect("it is of the schema");
    [vec![choice], payload].concat()
}

fn avro_value(schema: &Schema, root: &Schema, depth: usize, rng: &mut Rng) -> Value {
    let few = if depth > 3 { 0 } else { rng.usize(..4) };
    match schema {
        Schema::Null => Value::Null,
        Schema::Boolean => Value::Boolean(rng.bool()),
        Schema::Int => Value::Int(LONGS[rng.usize(..LONGS.len())] as i32),
        Schema::Long => Value::Long(LONGS[rng.usize(..LONGS.len())]),
        Schema::Float => Value::Float(DOUBLES[rng.usize(..DOUBLES.len())] as f32),
        Schema::Double => Value::Double(DOUBLES[rng.usize(..DOUBLES.len())]),
        Schema::Bytes => Value::Bytes((0..few).map(|_| rng.u8(..)).collect()),
        Schema::String => Value::String(text(rng)),
        Schema::Fixed(fixed) => {
            Value::Fixed(fixed.size, (0..fixed.size).map(|_| rng.u8(..)).collect())
        }
        Schema::Enum(symbols) => {
            let place = rng.usize(..symbols.symbols.len());
            Value::Enum(place as u32, symbols.symbols[place].clone())
        }
        Schema::Array(items) => {
            Value::Array((0..few).map(|_| avro_value(&items.items, root, depth + 1, rng)).collect())
        }
        Schema::Map(values) => {
            let value =
                |rng: &mut Rng| (text(rng), avro_value(&values.types, root, depth + 1, rng));
            Value::Map((0..few).map(|_| value(rng)).collect())
        }
        Schema::Union(union) => {
            let place = if depth > 3 { 0 } else { rng.usize(..union.variants().len()) };
            let inner = avro_value(&union.variants()[place], root, depth + 1, rng);
            Value::Union(place as u32, inner.into())
        }
        Schema::Record(record) => {
            let mut field = |field: &apache_avro::schema::RecordField| {
                (field.name.clone(), avro_value(&field.schema, root, depth + 1, rng))
            };
            Value::Record(record.fields.iter().map(&mut field).collect())
        }
        Schema::Ref { name } => {
            let named = named(root, name.name()).expect("the type is defined");
            avro_value(named, root, depth, rng)
        }
        other => panic!("no schema has {other:?}"),
    }
}

/// The definition of a named type within the root.
fn named<'s>(schema: &'s Schema, name: &str) -> Option<&'s Schema> {
    let of = |inner: &'s Schema| named(inner, name);
    match schema {
        Schema::Record(record) if record.name.name() == name => Some(schema),
        Schema::Enum(it) if it.name.name() == name => Some(schema),
        Schema::Fixed(it) if it.name.name() == name => Some(schema),
        Schema::Record(record) => record.fields.iter().find_map(|field| of(&field.schema)),
        Schema::Array(items) => of(&items.items),
        Schema::Map(values) => of(&values.types),
        Schema::Union(union) => union.variants().iter().find_map(of),
        _ => None,
    }
}

/// The same for Protobuf.
#[must_use]
pub fn protobuf(rng: &mut Rng) -> Vec<u8> {
    let choice = rng.u8(..);
    let message = message(&protobuf::message(choice.into()), 0, rng);
    // Twice, now and then: its values are merged.
    let again = if rng.u8(..8) == 0 { message.encode_to_vec() } else { Vec::new() };
    [vec![choice], message.encode_to_vec(), again].concat()
}

fn message(descriptor: &MessageDescriptor, depth: usize, rng: &mut Rng) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        let is_required = field.cardinality() == prost_reflect::Cardinality::Required;
        if is_required || rng.u8(..3) > 0 {
            let value = field_value(&field, depth, rng);
            message.set_field(&field, value);
        }
    }
    message
}

fn field_value(field: &FieldDescriptor, depth: usize, rng: &mut Rng) -> prost_reflect::Value {
    use prost_reflect::Value;
    let few = if depth > 2 { 0 } else { rng.usize(..4) };
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
            let pair = |rng: &mut Rng| {
                let key = match key.kind() {
                    Kind::String => MapKey::String(text(rng)),
                    Kind::Bool => MapKey::Bool(rng.bool()),
                    _ => MapKey::I64(LONGS[rng.usize(..LONGS.len())]),
                };
                (key, one_value(&value.kind(), depth, rng))
            };
            Value::Map((0..few).map(|_| pair(rng)).collect())
        }
        kind if field.is_list() => {
            Value::List((0..few).map(|_| one_value(&kind, depth, rng)).collect())
        }
        kind => one_value(&kind, depth, rng),
    }
}

fn one_value(kind: &Kind, depth: usize, rng: &mut Rng) -> prost_reflect::Value {
    use prost_reflect::Value;
    let number = LONGS[rng.usize(..LONGS.len())];
    match kind {
        Kind::Double => Value::F64(DOUBLES[rng.usize(..DOUBLES.len())]),
        Kind::Float => Value::F32(DOUBLES[rng.usize(..DOUBLES.len())] as f32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(number as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(number as u32),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(number as u64),
        Kind::Bool => Value::Bool(rng.bool()),
        Kind::String => Value::String(text(rng)),
        Kind::Bytes => Value::Bytes(vec![rng.u8(..); rng.usize(..4)].into()),
        Kind::Enum(_) => Value::EnumNumber(rng.i32(-1..4)),
        Kind::Message(inner) => Value::Message(message(inner, depth + 1, rng)),
    }
}

fn text(rng: &mut Rng) -> String {
    TEXTS[rng.usize(..TEXTS.len())].to_owned()
}

/// Two bytes that choose options, and a value with a frame, as often as not.
#[must_use]
pub fn frame(rng: &mut Rng) -> Vec<u8> {
    let begins: [&[u8]; 6] = [&[0], &[1], &[3, 0], &[3, 5], b"{\"a\":1}", &[]];
    let begin = begins[rng.usize(..begins.len())];
    let rest = (0..rng.usize(..24)).map(|_| rng.u8(..)).collect::<Vec<u8>>();
    let rest = if begin.starts_with(b"{") { Vec::new() } else { rest };
    [&[rng.u8(..), rng.u8(..)], begin, &rest].concat()
}
