//! Logical types of Avro ("Logical Types" in the specification), and what Connect and Debezium
//! write beside a type: `connect.type`, `connect.name`, `connect.parameters`
//! (`io.confluent.connect.avro.AvroData`). One that does not fit its type is ignored, as the
//! specification says.

use super::plan::Type;
use crate::format::logical::{Base, Logical};
use crate::json::value::Value;
use crate::values::calendar::Unit;

/// The precision that Connect writes where it knows none (`CONNECT_AVRO_DECIMAL_PRECISION_DEFAULT`).
const UNKNOWN_PRECISION: u32 = 64;

/// A primitive type by its word; `None` if the word is none.
///
/// # Errors
/// A parameter of Connect's is missing or not valid.
pub(super) fn primitive(word: &str, schema: Value<'_>) -> Result<Option<Type>, String> {
    let name = schema.member("logicalType").and_then(Value::to_text).unwrap_or_default();
    Ok(Some(match word {
        "null" => Type::Null,
        "boolean" => Type::Boolean,
        "int" => match (of_connect(schema, Base::Integer)?, name.as_str()) {
            (Some(logical), _) => count(true, logical),
            (None, "date") => count(true, Logical::Date),
            (None, "time-millis") => count(true, Logical::Time(Unit::Millis)),
            _ => Type::Int(bits(schema)),
        },
        "long" => match (of_connect(schema, Base::Integer)?, name.as_str()) {
            (Some(logical), _) => count(false, logical),
            (None, name) => long(name),
        },
        "float" => Type::Float,
        "double" => Type::Double,
        "bytes" => match of_connect(schema, Base::Bytes)? {
            Some(Logical::Decimal { scale }) => decimal_of(scale, schema, None),
            Some(logical) => Type::Bytes(Some(logical)),
            None => decimal(schema, None).unwrap_or(Type::Bytes(None)),
        },
        "string" => Type::Text(of_connect(schema, Base::Text)?),
        _ => return Ok(None),
    }))
}

fn long(name: &str) -> Type {
    let local = |unit| {
        let of = Logical::Timestamp(unit);
        Type::Count { is_int: false, is_local: true, of }
    };
    match name {
        "time-micros" => count(false, Logical::Time(Unit::Micros)),
        "timestamp-millis" => count(false, Logical::Timestamp(Unit::Millis)),
        "timestamp-micros" => count(false, Logical::Timestamp(Unit::Micros)),
        "timestamp-nanos" => count(false, Logical::Timestamp(Unit::Nanos)),
        "local-timestamp-millis" => local(Unit::Millis),
        "local-timestamp-micros" => local(Unit::Micros),
        "local-timestamp-nanos" => local(Unit::Nanos),
        _ => Type::Long,
    }
}

fn count(is_int: bool, of: Logical) -> Type {
    Type::Count { is_int, is_local: false, of }
}

/// The type of a fixed number of bytes.
pub(super) fn fixed(size: usize, schema: Value<'_>) -> Type {
    let name = schema.member("logicalType").and_then(Value::to_text).unwrap_or_default();
    match (name.as_str(), size) {
        ("duration", 12) => Type::Duration,
        ("uuid", 16) => Type::Uuid,
        _ => decimal(schema, Some(size)).unwrap_or(Type::Fixed(size)),
    }
}

/// The logical type of a record: Debezium's decimals of any scale, and geometries.
///
/// # Errors
/// As [`primitive`].
pub(super) fn of_record(schema: Value<'_>) -> Result<Option<Logical>, String> {
    of_connect(schema, Base::Struct)
}

fn of_connect(schema: Value<'_>, base: Base) -> Result<Option<Logical>, String> {
    match schema.member("connect.name").and_then(Value::to_text) {
        Some(name) => Logical::named(&name, schema.member("connect.parameters"), base),
        None => Ok(None),
    }
}

/// The bits of an `int`, as Connect says.
fn bits(schema: Value<'_>) -> u32 {
    match schema.member("connect.type").and_then(Value::to_text).as_deref() {
        Some("int8") => 8,
        Some("int16") => 16,
        _ => 32,
    }
}

fn decimal(schema: Value<'_>, size: Option<usize>) -> Option<Type> {
    let is_decimal = schema.member("logicalType")?.to_text()? == "decimal";
    let scale = match schema.member("scale") {
        None => 0,
        Some(Value::Number(digits)) => digits.parse().ok().filter(|scale| *scale >= 0)?,
        Some(_) => return None,
    };
    is_decimal.then(|| decimal_of(scale, schema, size))
}

fn decimal_of(scale: i32, schema: Value<'_>, size: Option<usize>) -> Type {
    let precision = match schema.member("precision") {
        Some(Value::Number(digits)) => digits.parse().ok(),
        _ => None,
    };
    let precision = precision.filter(|precision| *precision != UNKNOWN_PRECISION);
    Type::Decimal { scale, precision, size }
}
