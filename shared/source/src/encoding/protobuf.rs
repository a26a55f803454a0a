//! Protobuf: the text of a schema, and the bytes of values ("Encoding" in the documentation of Protocol Buffers).
//!
//! Source of the text: `io.confluent.connect.protobuf.ProtobufData` with `optional.for.nullables=true`, because without
//! it null and zero would be the same. Fields are numbered in the order of the columns.

use bytes::{BufMut, BytesMut};
use sluice_bridge::format::registry::UNSET_IS_NULL;
use sluice_bridge::values::calendar;

use super::datum::Datum;
use super::field::{Field, Kind};
use super::names;
use super::wire::{size, varint};

/// The types of the wire.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;
const FIXED32: u64 = 5;

/// The name of a message without one, such as a key (`ProtobufData`).
const NAMELESS: &str = "ConnectDefault1";
/// Debezium's geometry.
const GEOMETRY: &str = "\nmessage Geometry {\n  bytes wkb = 1;\n  optional int32 srid = 2;\n}\n";

/// The schema of a message with these fields. `name` is that of the table; a key has none.
///
/// # Errors
/// A name is not one of Protobuf, or two columns would have the same.
pub(super) fn text(name: Option<&str>, fields: &[Field], scrubs: bool) -> Result<String, String> {
    let message = match name {
        Some(name) => names::valid(name, scrubs)?,
        None => NAMELESS.to_owned(),
    };
    let has_geometry = fields.iter().any(|field| field.kind == Kind::Geometry);
    let names = names::of_fields(fields, scrubs)?;
    if has_geometry && (message == "Geometry" || names.iter().any(|name| name == "Geometry")) {
        return Err("the name `Geometry` is that of a type of its schema".to_owned());
    }
    let has_null = fields.iter().any(|field| field.is_optional);
    let mut lines = String::new();
    if has_null {
        // Other readers than our sinks pass over it.
        let params = format!(r#"{{key: "{UNSET_IS_NULL}", value: "null"}}"#);
        lines += &format!("  option (confluent.message_meta) = {{params: [{params}]}};\n\n");
    }
    for (place, (field, name)) in fields.iter().zip(names).enumerate() {
        let Type { word, meta, .. } = type_of(field.kind);
        // A message is null if it is not there.
        let label = if field.is_optional && is_scalar(field.kind) { "optional " } else { "" };
        let meta = match meta.as_slice() {
            [] => String::new(),
            meta => {
                let params = meta
                    .iter()
                    .map(|(key, value)| format!(r#"{{key: "{key}", value: "{value}"}}"#));
                let params: Vec<String> = params.collect();
                format!(" [(confluent.field_meta) = {{params: [{}]}}]", params.join(", "))
            }
        };
        lines += &format!("  {label}{word} {name} = {}{meta};\n", place + 1);
    }
    let types: Vec<Type> = fields.iter().map(|field| type_of(field.kind)).collect();
    let mut imports: Vec<&str> = types.iter().filter_map(|ty| ty.import).collect();
    let has_meta = has_null || types.iter().any(|ty| !ty.meta.is_empty());
    imports.extend(has_meta.then_some("confluent/meta.proto"));
    imports.sort_unstable();
    imports.dedup();
    let imports: String = imports.iter().map(|path| format!("import \"{path}\";\n")).collect();
    let gap = if imports.is_empty() { "" } else { "\n" };
    let geometry = if has_geometry { GEOMETRY } else { "" };
    Ok(format!("syntax = \"proto3\";\n\n{imports}{gap}message {message} {{\n{lines}}}\n{geometry}"))
}

/// A type in the text of a schema.
struct Type {
    word: &'static str,
    /// The file that has it.
    import: Option<&'static str>,
    /// What Connect's converter reads beside it.
    meta: Vec<(&'static str, String)>,
}

fn type_of(kind: Kind) -> Type {
    let of = |word| Type { word, import: None, meta: Vec::new() };
    let from = |word, path| Type { import: Some(path), ..of(word) };
    match kind {
        Kind::Int8 | Kind::Int16 => {
            Type { meta: vec![("connect.type", kind.connect().to_owned())], ..of("int32") }
        }
        Kind::Unsigned => of("uint64"),
        Kind::Boolean => of("bool"),
        Kind::Bits(_) => of("bytes"),
        Kind::Floats => of("repeated float"),
        Kind::Geometry => of("Geometry"),
        Kind::Date => from("google.type.Date", "google/type/date.proto"),
        Kind::Timestamp | Kind::MicroTimestamp => {
            from("google.protobuf.Timestamp", "google/protobuf/timestamp.proto")
        }
        Kind::Decimal { precision, scale } => {
            let meta = vec![("precision", precision.to_string()), ("scale", scale.to_string())];
            Type { meta, ..from("confluent.type.Decimal", "confluent/type/decimal.proto") }
        }
        Kind::Int32 | Kind::Int64 | Kind::MicroTime | Kind::Float | Kind::Double => {
            of(kind.connect())
        }
        Kind::Text | Kind::Json => of("string"),
        Kind::Bytes => of("bytes"),
    }
}

fn is_scalar(kind: Kind) -> bool {
    let of = type_of(kind);
    of.import.is_none() && !matches!(kind, Kind::Geometry | Kind::Floats)
}

/// Writes a value of the field at a place; `None` if it is null where null has no place.
pub(super) fn put(
    field: &Field,
    place: usize,
    datum: &Datum<'_>,
    out: &mut BytesMut,
) -> Option<()> {
    if *datum == Datum::Null {
        return field.is_optional.then_some(());
    }
    let number = place as u64 + 1;
    let is_always = field.is_optional || !is_scalar(field.kind);
    match (field.kind, datum) {
        (Kind::Date, Datum::Int(days)) => {
            let (year, month, day) = calendar::civil(*days);
            ints(number, &[year, month, day], out);
        }
        (Kind::Timestamp, Datum::Int(count)) => moment(number, *count, 1_000, out),
        (Kind::MicroTimestamp, Datum::Int(count)) => moment(number, *count, 1_000_000, out),
        (Kind::Decimal { precision, scale }, Datum::Bytes(unscaled)) => {
            let mut inner = BytesMut::new();
            bytes(1, unscaled, &mut inner);
            int(2, precision.into(), &mut inner);
            int(3, scale.into(), &mut inner);
            bytes(number, &inner, out);
        }
        (_, Datum::Geometry { srid, wkb }) => {
            let mut inner = BytesMut::new();
            bytes(1, wkb, &mut inner);
            int(2, (*srid).into(), &mut inner);
            bytes(number, &inner, out);
        }
        (_, scalar) if is_always || !is_default(scalar) => single(number, scalar, out),
        _ => {}
    }
    Some(())
}

/// A value that is not sent where it has no presence. A negative zero is another one.
fn is_default(datum: &Datum<'_>) -> bool {
    match datum {
        Datum::Boolean(truth) => !truth,
        Datum::Int(number) => *number == 0,
        Datum::Unsigned(number) => *number == 0,
        Datum::Float(number) => number.to_bits() == 0,
        Datum::Double(number) => number.to_bits() == 0,
        Datum::Text(text) => text.is_empty(),
        Datum::Bytes(bytes) => bytes.is_empty(),
        Datum::Floats(floats) => floats.is_empty(),
        Datum::Null | Datum::Geometry { .. } => false,
    }
}

fn single(number: u64, datum: &Datum<'_>, out: &mut BytesMut) {
    match datum {
        Datum::Null | Datum::Geometry { .. } => {}
        Datum::Boolean(truth) => {
            tag(number, VARINT, out);
            varint((*truth).into(), out);
        }
        Datum::Int(value) => {
            tag(number, VARINT, out);
            varint(value.cast_unsigned(), out);
        }
        Datum::Unsigned(value) => {
            tag(number, VARINT, out);
            varint(*value, out);
        }
        Datum::Float(value) => {
            tag(number, FIXED32, out);
            out.put_f32_le(*value);
        }
        Datum::Double(value) => {
            tag(number, FIXED64, out);
            out.put_f64_le(*value);
        }
        Datum::Text(text) => bytes(number, text.as_bytes(), out),
        Datum::Bytes(value) => bytes(number, value, out),
        // Packed.
        Datum::Floats(floats) => bytes(number, floats, out),
    }
}

/// Seconds, and nanoseconds after them.
fn moment(number: u64, count: i64, per_second: i64, out: &mut BytesMut) {
    let nanos = count.rem_euclid(per_second) * (1_000_000_000 / per_second);
    ints(number, &[count.div_euclid(per_second), nanos], out);
}

/// A message of whole numbers.
fn ints(number: u64, values: &[i64], out: &mut BytesMut) {
    let length = |(value, place): (&i64, u64)| match *value {
        0 => 0,
        value => size(place << 3) + size(value.cast_unsigned()),
    };
    tag(number, LENGTH, out);
    varint(values.iter().zip(1..).map(length).sum::<usize>() as u64, out);
    values.iter().zip(1..).for_each(|(value, place)| int(place, *value, out));
}

fn int(number: u64, value: i64, out: &mut BytesMut) {
    if value != 0 {
        tag(number, VARINT, out);
        varint(value.cast_unsigned(), out);
    }
}

fn bytes(number: u64, bytes: &[u8], out: &mut BytesMut) {
    tag(number, LENGTH, out);
    varint(bytes.len() as u64, out);
    out.put_slice(bytes);
}

fn tag(number: u64, wire: u64, out: &mut BytesMut) {
    varint(number << 3 | wire, out);
}

#[cfg(test)]
mod tests;
