//! The language of a schema by its content. Apicurio does not say it of a global id: the search by
//! such an id finds only the last version of an artifact.

use serde_json::Value;
use sluice_bridge::format::registry::SchemaKind;

/// The language of a schema; `None` if the content could be Avro as well as JSON Schema.
pub(super) fn language(content_type: &str, text: &str) -> Option<SchemaKind> {
    if content_type.contains("protobuf") {
        return Some(SchemaKind::Protobuf);
    }
    let Ok(Value::Object(members)) = serde_json::from_str(text) else {
        return by_form(text);
    };
    if ["$schema", "$id", "$ref", "properties"].iter().any(|name| members.contains_key(*name)) {
        return Some(SchemaKind::Json);
    }
    match members.get("type") {
        // `{"type": {…}}` is Avro's way to write the type within.
        Some(Value::Object(_)) => Some(SchemaKind::Avro),
        Some(Value::String(name)) => match name.as_str() {
            "object" | "integer" | "number" => Some(SchemaKind::Json),
            // Both have these.
            "array" | "boolean" | "null" | "string" => None,
            _ => Some(SchemaKind::Avro),
        },
        Some(_) => None,
        None => Some(SchemaKind::Json),
    }
}

/// What is no object: in Avro the name of a type, or a union; in JSON Schema `true` or `false`.
fn by_form(text: &str) -> Option<SchemaKind> {
    match text.trim_start().bytes().next()? {
        b'"' | b'[' => Some(SchemaKind::Avro),
        b't' | b'f' => Some(SchemaKind::Json),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_schemas_are_of_one_language() {
        let (avro, json) = (Some(SchemaKind::Avro), Some(SchemaKind::Json));
        for (text, expected) in [
            (r#"{"type":"record","name":"R","fields":[]}"#, avro),
            (r#"{"type":"map","values":"int"}"#, avro),
            (r#"{"type":"long","logicalType":"timestamp-millis"}"#, avro),
            (r#"{"type":{"type":"record","name":"R","fields":[]}}"#, avro),
            (r#" ["null","string"]"#, avro),
            (r#""string""#, avro),
            (r#"{"type":"object"}"#, json),
            (r#"{"$schema":"x","type":"string"}"#, json),
            (r#"{"properties":{}}"#, json),
            (r#"{"title":"x"}"#, json),
            ("true", json),
            (r#"{"type":"string"}"#, None),
            (r#"{"type":["null","string"]}"#, None),
            ("{", None),
            ("", None),
        ] {
            assert_eq!(language("application/json", text), expected, "{text}");
        }
        let proto = r#"syntax = "proto3";"#;
        assert_eq!(language("application/x-protobuf", proto), Some(SchemaKind::Protobuf));
    }
}
