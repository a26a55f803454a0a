//! The fields of a record of Avro ("Complex Types" in the specification).

use super::declared::{DeclaredField, DeclaredType, document, text};
use crate::format::schema_text::SchemaText;
use crate::json::value::Value;

/// Types that are nested deeper are not searched.
const MOST_NESTED: usize = 64;

/// What a type's place says about names in it.
#[derive(Clone, Copy)]
struct Place<'p> {
    namespace: &'p str,
    depth: usize,
}

pub(super) fn fields(schema: &SchemaText, name: Option<&str>) -> Result<DeclaredType, String> {
    let root = document(&schema.text)?;
    let own = full_name(root, "");
    let Some(name) = name.filter(|name| own.as_deref() != Some(*name)) else {
        return Ok(declared(root, own));
    };
    let top = Place { namespace: "", depth: 0 };
    let mut found = find(root, name, top);
    for reference in &schema.references {
        found = found.or(find(document(&reference.text)?, name, top));
    }
    found
        .map(|found| declared(found, Some(name.to_owned())))
        .ok_or(format!("it has no type {name}"))
}

fn declared(ty: Value<'_>, name: Option<String>) -> DeclaredType {
    let fields = ty.member("fields").into_iter().flat_map(Value::items).map(field);
    let (fields, doc) = (fields.collect(), text(ty, "doc"));
    DeclaredType { name: name.unwrap_or_else(|| shown(ty)), doc, fields }
}

fn field(field: Value<'_>) -> DeclaredField {
    let ty = field.member("type").unwrap_or(Value::Null);
    let values = branches(ty).into_iter().filter(|branch| !is_null(*branch)).collect::<Vec<_>>();
    let is_nullable = values.len() < branches(ty).len();
    let logical = match values.as_slice() {
        [one] => logical(*one),
        _ => None,
    };
    DeclaredField {
        name: text(field, "name").unwrap_or_default(),
        ty: values.into_iter().map(shown).collect::<Vec<_>>().join(" | "),
        logical,
        presence: if is_nullable { "nullable" } else { "required" }.to_owned(),
        default: field.member("default").map(|default| default.to_json().into()),
        doc: text(field, "doc"),
    }
}

fn branches(ty: Value<'_>) -> Vec<Value<'_>> {
    match ty {
        Value::Array(_) => ty.items().collect(),
        Value::Object(_) => match ty.member("type") {
            Some(inner @ (Value::Object(_) | Value::Array(_))) => branches(inner),
            _ => vec![ty],
        },
        _ => vec![ty],
    }
}

fn word(ty: Value<'_>) -> String {
    ty.to_text().or_else(|| text(ty, "type")).unwrap_or_default()
}

fn is_null(ty: Value<'_>) -> bool {
    word(ty) == "null"
}

/// A type as a person names it.
fn shown(ty: Value<'_>) -> String {
    if let Value::Array(_) = ty {
        return branches(ty).into_iter().map(shown).collect::<Vec<_>>().join(" | ");
    }
    let inner = |member| ty.member(member).map(shown).unwrap_or_default();
    let (word, name) = (word(ty), text(ty, "name").unwrap_or_default());
    match word.as_str() {
        "array" => format!("array<{}>", inner("items")),
        "map" => format!("map<{}>", inner("values")),
        "enum" => {
            let symbols = ty.member("symbols").into_iter().flat_map(Value::items);
            let symbols: Vec<String> = symbols.filter_map(Value::to_text).collect();
            format!("enum {name} ({})", symbols.join(", "))
        }
        "fixed" => {
            let size = ty.member("size").map(Value::to_json).unwrap_or_default();
            format!("fixed({size}) {name}")
        }
        "record" | "error" => format!("record {name}"),
        _ => word,
    }
}

/// The logical type, or else what Connect or Debezium write in its place.
fn logical(ty: Value<'_>) -> Option<String> {
    let name = text(ty, "logicalType").or_else(|| text(ty, "connect.name"))?;
    let parts = ["precision", "scale"].into_iter().filter_map(|part| ty.member(part));
    let parts: Vec<_> = parts.map(Value::to_json).collect();
    Some(if parts.is_empty() { name } else { format!("{name}({})", parts.join(",")) })
}

fn full_name(ty: Value<'_>, namespace: &str) -> Option<String> {
    let name = text(ty, "name")?;
    let namespace = text(ty, "namespace").unwrap_or_else(|| namespace.to_owned());
    Some(match name.contains('.') || namespace.is_empty() {
        true => name,
        false => format!("{namespace}.{name}"),
    })
}

/// The named type within a type.
fn find<'s>(ty: Value<'s>, name: &str, place: Place<'_>) -> Option<Value<'s>> {
    if place.depth == MOST_NESTED {
        return None;
    }
    let full = full_name(ty, place.namespace);
    if full.as_deref() == Some(name) {
        return Some(ty);
    }
    let namespace = match &full {
        Some(full) => full.rsplit_once('.').map_or("", |(namespace, _)| namespace),
        None => place.namespace,
    };
    let place = Place { namespace, depth: place.depth + 1 };
    let types = match ty {
        Value::Array(_) => ty.items().collect(),
        _ => {
            let fields = ty.member("fields").into_iter().flat_map(Value::items);
            let of_fields = fields.filter_map(|field| field.member("type"));
            let others = ["type", "items", "values"].into_iter().filter_map(|it| ty.member(it));
            of_fields.chain(others).collect::<Vec<_>>()
        }
    };
    let nested = |ty: &Value<'_>| matches!(ty, Value::Array(_) | Value::Object(_));
    types.into_iter().filter(nested).find_map(|ty| find(ty, name, place))
}
