//! The properties of an object of JSON Schema. References are named, not followed.

use super::declared::{DeclaredField, DeclaredType, document, text};
use crate::format::json_pointer;
use crate::json::value::Value;

pub(super) fn fields(schema: &str) -> Result<DeclaredType, String> {
    let document = document(schema)?;
    // A generator for classes writes the type itself below `definitions`.
    let own = text(document, "$ref").and_then(|place| {
        json_pointer::find(document, place.strip_prefix('#')?).filter(|it| *it != document)
    });
    let root = own.unwrap_or(document);
    let required = root.member("required").into_iter().flat_map(Value::items);
    let required: Vec<String> = required.filter_map(Value::to_text).collect();
    let properties = root.member("properties").into_iter().flat_map(Value::members);
    let fields = properties.filter_map(|(name, schema)| Some((name.to_text().ok()?, schema)));
    let fields = fields.map(|(name, schema)| field(schema, required.contains(&name), name));
    let fields = fields.collect();
    let name = text(root, "title").unwrap_or_else(|| words(root).join(" | "));
    Ok(DeclaredType { name, doc: text(root, "description"), fields })
}

fn field(schema: Value<'_>, is_required: bool, name: String) -> DeclaredField {
    let words = words(schema);
    let is_nullable = words.iter().any(|word| word == "null");
    let presence = match (is_required, is_nullable) {
        (true, false) => "required",
        (true, true) => "required, nullable",
        (false, false) => "optional",
        (false, true) => "optional, nullable",
    };
    let logical = ["format", "connect.type", "title"].into_iter().find_map(|it| text(schema, it));
    DeclaredField {
        name,
        ty: words.into_iter().filter(|word| word != "null").collect::<Vec<_>>().join(" | "),
        logical,
        presence: presence.to_owned(),
        default: schema.member("default").map(|default| default.to_json().into()),
        doc: text(schema, "description"),
    }
}

/// The types that a schema names.
fn words(schema: Value<'_>) -> Vec<String> {
    let [reference, one_of, any_of, ty] = schema.pick(["$ref", "oneOf", "anyOf", "type"]);
    if let Some(reference) = reference.and_then(Value::to_text) {
        return vec![reference];
    }
    if let Some(branches) = one_of.or(any_of) {
        return branches.items().flat_map(words).collect();
    }
    match ty {
        Some(ty @ Value::Array(_)) => ty.items().filter_map(Value::to_text).collect(),
        Some(ty) => match (ty.to_text().as_deref(), schema.member("items")) {
            (Some("array"), Some(items)) => vec![format!("array<{}>", words(items).join(" | "))],
            (Some(word), _) => vec![word.to_owned()],
            (None, _) => Vec::new(),
        },
        None if schema.member("enum").is_some() => vec!["enum".to_owned()],
        None => vec!["any".to_owned()],
    }
}
