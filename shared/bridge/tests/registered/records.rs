//! Records with schemas as a whole: keys, tombstones, change events, and the ways to name a schema.

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas, SchemaKind};

use crate::avro::{long, sized};
use crate::{Options, framed, known, outcome, record, schema};

const ROW: &str = r#"{"type":"record","name":"Value","namespace":"shop.public.t","fields":[
    {"name":"id","type":"int"},{"name":"v","type":["null","string"],"default":null}]}"#;

/// What Debezium writes through Connect's converter for Avro.
fn envelope() -> String {
    format!(
        r#"{{"type":"record","name":"Envelope","namespace":"shop.public.t","fields":[
        {{"name":"before","type":["null",{ROW}],"default":null}},
        {{"name":"after","type":["null","Value"],"default":null}},
        {{"name":"source","type":{{"type":"record","name":"Source","namespace":"io.debezium.connector.postgresql",
            "fields":[{{"name":"lsn","type":["null","long"]}}]}}}},
        {{"name":"op","type":"string"}},
        {{"name":"ts_ms","type":["null","long"],"default":null}}],"connect.name":"shop.public.t.Envelope"}}"#
    )
}

fn row(id: i64, text: &str) -> Vec<u8> {
    [long(1), long(id), long(1), sized(text)].concat()
}

fn event(before: &[u8], after: &[u8], op: &str) -> Vec<u8> {
    framed(&[before, after, &long(0), &sized(op), &long(0)].concat())
}

const UPSERT: Options<'_> = &[
    ("insert.mode", "upsert"),
    ("pk.mode", "record_key"),
    ("pk.fields", "id"),
    ("delete.enabled", "true"),
];

/// The value has schema 1, the key schema 2.
fn with_key(value: &str) -> KnownSchemas {
    let key = r#"{"type":"record","name":"Key","fields":[{"name":"id","type":"int"}]}"#;
    known(&[
        (SchemaId::Number(1), schema(SchemaKind::Avro, value)),
        (SchemaId::Number(2), schema(SchemaKind::Avro, key)),
    ])
}

fn key(id: i64) -> Vec<u8> {
    [vec![0, 0, 0, 0, 2], long(id)].concat()
}

#[test]
fn change_events_of_debezium_change_rows() {
    let known = with_key(&envelope());
    let (none, one, other) = (long(0), row(1, "a"), row(1, "b"));
    for format in ["auto", "avro", "debezium"] {
        let options = [UPSERT, &[("value.format", format), ("key.format", "avro")]].concat();
        let row =
            |value: Vec<u8>| outcome(&options, "id v", &known, record().key(key(1)).value(value));
        for op in ["c", "r", "u"] {
            assert_eq!(row(event(&none, &other, op)).unwrap(), r#"id=1 v="b""#);
        }
        assert_eq!(row(event(&one, &none, "d")).unwrap(), "delete id=1");
        assert_eq!(row(event(&none, &none, "t")).unwrap(), "filtered");
        let tombstone = outcome(&options, "id v", &known, record().key(key(1)));
        assert_eq!(tombstone.unwrap(), "delete id=1");
    }
}

#[test]
fn keys_have_schemas_of_their_own() {
    let known = with_key(ROW);
    let value = framed(&row(1, "a")[1..]);
    let options = [UPSERT, &[("key.format", "avro"), ("fields.unknown", "ignore")]].concat();
    let row = |key: Vec<u8>| outcome(&options, "id v", &known, record().key(key).value(&value));
    assert_eq!(row(key(7)).unwrap(), r#"id=7 v="a""#);
    let told = row(vec![0, 0, 0, 0, 2]).unwrap_err();
    assert!(
        told.starts_with("Key: the field `id` of the record's key is not Avro as schema 2 says")
    );
    let told = row(vec![0, 0, 0, 0, 3, 1]).unwrap_err();
    assert_eq!(
        told,
        "Key: the record's key was written with schema 3, which the schema registry does not have"
    );
    // A key that is one value is the one field.
    known
        .learn(SchemaId::Number(2), &Answer::Schema(schema(SchemaKind::Avro, r#""long""#)))
        .unwrap();
    assert_eq!(row(key(9)).unwrap(), r#"id=9 v="a""#);
}

/// Text keys beside values with a schema, and the other way round.
#[test]
fn a_key_may_be_text() {
    let known = with_key(ROW);
    let options = [UPSERT, &[("value.format", "avro")]].concat();
    let value = framed(&row(1, "a")[1..]);
    let told = outcome(&options, "id v", &known, record().key("k").value(&value));
    assert_eq!(told.unwrap(), r#"id="k" v="a""#);
    let options = [UPSERT, &[("key.format", "avro"), ("value.format", "json")]].concat();
    let told = outcome(&options, "id v", &known, record().key(key(3)).value(r#"{"v":"x"}"#));
    assert_eq!(told.unwrap(), r#"id=3 v="x""#);
}

#[test]
fn auto_reads_json_where_no_schema_is_named() {
    let known = with_key(ROW);
    let plain = |value: &str| outcome(&[], "id v", &known, record().value(value)).unwrap();
    assert_eq!(plain(r#"{"id":1}"#), "id=1");
    let value = framed(&row(1, "a")[1..]);
    assert_eq!(outcome(&[], "id v", &known, record().value(value)).unwrap(), r#"id=1 v="a""#);
}

#[test]
fn a_format_that_needs_a_schema_refuses_what_names_none() {
    let known = with_key(ROW);
    for format in ["avro", "protobuf", "json-schema"] {
        let options = [("value.format", format)];
        let told = outcome(&options, "id v", &known, record().value(r#"{"id":1}"#)).unwrap_err();
        assert!(told.contains("nothing says which schema it was written with"), "{told}");
    }
    let value = framed(&row(1, "a")[1..]);
    let told = outcome(&[("value.format", "protobuf")], "id v", &known, record().value(value));
    assert!(
        told.unwrap_err()
            .ends_with("written with schema 1, which cannot be used as Protobuf: it is Avro")
    );
}

#[test]
fn a_null_at_the_top_is_a_tombstone() {
    let known = known(&[(SchemaId::Number(1), schema(SchemaKind::Avro, r#"["null","string"]"#))]);
    let options = [UPSERT, &[("value.format", "avro")]].concat();
    let told = outcome(&options, "id v", &known, record().key("k").value(framed(&long(0))));
    assert_eq!(told.unwrap(), r#"delete id="k""#);
}

#[test]
fn json_after_a_frame_is_json() {
    let known = known(&[(SchemaId::Number(1), schema(SchemaKind::Json, r#"{"type":"object"}"#))]);
    let row = |text: &str| outcome(&[], "id v", &known, record().value(framed(text.as_bytes())));
    assert_eq!(row(r#"{"id":12345678901234567890.10}"#).unwrap(), "id=12345678901234567890.10");
    let told = row(r#"{"id":1} x"#).unwrap_err();
    assert!(
        told.contains("is not JSON Schema as schema 1 says: text after the value (at byte 9"),
        "{told}"
    );
}
