//! The text of a JSON Schema. Its values are the payloads of an envelope.
//!
//! Source: `io.confluent.connect.json.JsonSchemaData`.

use serde_json::{Map, Value, json};

use super::field::{Field, Kind};

/// The schema of an object with these fields. `name` is that of the table; a key has none. `is_numeric` says that
/// decimals are numbers and not base64.
pub(super) fn text(name: Option<&str>, fields: &[Field], is_numeric: bool) -> String {
    let properties: Map<String, Value> = fields
        .iter()
        .enumerate()
        .map(|(place, field)| (field.name.clone(), property(field, place, is_numeric)))
        .collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if let Some(name) = name {
        schema["title"] = name.into();
    }
    schema.to_string()
}

fn property(field: &Field, place: usize, is_numeric: bool) -> Value {
    let mut schema = of_kind(field.kind, is_numeric);
    if field.is_optional {
        schema = json!({ "oneOf": [{ "type": "null" }, schema] });
    }
    schema["connect.index"] = place.into();
    schema
}

fn of_kind(kind: Kind, is_numeric: bool) -> Value {
    let mut schema = match (kind, kind.connect()) {
        (Kind::Decimal { .. }, _) if is_numeric => {
            json!({ "type": "number", "connect.type": "bytes" })
        }
        (_, "boolean") => json!({ "type": "boolean" }),
        (_, "string") => json!({ "type": "string" }),
        (_, "bytes") => json!({ "type": "string", "connect.type": "bytes" }),
        (_, "float") => json!({ "type": "number", "connect.type": "float32" }),
        (_, "double") => json!({ "type": "number", "connect.type": "float64" }),
        (_, "array") => json!({ "type": "array", "items": of_kind(Kind::Float, is_numeric) }),
        (_, "struct") => json!({ "type": "object", "properties": geometry() }),
        (_, integer) => json!({ "type": "integer", "connect.type": integer }),
    };
    if let Some(logical) = kind.logical() {
        schema["title"] = logical.into();
        schema["connect.version"] = 1.into();
    }
    let parameters = kind.parameters();
    if !parameters.is_empty() {
        let parameters =
            parameters.into_iter().map(|(name, value)| (name.to_owned(), value.into()));
        schema["connect.parameters"] = Value::Object(parameters.collect());
    }
    schema
}

fn geometry() -> Value {
    let part = |name: &str, kind, is_optional, place| {
        property(&Field { name: name.to_owned(), kind, is_optional }, place, false)
    };
    json!({
        "wkb": part("wkb", Kind::Bytes, false, 0),
        "srid": part("srid", Kind::Int32, true, 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, kind: Kind, is_optional: bool) -> Field {
        Field { name: name.to_owned(), kind, is_optional }
    }

    #[test]
    fn it_is_that_of_connect() {
        let fields = [
            field("id", Kind::Int32, false),
            field("note", Kind::Text, true),
            field("amount", Kind::Decimal { precision: 7, scale: 3 }, false),
        ];
        let schema = |is_numeric| -> Value {
            serde_json::from_str(&text(Some("orders"), &fields, is_numeric)).expect("JSON")
        };
        let decimal = |ty: &str| {
            json!({
                "type": ty, "title": "org.apache.kafka.connect.data.Decimal", "connect.type": "bytes",
                "connect.version": 1, "connect.index": 2,
                "connect.parameters": { "scale": "3", "connect.decimal.precision": "7" },
            })
        };
        let expected = json!({
            "type": "object", "title": "orders",
            "properties": {
                "id": { "type": "integer", "connect.type": "int32", "connect.index": 0 },
                "note": { "oneOf": [{ "type": "null" }, { "type": "string" }], "connect.index": 1 },
                "amount": decimal("string"),
            },
        });
        assert_eq!(schema(false), expected);
        assert_eq!(schema(true)["properties"]["amount"], decimal("number"));
        let key: Value = serde_json::from_str(&text(None, &fields[..1], false)).expect("JSON");
        assert_eq!(key.get("title"), None);
    }
}
