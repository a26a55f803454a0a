//! The schema of an envelope, as Kafka Connect's `JsonConverter` writes it with `schemas.enable=true`.

use serde_json::{Map, Value, json};

use super::field::{Field, Kind};

/// What stands before a payload. `name` is that of the table; a key has none.
#[must_use]
pub fn envelope(name: Option<&str>, fields: &[Field]) -> Vec<u8> {
    let fields: Vec<Value> = fields.iter().map(schema).collect();
    let mut schema = json!({ "type": "struct", "fields": fields, "optional": false });
    if let Some(name) = name {
        schema["name"] = name.into();
    }
    format!("{{\"schema\":{schema},\"payload\":").into_bytes()
}

fn schema(field: &Field) -> Value {
    let Field { name, kind, is_optional } = field;
    let mut schema = Map::new();
    let mut put = |name: &str, value: Value| schema.insert(name.to_owned(), value);
    put("type", kind.connect().into());
    put("optional", (*is_optional).into());
    if let Some(logical) = kind.logical() {
        put("name", logical.into());
        put("version", 1.into());
    }
    let parameters = kind.parameters();
    if !parameters.is_empty() {
        let parameters =
            parameters.into_iter().map(|(name, value)| (name.to_owned(), value.into()));
        put("parameters", Value::Object(parameters.collect()));
    }
    match kind {
        Kind::Floats => {
            put("items", json!({ "type": "float", "optional": false }));
        }
        Kind::Geometry => {
            let wkb = json!({ "type": "bytes", "optional": false, "field": "wkb" });
            let srid = json!({ "type": "int32", "optional": true, "field": "srid" });
            put("fields", json!([wkb, srid]));
        }
        _ => {}
    }
    put("field", name.as_str().into());
    schema.into()
}
