//! Kafka Connect's schemas, read by their documentation
//! (`org.apache.kafka.connect.json.JsonConverter`) and nothing of ours.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

use super::logical::{self, mean};
use super::tree::{self, Miss, Tree, whole};
use crate::oracle;

const SCALARS: [&str; 11] = [
    "boolean", "int8", "int16", "int32", "int64", "float", "float32", "double", "float64",
    "string", "bytes",
];

/// That a schema is one.
pub(super) fn check(schema: &RawValue) -> Result<(), Miss> {
    let word = oracle::member_text(schema, "type").ok_or(Miss::Refused)?;
    let part = |name: &str| check(oracle::member(schema, name).ok_or(Miss::Refused)?);
    match word.as_str() {
        "array" => part("items")?,
        "map" => part("keys").and_then(|()| part("values"))?,
        "struct" => {
            for field in oracle::items(oracle::member(schema, "fields").ok_or(Miss::Refused)?)
                .unwrap_or_default()
            {
                oracle::member_text(field, "field").ok_or(Miss::Refused)?;
                check(field)?;
            }
        }
        word if SCALARS.contains(&word) => {}
        _ => return Err(Miss::Refused),
    }
    if default(schema).is_some_and(|default| !is_complete(default, schema)) {
        return Err(Miss::Refused);
    }
    logical::check(schema, &word)
}

/// Whether a default says itself all it means.
fn is_complete(value: &RawValue, schema: &RawValue) -> bool {
    if value.get() == "null" {
        return is_optional(schema) || default(schema).is_none();
    }
    let part = |name: &str, value: &RawValue| {
        oracle::member(schema, name).is_some_and(|schema| is_complete(value, schema))
    };
    let list = oracle::items(value).unwrap_or_default();
    match oracle::member_text(schema, "type").as_deref() {
        Some("array") => list.into_iter().all(|item| part("items", item)),
        Some("map") if value.get().starts_with('[') => list.into_iter().all(|pair| {
            let pair = oracle::items(pair).unwrap_or_default();
            pair.into_iter().zip(["keys", "values"]).all(|(value, name)| part(name, value))
        }),
        Some("map") => {
            let mut members = oracle::members(value).unwrap_or_default().into_iter();
            members.all(|(_, value)| part("values", value))
        }
        Some("struct") if value.get().starts_with('{') => {
            let fields =
                oracle::member(schema, "fields").and_then(oracle::items).unwrap_or_default();
            fields.into_iter().all(|field| {
                let given = oracle::member_text(field, "field")
                    .and_then(|name| oracle::member(value, &name));
                given.map_or(default(field).is_none(), |value| is_complete(value, field))
            })
        }
        _ => true,
    }
}

/// The fields of a struct, each once.
pub(super) fn fields(schema: &RawValue) -> Result<Vec<(String, &RawValue)>, Miss> {
    let list = oracle::member(schema, "fields").and_then(oracle::items).unwrap_or_default();
    let mut fields: Vec<(String, &RawValue)> = Vec::new();
    for field in list {
        let name = oracle::member_text(field, "field").ok_or(Miss::Refused)?;
        if fields.iter().any(|(known, _)| *known == name) {
            return Err(Miss::Unsure);
        }
        fields.push((name, field));
    }
    Ok(fields)
}

/// What stands for a field that a struct leaves out.
pub(super) fn left_out(schema: &RawValue) -> Result<Option<Tree>, Miss> {
    match default(schema) {
        Some(default) => convert(default, schema).map(Some),
        None if is_optional(schema) => Ok(None),
        None => Err(Miss::Refused),
    }
}

/// That a struct may leave a field out.
pub(super) fn may_be_left_out(schema: &RawValue) -> Result<(), Miss> {
    if default(schema).is_some() || is_optional(schema) { Ok(()) } else { Err(Miss::Refused) }
}

fn default(schema: &RawValue) -> Option<&RawValue> {
    oracle::member(schema, "default").filter(|default| default.get() != "null")
}

fn is_optional(schema: &RawValue) -> bool {
    oracle::member(schema, "optional").is_some_and(|optional| optional.get() == "true")
}

/// A value as its schema, which was checked, declares it.
pub(super) fn convert(value: &RawValue, schema: &RawValue) -> Result<Tree, Miss> {
    if value.get() == "null" {
        return match default(schema) {
            _ if is_optional(schema) => Ok(Tree::Null),
            Some(default) => convert(default, schema),
            None => Err(Miss::Refused),
        };
    }
    let word = oracle::member_text(schema, "type").ok_or(Miss::Refused)?;
    let plain = match word.as_str() {
        "array" => list(value, oracle::member(schema, "items").ok_or(Miss::Refused)?),
        "map" => map(value, schema),
        "struct" => structure(value, schema),
        word => scalar(value, word, logical::is_decimal(schema)),
    }?;
    mean(plain, schema, &word)
}

fn scalar(value: &RawValue, word: &str, decimal: bool) -> Result<Tree, Miss> {
    let tree = Tree::of(value).ok_or(Miss::Unsure)?;
    let right = match (&tree, word) {
        (Tree::Bool(_), "boolean") | (Tree::Text(_), "string") => true,
        (Tree::Number(digits), "int8") => whole(digits).is_some_and(|it| it.parse::<i8>().is_ok()),
        (Tree::Number(digits), "int16") => {
            whole(digits).is_some_and(|it| it.parse::<i16>().is_ok())
        }
        (Tree::Number(digits), "int32") => {
            whole(digits).is_some_and(|it| it.parse::<i32>().is_ok())
        }
        (Tree::Number(digits), "int64") => {
            whole(digits).is_some_and(|it| it.parse::<i64>().is_ok())
        }
        (Tree::Number(digits), "float" | "float32") => digits.parse().is_ok_and(f32::is_finite),
        (Tree::Number(digits), "double" | "float64") => digits.parse().is_ok_and(f64::is_finite),
        (Tree::Text(text), "float" | "float32" | "double" | "float64") => {
            matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity")
        }
        (Tree::Number(_), "bytes") => decimal,
        (Tree::Text(text), "bytes") => STANDARD.decode(text).is_ok(),
        _ => false,
    };
    if right { Ok(tree) } else { Err(Miss::Refused) }
}

fn list(value: &RawValue, items: &RawValue) -> Result<Tree, Miss> {
    let list = oracle::items(value).ok_or(Miss::Refused)?;
    list.into_iter().map(|item| convert(item, items)).collect::<Result<_, _>>().map(Tree::List)
}

fn map(value: &RawValue, schema: &RawValue) -> Result<Tree, Miss> {
    let [keys, values] = ["keys", "values"].map(|name| oracle::member(schema, name));
    let (keys, values) = (keys.ok_or(Miss::Refused)?, values.ok_or(Miss::Refused)?);
    if let Some(members) = tree::once(value).map_err(|_| Miss::Unsure)? {
        let member = |(name, value)| Ok((name, convert(value, values)?));
        return members.into_iter().map(member).collect::<Result<_, _>>().map(Tree::Object);
    }
    let pair = |pair: &RawValue| match oracle::items(pair).as_deref() {
        Some([key, value]) => Ok(Tree::List(vec![convert(key, keys)?, convert(value, values)?])),
        _ => Err(Miss::Refused),
    };
    let pairs = oracle::items(value).ok_or(Miss::Refused)?;
    pairs.into_iter().map(pair).collect::<Result<_, _>>().map(Tree::List)
}

fn structure(value: &RawValue, schema: &RawValue) -> Result<Tree, Miss> {
    let members = tree::once(value).map_err(|_| Miss::Unsure)?.ok_or(Miss::Refused)?;
    let fields = fields(schema)?;
    let mut object = Vec::new();
    for (name, value) in &members {
        let declared = fields.iter().find(|(field, _)| field == name);
        let value = match declared {
            Some((_, declared)) => convert(value, declared)?,
            None => Tree::of(value).ok_or(Miss::Unsure)?,
        };
        object.push((name.clone(), value));
    }
    for (name, declared) in fields {
        if members.iter().all(|(member, _)| *member != name)
            && let Some(value) = left_out(declared)?
        {
            object.push((name, value));
        }
    }
    Ok(Tree::Object(object))
}
