//! Writes a message by its fields.

use std::collections::HashMap;

use prost_reflect::{Cardinality, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use prost_reflect::{OneofDescriptor, Value as Written};
use sluice_bridge::json::value::Value;

use super::known::{self, Known};
use super::scalars::{map_key, scalar};
use crate::json::{MOST_DEEP, TOO_DEEP, members, mismatch};
use crate::refusal::Refusal;

/// Writes a message.
///
/// # Errors
/// It is no such message, or cannot be kept exactly.
pub(super) fn message(
    of: &MessageDescriptor,
    value: Value<'_>,
    depth: usize,
) -> Result<DynamicMessage, Refusal> {
    if depth > MOST_DEEP {
        return Err(TOO_DEEP.into());
    }
    match known::read(of, value)? {
        Some(Known::Whole(message)) => Ok(message),
        // What it stands for is the value of one of its fields.
        Some(Known::In(field)) => {
            let mut message = DynamicMessage::new(of.clone());
            let written = field_value(&field, value, depth)?;
            if !field.supports_presence() {
                refuse_negative_zero(&written)?;
            }
            message.set_field(&field, written);
            Ok(message)
        }
        None if of.full_name() == "google.protobuf.Any" => any(of, value, depth),
        None => fields(of, members(value, "a message, which is an object")?, depth),
    }
}

fn fields(
    of: &MessageDescriptor,
    members: Vec<(String, Value<'_>)>,
    depth: usize,
) -> Result<DynamicMessage, Refusal> {
    let mut message = DynamicMessage::new(of.clone());
    let mut met = Met::default();
    for (name, value) in members {
        let written = field(of, &name, value, &mut met, &mut message, depth);
        written.map_err(|refusal| refusal.in_member(&name))?;
    }
    for field in of.fields() {
        if field.cardinality() == Cardinality::Required && !message.has_field(&field) {
            return Err(Refusal::from("it is required and missing").in_member(field.name()));
        }
    }
    Ok(message)
}

/// What the members before have set. The message does not tell, because it does not keep a default value.
#[derive(Default)]
struct Met {
    fields: Vec<u32>,
    oneofs: Vec<OneofDescriptor>,
}

/// Sets the field that a member names.
fn field(
    of: &MessageDescriptor,
    name: &str,
    value: Value<'_>,
    met: &mut Met,
    message: &mut DynamicMessage,
    depth: usize,
) -> Result<(), Refusal> {
    let field = of.get_field_by_name(name).or_else(|| of.get_field_by_json_name(name));
    let Some(field) = field else {
        return Err(Refusal::new(format!("the message {} has no such field", of.full_name())));
    };
    if value == Value::Null && !takes_null(&field) {
        return match field.supports_presence() {
            // Not sent, which is all that Protobuf has for it.
            true => Ok(()),
            false => Err("a field without presence cannot be null: leave it out".into()),
        };
    }
    if met.fields.contains(&field.number()) {
        return Err("the field is there twice, by both of its names".into());
    }
    met.fields.push(field.number());
    if let Some(oneof) = field.containing_oneof() {
        if met.oneofs.contains(&oneof) {
            let why = format!("another field of the oneof {} is there", oneof.name());
            return Err(Refusal::new(why));
        }
        met.oneofs.push(oneof);
    }
    let written = field_value(&field, value, depth)?;
    if !field.supports_presence() {
        refuse_negative_zero(&written)?;
    }
    message.set_field(&field, written);
    Ok(())
}

/// Whether null is a value of the field: of `google.protobuf.Value` and `NullValue`.
fn takes_null(field: &FieldDescriptor) -> bool {
    !field.is_list() && !field.is_map() && kind_takes_null(&field.kind())
}

fn kind_takes_null(kind: &Kind) -> bool {
    match kind {
        Kind::Message(message) => message.full_name() == "google.protobuf.Value",
        Kind::Enum(constants) => constants.full_name() == "google.protobuf.NullValue",
        _ => false,
    }
}

/// Where a default value is not sent, a negative zero would be read as a positive one.
fn refuse_negative_zero(written: &Written) -> Result<(), Refusal> {
    let is_one = match written {
        Written::F32(number) => *number == 0.0 && number.is_sign_negative(),
        Written::F64(number) => *number == 0.0 && number.is_sign_negative(),
        _ => false,
    };
    match is_one {
        true => Err("a field without presence cannot be a negative zero".into()),
        false => Ok(()),
    }
}

fn field_value(
    field: &FieldDescriptor,
    value: Value<'_>,
    depth: usize,
) -> Result<Written, Refusal> {
    let kind = field.kind();
    if let (true, Kind::Message(entry)) = (field.is_map(), &kind) {
        let (key, of) = (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
        let mut map = HashMap::new();
        for (name, inner) in members(value, "a map, which is an object")? {
            let written = map_key(&key, &name).and_then(|key| {
                let written = one(&of, inner, depth)?;
                refuse_negative_zero(&written)?;
                Ok((key, written))
            });
            let (key, inner) = written.map_err(|refusal| refusal.in_member(&name))?;
            if map.insert(key, inner).is_some() {
                return Err(Refusal::from("the key is there twice").in_member(&name));
            }
        }
        return Ok(Written::Map(map));
    }
    if !field.is_list() {
        return one(&kind, value, depth);
    }
    if !matches!(value, Value::Array(_)) {
        return mismatch(value, "an array");
    }
    let item =
        |(nth, item)| one(&kind, item, depth).map_err(|refusal: Refusal| refusal.in_item(nth));
    value.items().enumerate().map(item).collect::<Result<_, _>>().map(Written::List)
}

fn one(kind: &Kind, value: Value<'_>, depth: usize) -> Result<Written, Refusal> {
    match (kind, value) {
        (Kind::Message(of), _) => message(of, value, depth + 1).map(Written::Message),
        (Kind::Enum(_), Value::Null) if kind_takes_null(kind) => Ok(Written::EnumNumber(0)),
        _ => scalar(kind, value),
    }
}

/// A message of any type: an object with its name in `@type`, beside its fields or its `value`.
fn any(of: &MessageDescriptor, value: Value<'_>, depth: usize) -> Result<DynamicMessage, Refusal> {
    use prost_reflect::prost::Message as _;

    let mut members = members(value, "a message of any type, which is an object")?;
    let Some(place) = members.iter().position(|(name, _)| name == "@type") else {
        return Err(Refusal::from("it is missing").in_member("@type"));
    };
    let url = crate::json::text(members.remove(place).1, "the name of a type")?;
    let name = url.rsplit('/').next().unwrap_or_default();
    let Some(inner) = of.parent_pool().get_message_by_name(name) else {
        return Err(Refusal::from("the schema has no such message").in_member("@type"));
    };
    let inner = match &members[..] {
        [(name, value)] if name == "value" && known::is_known(&inner) => {
            message(&inner, *value, depth + 1)?
        }
        _ => fields(&inner, members, depth + 1)?,
    };
    let mut message = DynamicMessage::new(of.clone());
    message.set_field_by_number(1, Written::String(url));
    message.set_field_by_number(2, Written::Bytes(inner.encode_to_vec().into()));
    Ok(message)
}
