//! Fields go straight from their bytes into the cells of their columns. Whatever the columns and the
//! options are, a record becomes the same row, or is refused for the same reason, as on the way by
//! whole values.

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{KnownSchemas, SchemaKind};

use crate::avro::{long, sized};
use crate::{Options, framed, known, outcome, record, schema};

const ID: SchemaId = SchemaId::Number(1);

const AVRO: &str = r#"{"type":"record","name":"R","fields":[
    {"name":"id","type":"long"},{"name":"T","type":"string"},{"name":"o","type":["null","string"]},
    {"name":"list","type":{"type":"array","items":"int"}},
    {"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},
    {"name":"json","type":{"type":"string","connect.name":"io.debezium.data.Json"}},
    {"name":"d","type":"double"}]}"#;
const PROTOBUF: &str = r#"syntax = "proto3"; message M { int64 id = 1; string T = 2; optional string o = 3;
    repeated int32 list = 4; E e = 5; N n = 6; oneof c { int32 x = 7; int32 y = 8; } double d = 9;
    google.protobuf.Int64Value w = 10; confluent.type.Decimal m = 11; google.protobuf.Timestamp at = 12; }
    message N { int32 k = 1; } enum E { A = 0; B = 1; }
    import "google/protobuf/wrappers.proto"; import "google/protobuf/timestamp.proto";
    import "confluent/type/decimal.proto";"#;

fn avro() -> KnownSchemas {
    known(&[(ID, schema(SchemaKind::Avro, AVRO))])
}

fn avro_row(text: &str) -> Vec<u8> {
    let list = [long(2), long(1), long(2), long(0)].concat();
    let rest = [long(1), sized(r#"{"a":1}"#), 0.5_f64.to_le_bytes().to_vec()].concat();
    [long(7), sized(text), long(1), sized("o"), list, rest].concat()
}

#[track_caller]
fn check(known: &KnownSchemas, options: Options<'_>, columns: &str, payload: &[u8], row: &str) {
    let told = outcome(options, columns, known, record().value(framed(payload)));
    assert_eq!(told, Ok(row.to_owned()), "{options:?}");
}

#[test]
fn fields_of_avro_with_all_kinds_of_targets() {
    let (known, row) = (avro(), avro_row("t"));
    let check = |options: Options<'_>, columns: &str, expected: &str| {
        check(&known, options, columns, &row, expected);
    };
    let all = r#"id=7 t="t" o="o" list=[1,2] e="B" json={"a":1} d=0.5"#;
    let columns = "id t:text o list e json:documents d";
    check(&[], columns, all);
    let ignore = ("fields.unknown", "ignore");
    check(&[ignore], "d id", "d=0.5 id=7");
    check(&[("fields.exclude.list", "list,json,e,T")], "id o d", r#"id=7 o="o" d=0.5"#);
    check(&[("fields.include.list", "id,T")], "id T", r#"id=7 T="t""#);
    check(&[("fields.mapping", "id:key,$.list[1]:second"), ignore], "key second", "key=7 second=2");
    let gather = ("fields.unknown", "column:rest");
    check(
        &[gather],
        "id rest",
        r#"id=7 rest={"T":"t","o":"o","list":[1,2],"e":"B","json":{"a":1},"d":0.5}"#,
    );
    check(&[("flatten.delimiter", "_")], columns, all);
    let told = outcome(&[], "id", &known, record().value(framed(&row))).unwrap_err();
    assert!(told.contains("the key `T` has no column in table"), "{told}");
}

#[test]
fn a_value_that_was_not_sent_is_absent() {
    let known = avro();
    let columns = "id T o list e json:documents d";
    let row = avro_row("__debezium_unavailable_value");
    check(&known, &[], columns, &row, r#"id=7 o="o" list=[1,2] e="B" json={"a":1} d=0.5"#);
    let none = [("unavailable.value.placeholder", "none"), ("fields.unknown", "ignore")];
    check(&known, &none, "T", &row, r#"T="__debezium_unavailable_value""#);
    let other = [("unavailable.value.placeholder", "o"), ("fields.unknown", "ignore")];
    check(&known, &other, "id o", &avro_row("t"), "id=7");
}

/// What no column takes is checked all the same.
#[test]
fn what_nobody_wants_must_be_valid() {
    let ignore = [("fields.unknown", "ignore")];
    let known = avro();
    for cut in 0..avro_row("t").len() {
        let value = record().value(framed(&avro_row("t")[..cut]));
        let told = outcome(&ignore, "id", &known, value).unwrap_err();
        assert!(told.contains("is not Avro as schema 1 says"), "{told}");
    }
    let odd = [long(7), sized([0xff])].concat();
    let told = outcome(&ignore, "id", &known, record().value(framed(&odd))).unwrap_err();
    assert!(told.contains(
        "the field `T` of the value is not Avro as schema 1 says: a string is not UTF-8"
    ));
}

fn protobuf() -> KnownSchemas {
    known(&[(ID, schema(SchemaKind::Protobuf, PROTOBUF))])
}

#[test]
fn fields_of_protobuf_in_any_order() {
    let known = protobuf();
    let columns = "id T o list e n:documents x y d w m:numbers at:moments";
    let check = |payload: &[u8], row: &str| {
        check(&known, &[], columns, &[&[0], payload].concat(), row);
    };
    check(&[], r#"id=0 T="" list=[] e="A" d=0.0"#);
    let parts: [&[u8]; 8] = [
        &[0x08, 7],
        &[0x12, 1, b't'],
        &[0x28, 1],
        &[0x32, 2, 8, 3],
        &[0x40, 5],
        &[0x52, 2, 8, 9],
        &[0x5a, 6, 0x0a, 2, 0x04, 0xd2, 0x18, 2],
        &[0x62, 4, 8, 1, 0x10, 1],
    ];
    let row = r#"id=7 T="t" list=[] e="B" n={"k":3} y=5 d=0.0 w=9 m=12.34 at="1970-01-01T00:00:01.000000001Z""#;
    check(&parts.concat(), row);
    let mut turned = parts;
    turned.reverse();
    check(&turned.concat(), row);
    // Unknown fields, an empty wrapper, and a number without a name.
    let odd = [&[0x52, 0][..], &[0x28, 77], &[0xfa, 0x7f, 1, 0], &[0x62, 0]].concat();
    check(&odd, r#"id=0 T="" list=[] e=77 d=0.0 w=0 at="1970-01-01T00:00:00Z""#);
}

/// A field may be there again: single values, parts of messages, members of a oneof.
#[test]
fn fields_of_protobuf_that_are_there_again() {
    let known = protobuf();
    let columns = "id T o list e n:documents x y d w m:numbers at:moments";
    let check = |payload: &[u8], row: &str| {
        check(&known, &[], columns, &[&[0], payload].concat(), row);
    };
    check(&[8, 1, 0x12, 1, b'a', 8, 2], r#"id=2 T="a" list=[] e="A" d=0.0"#);
    check(&[0x38, 1, 0x40, 2], r#"id=0 T="" list=[] e="A" y=2 d=0.0"#);
    check(&[0x38, 1, 0x40, 2, 0x38, 3], r#"id=0 T="" list=[] e="A" x=3 d=0.0"#);
    check(&[0x20, 1, 8, 1, 0x22, 2, 2, 3], r#"id=1 T="" list=[1,2,3] e="A" d=0.0"#);
    // The nanoseconds of one, the seconds of the other.
    let at = [0x62, 2, 8, 1, 0x62, 2, 0x10, 1];
    check(&at, r#"id=0 T="" list=[] e="A" d=0.0 at="1970-01-01T00:00:01.000000001Z""#);
    check(&[0x52, 4, 8, 9, 8, 1], r#"id=0 T="" list=[] e="A" d=0.0 w=1"#);
}
