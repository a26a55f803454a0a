//! The three forms of Lambda's own integration of schema registries, as the function gets them: the
//! producer's bytes; bare bytes, whose schema the event names; JSON that the mapping made.
//!
//! Form of the event: "Using schema registries with Kafka event sources in Lambda". No mapping of AWS
//! made these events.

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{KnownSchemas, SchemaKind};

use crate::avro::{long, sized};
use crate::{Options, known, outcome_of_event, schema};

const AVRO: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"id","type":"long"},
    {"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}]}"#;
const PROTOBUF: &str = r#"syntax = "proto3"; message A { string x = 1; }
    message B { message C { int64 id = 1; bytes amount = 2; } uint64 id = 1; }"#;
const CONNECT: &str = r#"{"type":"object","properties":{
    "at":{"type":"integer","connect.type":"int64","title":"io.debezium.time.MicroTimestamp"},
    "data":{"type":"string","connect.type":"bytes"}}}"#;
const KEY: &str = r#"{"type":"record","name":"K","fields":[{"name":"id","type":"long"}]}"#;
const UUID: &str = "00112233-4455-6677-8899-aabbccddeeff";

const UPSERT: Options<'_> =
    &[("insert.mode", "upsert"), ("pk.mode", "record_key"), ("pk.fields", "id")];

fn glue() -> SchemaId {
    SchemaId::Glue([
        0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
    ])
}

fn all() -> KnownSchemas {
    known(&[
        (SchemaId::Number(1), schema(SchemaKind::Avro, AVRO)),
        (SchemaId::Number(2), schema(SchemaKind::Protobuf, PROTOBUF)),
        (SchemaId::Number(3), schema(SchemaKind::Avro, KEY)),
        (SchemaId::Number(4), schema(SchemaKind::Json, r#"{"type":"object"}"#)),
        (SchemaId::Number(5), schema(SchemaKind::Json, CONNECT)),
        (glue(), schema(SchemaKind::Protobuf, PROTOBUF)),
    ])
}

/// The event of one record; the metadata are members of it, as JSON text.
fn event(key: Option<&[u8]>, value: Option<&[u8]>, metadata: &str) -> String {
    let base64 = |bytes: Option<&[u8]>| match bytes {
        Some(bytes) => format!("\"{}\"", base64_simd::STANDARD.encode_to_string(bytes)),
        None => "null".to_owned(),
    };
    format!(
        r#"{{"eventSource":"aws:kafka","eventSourceArn":"arn:aws:kafka:eu-west-1:123456789012:cluster/demo/0c8a4a8c-1",
        "bootstrapServers":"b-1:9092","records":{{"t-0":[{{"topic":"t","partition":0,"offset":7,
        "timestamp":1767225600000,"timestampType":"CREATE_TIME","key":{},"value":{},"headers":[]{metadata}}}]}}}}"#,
        base64(key),
        base64(value)
    )
}

fn metadata(part: &str, format: &str, id: &str) -> String {
    format!(r#","{part}SchemaMetadata":{{"dataFormat":"{format}","schemaId":"{id}"}}"#)
}

#[track_caller]
fn check(options: Options<'_>, event: &str, expected: &str) {
    let columns = "id:numbers amount:numbers x:text";
    let row = outcome_of_event(options, columns, &all(), event.as_bytes());
    assert_eq!(row, Ok(expected.to_owned()), "{event}");
}

fn avro_row() -> Vec<u8> {
    [long(7), sized([0x04, 0xd2])].concat()
}

#[test]
fn the_bytes_of_the_producer() {
    let value = [&[0, 0, 0, 0, 1][..], &avro_row()].concat();
    let key = [&[0, 0, 0, 0, 3][..], &long(9)].concat();
    for format in ["auto", "avro"] {
        let options = [UPSERT, &[("value.format", format), ("key.format", format)]].concat();
        check(&options, &event(Some(&key), Some(&value), ""), "id=9 amount=12.34");
    }
}

#[test]
fn bare_bytes_whose_schema_the_event_names() {
    let said = metadata("value", "AVRO", "1") + &metadata("key", "AVRO", "3");
    let both = event(Some(&long(9)), Some(&avro_row()), &said);
    for format in ["auto", "avro"] {
        let options = [UPSERT, &[("value.format", format), ("key.format", format)]].concat();
        check(&options, &both, "id=9 amount=12.34");
    }
    // A text key beside such a value.
    let said = metadata("value", "AVRO", "1");
    check(UPSERT, &event(Some(b"9"), Some(&avro_row()), &said), r#"id="9" amount=12.34"#);
    // The indexes of the message are still in front: Confluent's list, Glue's number.
    let message = |index: &[u8], payload: &[u8]| [index, payload].concat();
    for format in ["auto", "protobuf"] {
        let options = [("value.format", format)];
        let said = metadata("value", "PROTOBUF", "2");
        let first = message(&[0], &[0x0a, 1, b'a']);
        check(&options, &event(None, Some(&first), &said), r#"x="a""#);
        let second = message(&[2, 2], &[8, 5]);
        check(&options, &event(None, Some(&second), &said), "id=5");
        let said = metadata("value", "PROTOBUF", UUID);
        let sorted = message(&[1], &[8, 5]);
        check(&options, &event(None, Some(&sorted), &said), "id=5");
    }
    // Another member of the event says nothing about a schema.
    let said = r#","valueSchemaMetadata":{"dataFormat":"AVRO"},"schemaId":"2""#;
    check(&[], &event(None, Some(br#"{"id":1}"#), said), "id=1");
    check(&[], &event(None, Some(br#"{"id":1}"#), r#","valueSchemaMetadata":null"#), "id=1");
}

#[test]
fn json_that_the_mapping_made() {
    let said = metadata("value", "AVRO", "1") + &metadata("key", "AVRO", "3");
    let both = event(Some(br#"{"id":9}"#), Some(br#"{"id":7,"amount":12.34}"#), &said);
    check(UPSERT, &both, "id=9 amount=12.34");
    let options = [UPSERT, &[("value.format", "json"), ("key.format", "json")]].concat();
    check(&options, &both, "id=9 amount=12.34");
    // Values of JSON Schema are JSON in every form.
    let said = metadata("value", "JSON", "4");
    for format in ["auto", "json-schema", "json"] {
        let value = event(None, Some(br#"{"id":18446744073709551616}"#), &said);
        check(&[("value.format", format)], &value, "id=18446744073709551616");
    }
}

/// JSON is what the producer wrote there, so its schema says what it means.
#[test]
fn json_of_json_schema_has_declared_types() {
    let said = metadata("value", "JSON", "5");
    let event = event(None, Some(br#"{"at":1,"data":"/w=="}"#), &said);
    for format in ["auto", "json-schema"] {
        let (options, columns) = ([("value.format", format)], "at:moments data:text");
        let row = outcome_of_event(&options, columns, &all(), event.as_bytes());
        // A column of text has the text of the bytes, and these are none.
        assert!(row.unwrap_err().contains("the declared bytes are not UTF-8 text"));
        let row = outcome_of_event(&options, "at:moments data:bytes", &all(), event.as_bytes());
        assert_eq!(row.as_deref(), Ok(r#"at="1970-01-01T00:00:00.000001Z" data="/w==""#));
    }
    let plain = outcome_of_event(
        &[("value.format", "json")],
        "at:numbers data:text",
        &all(),
        event.as_bytes(),
    );
    assert_eq!(plain.as_deref(), Ok(r#"at=1 data="/w==""#));
}

#[test]
fn a_tombstone_needs_no_schema() {
    let said = metadata("key", "AVRO", "3");
    let options = [UPSERT, &[("delete.enabled", "true"), ("key.format", "avro")]].concat();
    check(&options, &event(Some(&long(9)), None, &said), "delete id=9");
}

#[test]
fn what_does_not_fit_is_refused() {
    let told = |options: Options<'_>, value: &[u8], said: &str| {
        let event = event(None, Some(value), said);
        outcome_of_event(options, "id", &all(), event.as_bytes()).unwrap_err()
    };
    let said = metadata("value", "AVRO", "1");
    let avro = [("value.format", "avro")];
    assert!(told(&avro, &[14], &said).contains("the field `amount` of the value is not Avro"));
    // The mapping's JSON is not what the format says.
    assert!(told(&avro, br#"{"id":1}"#, &said).contains("is not Avro as schema 1 says"));
    let unknown = metadata("value", "AVRO", "99");
    assert!(told(&[], &avro_row(), &unknown).contains("written with schema 99, which"));
    let odd = metadata("value", "AVRO", "seventeen");
    assert!(told(&[], &avro_row(), &odd).contains("an id of an unknown form"));
}
