//! What a schema of a registry declares is what the columns of a new table are.

use std::borrow::Cow;

use super::*;
use crate::format::frame::SchemaId;
use crate::format::registry::{Answer, SchemaKind, SchemaText};
use crate::map::limit::Limits;
use crate::options::Settings;
use crate::options::rules::OPTIONS;

/// The columns that a table for one value gets, as `name Holds Size`, the default after it.
fn columns(kind: SchemaKind, schema: &str, payload: &[u8]) -> Vec<String> {
    columns_with(kind, schema, payload, &[])
}

fn columns_with(
    kind: SchemaKind,
    schema: &str,
    payload: &[u8],
    options: &[(&str, &str)],
) -> Vec<String> {
    let known = KnownSchemas::default();
    let schema = SchemaText { kind, text: schema.to_owned(), references: Vec::new() };
    known.learn(SchemaId::Number(1), &Answer::Schema(schema)).unwrap();
    let pairs = [("auto.create", "true"), ("schema.registry.url", "http://registry")];
    let pairs = pairs.iter().chain(options);
    let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let rules = Rules::from_settings(&mut Settings::new(OPTIONS, pairs));
    let value = [&[0, 0, 0, 0, 1], payload].concat();
    let value = base64_simd::STANDARD.encode_to_string(&value);
    let body = format!(
        r#"{{"records":{{"t-0":[{{"topic":"t","partition":0,"offset":0,"value":"{value}"}}]}}}}"#
    );
    let arena = Bump::new();
    let event = Event::decode(body.as_bytes(), &arena).unwrap();
    let name = TableName { schema: None, name: "t".to_owned() };
    let limits = Limits::default();
    let (takes, one) = (|_: &str| true, |name: &str| Cow::Owned(name.to_owned()));
    let names = Names {
        is_open: false,
        is_column_name: takes,
        canonical_name: one,
        columns_left: 100,
        limit: limits.of(&name),
    };
    let designed = design(&event, &[0], &rules, &name, names, &known).unwrap();
    let Some(SchemaChange::Table { columns, .. }) = designed else { panic!("{designed:?}") };
    let shown = |column: &crate::model::change::NewColumn| {
        let default = column.default.as_ref().map_or(String::new(), |it| format!(" {it:?}"));
        format!("{} {:?} {:?}{default}", column.name, column.kind, column.size)
    };
    columns.iter().map(shown).collect()
}

#[test]
fn of_avro() {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"i8","type":{"type":"int","connect.type":"int8"}},
        {"name":"i","type":"int","default":5},
        {"name":"l","type":["null","long"]},
        {"name":"f","type":"float"},
        {"name":"dec","type":{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}},
        {"name":"any","type":{"type":"bytes","logicalType":"decimal","precision":64,"scale":2}},
        {"name":"date","type":{"type":"int","logicalType":"date"}},
        {"name":"time","type":{"type":"int","logicalType":"time-millis"}},
        {"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
        {"name":"local","type":{"type":"long","logicalType":"local-timestamp-micros"}},
        {"name":"y","type":"bytes"},
        {"name":"e","type":{"type":"enum","name":"E","symbols":["A"]}},
        {"name":"list","type":{"type":"array","items":"int"}},
        {"name":"union","type":["null","int","string"]},
        {"name":"next","type":["null","R"]},
        {"name":"dbz","type":{"type":"string","connect.name":"io.debezium.data.Json"}},
        {"name":"c","type":{"type":"string","connect.parameters":{
            "__debezium.source.column.type":"VARCHAR","__debezium.source.column.length":"9"}}}]}"#;
    // Of the union the second branch; each of the others is zero, empty or null.
    let payload = [&[0; 4][..], &[0, 0, 0], &[0; 9], &[2, 0, 0, 4, b'{', b'}', 0]].concat();
    assert_eq!(
        columns(SchemaKind::Avro, schema, &payload),
        [
            "i8 Integers Bits(16)",
            "i Integers Bits(32) Number(\"5\")",
            "l Integers Most",
            "f Floats Most",
            "dec Decimals Digits { precision: 12, scale: 2 }",
            "any Decimals Most",
            "date Dates Most",
            "time Times Most",
            "at Timestamps Most",
            "local Timestamps Most",
            "y Bytes Most",
            "e Text Most",
            "list Documents Most",
            "union Documents Most",
            "next Documents Most",
            "dbz Documents Most",
            "c Text Characters(9)",
        ]
    );
}

/// Whatever branch the first records have: a later one may have another.
#[test]
fn of_unions() {
    let schema = r#"{"type":"record","name":"R","fields":[
        {"name":"null","type":["null","boolean","string"]},
        {"name":"text","type":["int","string"]},
        {"name":"whole","type":["int","long"]},
        {"name":"number","type":["double","int"]},
        {"name":"same","type":["string",{"type":"enum","name":"E","symbols":["A"]}]},
        {"name":"nothing","type":"null"}]}"#;
    // A null, "x", 7 as int, 7 as int, "y", a null.
    let payload = [0, 2, 2, b'x', 0, 14, 2, 14, 0, 2, b'y'];
    assert_eq!(
        columns(SchemaKind::Avro, schema, &payload),
        [
            "null Documents Most",
            "text Documents Most",
            "whole Integers Most",
            "number Decimals Most",
            "same Text Most"
        ]
    );
    let schema = r#"syntax = "proto3"; import "google/protobuf/struct.proto";
        message M { google.protobuf.Value sent = 1; google.protobuf.Value unset = 2; }"#;
    // Of the first, the text "x".
    let payload = [0, 0x0a, 3, 0x1a, 1, b'x'];
    let both = ["sent Documents Most", "unset Documents Most"];
    assert_eq!(columns(SchemaKind::Protobuf, schema, &payload), both);
}

/// A record that is taken apart has no column of its own, also where it is null.
#[test]
fn of_records_that_are_taken_apart() {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"id","type":"int"},
        {"name":"c","type":["null",{"type":"record","name":"C","fields":[{"name":"x","type":"int"}]}]}]}"#;
    let flat = [("flatten.delimiter", "_")];
    let null = columns_with(SchemaKind::Avro, schema, &[2, 0], &flat);
    assert_eq!(null, ["id Integers Bits(32)"]);
    let there = columns_with(SchemaKind::Avro, schema, &[2, 2, 4], &flat);
    assert_eq!(there, ["id Integers Bits(32)", "c_x Integers Bits(32)"]);
}

#[test]
fn of_protobuf() {
    let schema = r#"syntax = "proto3"; import "google/protobuf/timestamp.proto";
        import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto";
        message M { int32 i = 1; uint32 ui = 2; uint64 ul = 3; bool b = 4; string s = 5; bytes y = 6;
        E e = 7; repeated int32 r = 8; map<string, int32> m = 9; google.protobuf.Timestamp at = 10;
        google.protobuf.Int64Value w = 11; google.protobuf.Struct j = 12; optional int32 unset = 13; }
        enum E { ZERO = 0; }"#;
    let payload = [0, 0x52, 0, 0x5a, 0, 0x62, 0];
    assert_eq!(
        columns(SchemaKind::Protobuf, schema, &payload),
        [
            "i Integers Bits(32)",
            "ui Integers Most",
            "ul Decimals Digits { precision: 20, scale: 0 }",
            "b Booleans Most",
            "s Text Most",
            "y Bytes Most",
            "e Text Most",
            "r Documents Most",
            "m Documents Most",
            "at Timestamps Most",
            "w Integers Most",
            "j Documents Most",
            "unset Integers Bits(32)",
        ]
    );
}

/// The types count also where the first values are null, or look like others.
#[test]
fn of_json_schema() {
    let schema = r##"{"type":"object","properties":{
        "i":{"type":"integer"},"n":{"type":["number","null"]},"b":{"type":"boolean"},"s":{"type":"string"},
        "at":{"type":"string","format":"date-time"},"d":{"oneOf":[{"type":"null"},{"type":"string","format":"date"}]},
        "o":{"$ref":"#/$defs/o"},"list":{"type":"array","items":{"type":"integer"}},"any":{},
        "two":{"type":["integer","string"]},"dec":{"type":"string","connect.type":"bytes",
            "title":"org.apache.kafka.connect.data.Decimal",
            "connect.parameters":{"scale":"2","connect.decimal.precision":"9"}}},
        "$defs":{"o":{"type":"object","properties":{"x":{"$ref":"#"}}}}}"##;
    let payload =
        br#"{"i":null,"n":10,"b":null,"s":null,"at":null,"d":"2026-11-29","o":null,"list":null,
        "any":7,"two":"x","dec":null,"more":1.5}"#;
    assert_eq!(
        columns(SchemaKind::Json, schema, payload),
        [
            "i Integers Most",
            "n Decimals Most",
            "b Booleans Most",
            "s Text Most",
            "at Timestamps Most",
            "d Dates Most",
            "o Documents Most",
            "list Documents Most",
            "any Integers Most",
            "two Text Most",
            "dec Decimals Digits { precision: 9, scale: 2 }",
            "more Decimals Most",
        ]
    );
}
