use super::*;
use crate::format::registry::Reference;

/// What a schema declares, a line for each field.
fn lines(kind: SchemaKind, text: &str, references: &[(&str, &str)], name: Option<&str>) -> String {
    let reference =
        |(name, text): &(&str, &str)| Reference { name: (*name).into(), text: (*text).into() };
    let references = references.iter().map(reference).collect();
    let declared = fields(&SchemaText { kind, text: text.to_owned(), references }, name);
    let declared = match declared {
        Ok(declared) => declared,
        Err(why) => return why,
    };
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let line = |field: DeclaredField| {
        let DeclaredField { name, ty, logical, presence, default, doc } = field;
        format!(
            "{name}: {ty}, {}, {presence}, {}, {}",
            or_none(logical),
            or_none(default),
            or_none(doc)
        )
    };
    let fields: Vec<String> = declared.fields.into_iter().map(line).collect();
    let head = format!("{} ({})", declared.name, or_none(declared.doc));
    [vec![head], fields].concat().join("\n")
}

#[test]
fn avro_names_types_nulls_defaults_and_docs() {
    let text = r#"{"type":"record","name":"Order","namespace":"com.acme","doc":"An order.","fields":[
        {"name":"id","type":"long","doc":"Its number."},
        {"name":"price","type":["null",{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}],"default":null},
        {"name":"state","type":{"type":"enum","name":"State","symbols":["NEW","PAID"]},"default":"NEW"},
        {"name":"tags","type":{"type":"array","items":"string"}},
        {"name":"one","type":["int","string"]},
        {"name":"at","type":{"type":"long","connect.name":"io.debezium.time.MicroTimestamp"}},
        {"name":"to","type":{"type":"record","name":"Place","fields":[{"name":"zip","type":"string"}]}}]}"#;
    let expected = "com.acme.Order (An order.)\n\
        id: long, -, required, -, Its number.\n\
        price: bytes, decimal(10,2), nullable, null, -\n\
        state: enum State (NEW, PAID), -, required, \"NEW\", -\n\
        tags: array<string>, -, required, -, -\n\
        one: int | string, -, required, -, -\n\
        at: long, io.debezium.time.MicroTimestamp, required, -, -\n\
        to: record Place, -, required, -, -";
    assert_eq!(lines(SchemaKind::Avro, text, &[], None), expected);
    assert_eq!(lines(SchemaKind::Avro, text, &[], Some("com.acme.Order")), expected);
    let place = "com.acme.Place (-)\nzip: string, -, required, -, -";
    assert_eq!(lines(SchemaKind::Avro, text, &[], Some("com.acme.Place")), place);
    // A branch of a union at the top, which is another schema.
    let union = r#"["null","com.acme.Place"]"#;
    let references = [("com.acme.Order", text)];
    assert_eq!(lines(SchemaKind::Avro, union, &references, Some("com.acme.Place")), place);
    assert_eq!(lines(SchemaKind::Avro, union, &[], Some("x")), "it has no type x");
    assert_eq!(lines(SchemaKind::Avro, "\"long\"", &[], None), "long (-)");
    assert!(lines(SchemaKind::Avro, "{", &[], None).starts_with("the schema is not JSON"));
}

#[test]
fn protobuf_tells_which_fields_have_a_presence() {
    let text = "syntax = \"proto3\";\npackage p;\n\
        // An order.\nmessage Order {\n  // Its number.\n  uint64 id = 1;\n  optional string note = 2;\n\
        repeated int32 parts = 3;\n  map<string, double> sizes = 4;\n  Place to = 5;\n  State state = 6;\n\
        oneof way { bool air = 7; string sea = 8; }\n  enum State { NEW = 0; }\n\
        message Inner { int32 n = 1; }\n}\nmessage Place { string zip = 1; }";
    let expected = "p.Order (An order.)\n\
        id: uint64, -, implicit, -, Its number.\n\
        note: string, -, optional, -, -\n\
        parts: int32, -, repeated, -, -\n\
        sizes: map<string, double>, -, map, -, -\n\
        to: Place, -, optional, -, -\n\
        state: State, -, implicit, -, -\n\
        air: bool, -, oneof way, -, -\n\
        sea: string, -, oneof way, -, -";
    assert_eq!(lines(SchemaKind::Protobuf, text, &[], None), expected);
    let inner = lines(SchemaKind::Protobuf, text, &[], Some("p.Order.Inner"));
    assert_eq!(inner, "p.Order.Inner (-)\nn: int32, -, implicit, -, -");
    let two = "syntax = \"proto2\"; message M { required int32 a = 1; optional int32 b = 2 [default = 7]; }";
    let expected = "M (-)\na: int32, -, required, -, -\nb: int32, -, optional, 7, -";
    assert_eq!(
        lines(SchemaKind::Protobuf, "syntax = \"proto3\";", &[("two.proto", two)], Some("M")),
        expected
    );
    assert_eq!(lines(SchemaKind::Protobuf, two, &[], Some("N")), "it has no message N");
}

#[test]
fn json_schema_tells_what_is_required() {
    let text = r##"{"title":"Order","description":"An order.","type":"object","required":["id"],"properties":{
        "id":{"type":"integer","description":"Its number."},
        "note":{"oneOf":[{"type":"null"},{"type":"string"}],"default":null},
        "at":{"type":"string","format":"date-time"},
        "price":{"type":"number","connect.type":"bytes"},
        "tags":{"type":"array","items":{"type":"string"}},
        "to":{"$ref":"#/definitions/Place"},
        "any":{}}}"##;
    let expected = "Order (An order.)\n\
        id: integer, -, required, -, Its number.\n\
        note: string, -, optional, nullable, null, -\n\
        at: string, date-time, optional, -, -\n\
        price: number, bytes, optional, -, -\n\
        tags: array<string>, -, optional, -, -\n\
        to: #/definitions/Place, -, optional, -, -\n\
        any: any, -, optional, -, -";
    assert_eq!(lines(SchemaKind::Json, text, &[], None), expected);
    let definition = r##"{"$ref":"#/definitions/A","definitions":{"A":{"type":"object","properties":{"b":{"type":"boolean"}}}}}"##;
    assert_eq!(
        lines(SchemaKind::Json, definition, &[], None),
        "object (-)\nb: boolean, -, optional, -, -"
    );
}
