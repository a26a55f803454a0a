//! JSON Schema: no value is checked against it. It only says what Connect's converter writes beside
//! a type, so that bytes, decimals and moments keep their meaning.
//!
//! Format: `io.confluent.connect.json.JsonSchemaData`: `connect.type`, `connect.parameters`, and
//! the name of a logical type as `title`.

use std::rc::Rc;

use crate::format::logical::{Base, Logical};
use crate::format::origin::Origin;
use crate::format::schema::{Declared, Field, Fields, Kind};
use crate::json::scanner::Scanner;
use crate::json::value::Value;

/// What the schema declares; `None` if it declares nothing that the JSON does not show itself.
///
/// # Errors
/// The schema is not JSON, or a parameter of a logical type is missing or not valid.
pub(crate) fn declared(text: &str) -> Result<Option<Rc<Declared>>, String> {
    let mut scanner = Scanner::new(text);
    let schema = scanner.value().and_then(|value| scanner.end().map(|()| value));
    let schema = schema.map_err(|wrong| {
        format!("the schema is not JSON: {} (at byte {})", wrong.what, wrong.at)
    })?;
    Ok(of(schema)?.map(Rc::new))
}

fn of(schema: Value<'_>) -> Result<Option<Declared>, String> {
    if !matches!(schema, Value::Object(_)) {
        return Ok(None);
    }
    let [one_of, any_of, word, ty] = schema.pick(["oneOf", "anyOf", "connect.type", "type"]);
    if let Some(branches) = one_of.or(any_of) {
        return of_branches(branches);
    }
    let text = |value: Option<Value<'_>>| value.and_then(Value::to_text).unwrap_or_default();
    match (text(word).as_str(), text(ty).as_str()) {
        ("map", "object") => match part(schema.member("additionalProperties"))? {
            Some(values) => {
                let keys = Rc::new(hint(Kind::Text, None, schema));
                Ok(Some(hint(Kind::Map(keys, Rc::new(values)), None, schema)))
            }
            None => Ok(None),
        },
        // Pairs of a key and a value.
        ("map", _) => Ok(None),
        (_, "object") => of_object(schema),
        (_, "array") => {
            let items = part(schema.member("items"))?;
            Ok(items.map(|items| hint(Kind::Array(Rc::new(items)), None, schema)))
        }
        (word, ty) => scalar(word, ty, schema),
    }
}

fn part(schema: Option<Value<'_>>) -> Result<Option<Declared>, String> {
    schema.map_or(Ok(None), of)
}

/// A value that may be null; of several types it is what it shows.
fn of_branches(branches: Value<'_>) -> Result<Option<Declared>, String> {
    let is_null = |branch: &Value<'_>| {
        branch.member("type").and_then(Value::to_text).as_deref() == Some("null")
    };
    let mut others = branches.items().filter(|branch| !is_null(branch));
    match (others.next(), others.next()) {
        (Some(one), None) => of(one),
        _ => Ok(None),
    }
}

fn of_object(schema: Value<'_>) -> Result<Option<Declared>, String> {
    let Some(properties @ Value::Object(_)) = schema.member("properties") else { return Ok(None) };
    let (mut fields, mut has_hint) = (Vec::new(), false);
    for (name, property) in properties.members() {
        let declared = of(property)?;
        has_hint |= declared.is_some();
        let declared = declared.unwrap_or_else(|| hint(Kind::Any, None, Value::Null));
        let name = name.to_text().map_err(|wrong| wrong.what.to_owned())?;
        fields.push(Field { name, declared: Rc::new(declared) });
    }
    if !has_hint {
        return Ok(None);
    }
    Ok(Some(hint(Kind::Struct(Fields::new(fields)?), logical(schema, Base::Struct)?, schema)))
}

fn scalar(word: &str, ty: &str, schema: Value<'_>) -> Result<Option<Declared>, String> {
    let kind = match (word, ty) {
        ("int8", _) => Kind::Integer(8),
        ("int16", _) => Kind::Integer(16),
        ("int32", _) => Kind::Integer(32),
        ("int64", _) => Kind::Integer(64),
        ("float32", _) => Kind::Float(32),
        ("float64", _) => Kind::Float(64),
        ("bytes", _) => Kind::Bytes,
        // Connect leaves the word out where the type says it.
        ("", "integer") if schema.member("title").is_some() => Kind::Integer(64),
        ("", "string") if schema.member("title").is_some() => Kind::Text,
        _ => return Ok(None),
    };
    let logical = logical(schema, kind.base())?;
    // A title alone is for people.
    let is_hint = !word.is_empty() || logical.is_some();
    Ok(is_hint.then(|| hint(kind, logical, schema)))
}

fn logical(schema: Value<'_>, base: Base) -> Result<Option<Logical>, String> {
    match schema.member("title").and_then(Value::to_text) {
        Some(name) => Logical::named(&name, schema.member("connect.parameters"), base),
        None => Ok(None),
    }
}

/// A declaration of values that were not checked, and may be null or missing.
fn hint(kind: Kind, logical: Option<Logical>, schema: Value<'_>) -> Declared {
    let origin = Origin::parse(schema.member("connect.parameters"));
    Declared { is_final: false, origin, ..Declared::of(kind, logical).or_null() }
}
