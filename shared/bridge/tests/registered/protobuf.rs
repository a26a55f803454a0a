//! Protobuf: values and their declared types in columns, and payloads that are not what they should
//! be.

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas, SchemaKind};

use crate::{Options, framed, known, outcome, record, schema};

const ID: SchemaId = SchemaId::Number(1);

fn proto(text: &str) -> KnownSchemas {
    known(&[(ID, schema(SchemaKind::Protobuf, text))])
}

fn message(version: u8, fields: &str) -> KnownSchemas {
    proto(&format!(
        r#"syntax = "proto{version}"; import "google/protobuf/timestamp.proto"; import "google/type/date.proto";
        message M {{ {fields} }} enum E {{ ZERO = 0; ONE = 1; }}"#
    ))
}

/// Decodes the first message of the schema.
fn decode(
    options: Options<'_>,
    columns: &str,
    known: &KnownSchemas,
    payload: &[u8],
) -> Result<String, String> {
    let options = [&[("value.format", "protobuf")], options].concat();
    let value = framed(&[&[0], payload].concat());
    outcome(&options, columns, known, record().value(value))
}

#[track_caller]
fn check(known: &KnownSchemas, columns: &str, payload: &[u8], expected: &str) {
    assert_eq!(decode(&[], columns, known, payload), Ok(expected.to_owned()));
}

#[track_caller]
fn check_refused(known: &KnownSchemas, payload: &[u8], why: &str) {
    let told = decode(&[("fields.unknown", "ignore")], "f", known, payload).unwrap_err();
    assert!(told.contains(why), "{told}");
}

#[test]
fn what_is_not_sent_is_a_default_or_absent() {
    let three = message(
        3,
        "int32 i = 1; string s = 2; optional int32 o = 3; M m = 4; repeated int32 r = 5; E e = 6;",
    );
    check(&three, "i s o m r e", &[], r#"i=0 s="" r=[] e="ZERO""#);
    check(&three, "i s o m r e", &[0x18, 0], r#"i=0 s="" o=0 r=[] e="ZERO""#);
    let two = message(
        2,
        "optional int32 i = 1; optional string s = 2 [default = \"x\"]; required int32 q = 3;",
    );
    check(&two, "i s q", &[0x18, 1], "q=1");
    let told = decode(&[], "i s q", &two, &[8, 1]).unwrap_err();
    assert!(told.contains("the field `q` of the value is not Protobuf as schema 1 says: a required field is missing"), "{told}");
}

#[test]
fn numbers_keep_every_digit() {
    let known = message(
        3,
        "uint64 u = 1; fixed64 f = 2; sint64 s = 3; uint32 w = 4; int32 i = 5; bool b = 6;",
    );
    let most = [0xff; 9];
    let payload = [
        &[8][..],
        &most,
        &[1, 0x11],
        &[0xff; 8],
        &[0x18],
        &most,
        &[1, 0x20, 0xff, 0xff, 0xff, 0xff, 0xf],
        &[0x28],
        &most,
        &[1, 0x30, 1],
    ]
    .concat();
    let row = "u=18446744073709551615 f=18446744073709551615 s=-9223372036854775808 w=4294967295 i=-1 b=true";
    check(&known, "u f s w i b", &payload, row);
    // A number of 32 bits may have its sign in 32 bits only.
    let row = "u=0 f=0 s=0 w=0 i=-1 b=false";
    check(&known, "u f s w i b", &[0x28, 0xff, 0xff, 0xff, 0xff, 0xf], row);
    check_refused(&known, &[0x20, 0x80, 0x80, 0x80, 0x80, 0x10], "more than 32 bits");
    check_refused(&known, &[0x28, 0x80, 0x80, 0x80, 0x80, 0x10], "more than 32 bits");
}

#[test]
fn the_last_value_counts_and_messages_are_merged() {
    let known = message(3, "int32 i = 1; M m = 2; oneof c { int32 a = 3; string b = 4; M d = 5; }");
    check(&known, "i", &[8, 1, 8, 2], "i=2");
    let merged = [0x12, 2, 8, 1, 0x12, 2, 0x18, 7];
    check(&known, "i m", &merged, r#"i=0 m={"i":1,"a":7}"#);
    check(&known, "i a b", &[0x18, 1, 0x22, 1, b'x'], r#"i=0 b="x""#);
    check(&known, "i a b", &[0x22, 1, b'x', 0x18, 0], "i=0 a=0");
    // What another member of the oneof has replaced is not merged.
    let replaced = [0x2a, 2, 8, 1, 0x18, 1, 0x2a, 2, 0x18, 2];
    check(&known, "i a d", &replaced, r#"i=0 d={"i":0,"a":2}"#);
}

#[test]
fn lists_and_maps() {
    let known = message(
        3,
        "repeated int32 p = 1; repeated string s = 2; map<int64, M> m = 3; map<string, E> e = 4; map<bool, bytes> b = 5;",
    );
    let packed_and_not = [0x0a, 2, 1, 2, 8, 3, 0x0a, 1, 4];
    let row = |payload: &[u8]| {
        let row = decode(&[], "p s m e b", &known, payload);
        row.map(|row| {
            row.replace(" s=[]", "").replace(" m={}", "").replace(" e={}", "").replace(" b={}", "")
        })
    };
    assert_eq!(row(&packed_and_not).unwrap(), "p=[1,2,3,4]");
    assert_eq!(row(&[0x12, 1, b'a', 0x12, 0]).unwrap(), r#"p=[] s=["a",""]"#);
    // A key without a value, a value without a key, and a key twice.
    let entry = [0x22, 3, 0x0a, 1, b'k', 0x22, 2, 0x10, 1, 0x22, 5, 0x0a, 1, b'k', 0x10, 9];
    assert_eq!(row(&entry).unwrap(), r#"p=[] e={"k":9,"":"ONE"}"#);
    assert_eq!(row(&[0x2a, 5, 8, 1, 0x12, 1, 0xff]).unwrap(), r#"p=[] b={"true":"/w=="}"#);
    let nested = r#"p=[] m={"-1":{"p":[],"s":[],"m":{},"e":{},"b":{}}}"#;
    let minus_one = [&[0x1a, 11, 8][..], &[0xff; 9], &[1]].concat();
    assert_eq!(row(&minus_one).unwrap(), nested);
}

#[test]
fn groups_of_version_two() {
    let known = message(
        2,
        "optional group G = 1 { optional int32 a = 2; } repeated group H = 3 { optional int32 b = 4; }",
    );
    check(&known, "g h", &[0x0b, 0x10, 7, 0x0c], r#"g={"a":7} h=[]"#);
    check(&known, "g h", &[0x1b, 0x20, 1, 0x1c, 0x1b, 0x1c], r#"h=[{"b":1},{}]"#);
    // An unknown group in a known one.
    check(&known, "g h", &[0x0b, 0x4b, 0x10, 7, 0x4c, 0x0c], "g={} h=[]");
}

#[test]
fn a_declared_value_meets_its_column() {
    let known = message(
        3,
        "bytes b = 1; google.protobuf.Timestamp t = 2; google.type.Date d = 3; E e = 4; double f = 5;",
    );
    let payload = [
        &[
            0x0a, 1, 0xff, 0x12, 4, 8, 1, 0x10, 1, 0x1a, 7, 8, 0xea, 0xf, 0x10, 11, 0x18, 29, 0x20,
            1, 0x29,
        ][..],
        &f64::INFINITY.to_le_bytes(),
    ]
    .concat();
    let row = r#"b="/w==" t="1970-01-01T00:00:01.000000001Z" d="2026-11-29" e="ONE" f="Infinity""#;
    check(&known, "b:bytes t:moments d:moments e:text f:numbers", &payload, row);
    check(&known, "b e f", &[0x20, 77], r#"b="" e=77 f=0.0"#);
    check_refused(&known, &[0x12, 2, 0x10, 0x80], "goes on after the last byte");
    let late = [&[0x12, 11, 0x10][..], &[0xff; 9], &[1]].concat();
    check_refused(&known, &late[..3], "goes on after the last byte");
    check_refused(
        &known,
        &[0x12, 6, 0x10, 0x80, 0x94, 0xeb, 0xdc, 0x03],
        "a timestamp is out of range",
    );
    check_refused(&known, &[0x1a, 3, 8, 0xea, 0xf], "a date is not a day of the calendar");
}

#[test]
fn payloads_that_are_not_messages_say_where() {
    let known = message(3, "string f = 1; repeated M m = 2; fixed32 x = 3; map<string, M> p = 4;");
    check_refused(
        &known,
        &[0x0a, 1, 0xff],
        "the field `f` of the value is not Protobuf as schema 1 says: a string is not UTF-8 (at byte 4 ",
    );
    let nested = [0x12, 0, 0x12, 3, 0x0a, 1, 0xff];
    check_refused(&known, &nested, "the field `m[1].f` of the value is not Protobuf");
    let cut = "the field `f` of the value is not Protobuf as schema 1 says: a";
    check_refused(&known, &[0x0a, 2, b'a'], cut);
    check_refused(
        &known,
        &[0x12, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],
        "after the last byte",
    );
    check_refused(&known, &[0], "a field has a number out of range");
    check_refused(&known, &[0x0c], "a group ends that did not begin");
    check_refused(&known, &[0x4b, 0x54], "a group ends that did not begin");
    check_refused(&known, &[0x4b], "a group does not end");
    check_refused(&known, &[0x0e], "unknown wire type");
    let other =
        "the field `f` of the value is not Protobuf as schema 1 says: a field is of another type";
    check_refused(&known, &[8, 1], other);
    check_refused(&known, &[0x4b; 200], "nested more than 64 levels deep");
}

#[test]
fn counts_and_depth_are_not_trusted() {
    let known = message(3, "string f = 1; M m = 2; repeated M r = 3;");
    let deep = |depth: usize| {
        let mut payload: Vec<u8> = vec![0x12, 0];
        for _ in 1..depth {
            let mut outer = vec![0x12];
            let mut length = payload.len();
            while length > 0x7f {
                outer.push(length as u8 | 0x80);
                length >>= 7;
            }
            outer.push(length as u8);
            outer.extend(payload);
            payload = outer;
        }
        decode(&[("fields.unknown", "ignore")], "f", &known, &payload)
    };
    assert!(deep(64).is_ok());
    assert!(deep(65).unwrap_err().contains("nested more than 64 levels deep"));
    let long = "f".repeat(500);
    let known =
        message(3, &format!("string f = 1; message N {{ int32 {long} = 1; }} repeated N r = 3;"));
    let many: Vec<u8> = [0x1a, 0].repeat(40_000);
    check_refused(&known, &many, "more than 16 MiB");
}

/// Members of a oneof that replace each other, beside many other values, take no more time than as
/// many values.
#[test]
fn replaced_values_are_passed_once() {
    let known = message(3, "repeated int32 r = 1; oneof c { int32 a = 2; M m = 3; }");
    let many =
        [&[8, 1].repeat(100_000)[..], &[0x10, 1, 0x1a, 0].repeat(100_000), &[0x10, 7]].concat();
    let options = [("fields.unknown", "ignore")];
    assert_eq!(decode(&options, "a", &known, &many), Ok("a=7".to_owned()));
    let invalid = [&[0x1a, 1, 8][..], &[0x10, 7]].concat();
    let told = decode(&options, "a", &known, &invalid).unwrap_err();
    assert!(told.contains("the field `m.r` of the value is not Protobuf"), "{told}");
}

#[test]
fn messages_are_found_by_index_and_name() {
    let text = r#"syntax = "proto3"; package p; message A { message B { int32 x = 1; message C { int32 y = 1; } } map<int32, int32> m = 2; message D { int32 z = 1; } } message E { int32 w = 1; }"#;
    let known = proto(text);
    let row = |index: &[u8]| {
        let value = framed(&[index, &[8, 5]].concat());
        let options = [("fields.mapping", "$:doc"), ("value.format", "protobuf")];
        outcome(&options, "doc", &known, record().value(value))
    };
    assert_eq!(row(&[2, 2]).unwrap(), r#"doc={"w":5}"#);
    assert_eq!(row(&[4, 0, 0]).unwrap(), r#"doc={"x":5}"#);
    assert_eq!(row(&[6, 0, 0, 0]).unwrap(), r#"doc={"y":5}"#);
    // The entries of maps are not messages of the text.
    assert_eq!(row(&[4, 0, 2]).unwrap(), r#"doc={"z":5}"#);
    for wrong in [&[2, 4][..], &[4, 2, 0], &[8, 0, 0, 0, 0]] {
        assert!(row(wrong).unwrap_err().contains("its schema has no such message"), "{wrong:?}");
    }
}

/// `mysql-source` writes such schemas.
#[test]
fn a_schema_can_say_that_what_is_not_sent_is_null() {
    let text = r#"syntax = "proto3"; import "confluent/meta.proto"; import "confluent/type/decimal.proto";
        message A { option (confluent.message_meta) = {params: [{key: "sluice.unset", value: "null"}]};
        int64 id = 1; optional string o = 2; confluent.type.Decimal m = 3; int32 zero = 4; oneof c { int32 x = 5; } }"#;
    let row = |options: Options<'_>, columns: &str| {
        decode(options, columns, &proto(text), &[8, 5]).expect("a row")
    };
    assert_eq!(row(&[], "id o m zero x"), "id=5 o=null m=null zero=0");
    assert_eq!(
        row(&[("fields.mapping", "$:doc")], "doc"),
        r#"doc={"id":5,"o":null,"m":null,"zero":0}"#
    );
    assert_eq!(row(&[("flatten.delimiter", "_")], "id o m zero"), "id=5 o=null m=null zero=0");
}

#[test]
fn a_schema_that_is_not_valid_is_named() {
    let learn = |text: &str| {
        let answer = Answer::Schema(schema(SchemaKind::Protobuf, text));
        KnownSchemas::default().learn(ID, &answer).unwrap_err().to_string()
    };
    for (text, why) in [
        ("messag A {}", "the schema: "),
        (
            r#"syntax = "proto3"; message A { B b = 1; }"#,
            "the field `b` of A has the type `B`, which is not defined",
        ),
        (&"message A { ".repeat(100), "nested more than 64 levels deep"),
    ] {
        let told = learn(text);
        assert!(told.starts_with("schema 1 of the registry cannot be used as Protobuf:"), "{told}");
        assert!(told.contains(why), "{told}");
    }
}
