//! Single values, and the keys of maps.

use prost_reflect::prost::bytes::Bytes;
use prost_reflect::{EnumDescriptor, Kind, MapKey, Value as Written};
use sluice_bridge::json::string::Raw;
use sluice_bridge::json::value::Value;

use crate::json::{self, bytes, integer, mismatch, text};
use crate::refusal::Refusal;

/// Writes a value that is no message.
///
/// # Errors
/// It is of another type, or cannot be kept exactly.
pub(super) fn scalar(kind: &Kind, value: Value<'_>) -> Result<Written, Refusal> {
    const INTEGER: &str = "an integer";
    Ok(match kind {
        Kind::Double => Written::F64(json::float(value)?),
        Kind::Float => Written::F32(json::float(value)?),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Written::I32(integer(value, true, INTEGER)?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Written::I64(integer(value, true, INTEGER)?),
        Kind::Uint32 | Kind::Fixed32 => Written::U32(integer(value, true, INTEGER)?),
        Kind::Uint64 | Kind::Fixed64 => Written::U64(integer(value, true, INTEGER)?),
        Kind::Bool => match value {
            Value::Bool(truth) => Written::Bool(truth),
            other => return mismatch(other, "a boolean"),
        },
        Kind::String => Written::String(text(value, "a string")?),
        Kind::Bytes => Written::Bytes(Bytes::from(bytes(value)?)),
        Kind::Enum(constants) => Written::EnumNumber(constant(constants, value)?),
        Kind::Message(_) => return mismatch(value, "a message"),
    })
}

/// A constant by its name, or by a number, which need not have a name.
fn constant(constants: &EnumDescriptor, value: Value<'_>) -> Result<i32, Refusal> {
    if matches!(value, Value::Number(_)) {
        return integer(value, false, "a constant");
    }
    let name = text(value, "a constant of an enum")?;
    let found = constants.get_value_by_name(&name).map(|constant| constant.number());
    found.ok_or_else(|| {
        Refusal::new(format!("it is no constant of the enum {}", constants.full_name()))
    })
}

/// The key of a map from the name of a member.
///
/// # Errors
/// It is no such key.
pub(super) fn map_key(kind: &Kind, name: &str) -> Result<MapKey, Refusal> {
    let key = match (kind, name) {
        (Kind::String, _) => return Ok(MapKey::String(name.to_owned())),
        (Kind::Bool, "true") => return Ok(MapKey::Bool(true)),
        (Kind::Bool, "false") => return Ok(MapKey::Bool(false)),
        (Kind::Bool, _) => return Err("the key is neither true nor false".into()),
        _ => scalar(kind, Value::Text(Raw::plain(name)))?,
    };
    match key {
        Written::I32(number) => Ok(MapKey::I32(number)),
        Written::I64(number) => Ok(MapKey::I64(number)),
        Written::U32(number) => Ok(MapKey::U32(number)),
        Written::U64(number) => Ok(MapKey::U64(number)),
        _ => Err("a map has keys of another type".into()),
    }
}
