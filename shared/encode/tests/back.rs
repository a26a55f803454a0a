//! What is encoded here and read by the decoders is the same JSON; the rest is refused, with a place.

use sluice_bridge::format::registry::{Reference, SchemaKind, SchemaText};
use sluice_encode::{Encoded, Encoder};

fn schema(kind: SchemaKind, text: &str, references: &[(&str, &str)]) -> SchemaText {
    let reference =
        |(name, text): &(&str, &str)| Reference { name: (*name).into(), text: (*text).into() };
    SchemaText { kind, text: text.into(), references: references.iter().map(reference).collect() }
}

/// What the decoders make of a value: its JSON.
fn decoded(schema: &SchemaText, encoded: &Encoded) -> String {
    sluice_testkit::decoded(schema, 7, &encoded.bytes, encoded.header.as_deref())
}

#[track_caller]
fn is_read_back(schema: &SchemaText, json: &str, expected: &str) {
    let encoder = Encoder::new(schema, None).expect("the schema is valid");
    for encoded in
        [encoder.with_prefix(7, json.as_bytes()), encoder.with_header(7, json.as_bytes())]
    {
        let encoded = encoded.unwrap_or_else(|refusal| panic!("{json}: {refusal}"));
        assert_eq!(decoded(schema, &encoded), expected, "{json}");
    }
}

#[track_caller]
fn is_refused(schema: &SchemaText, json: &str, says: &str) {
    let encoder = Encoder::new(schema, None).expect("the schema is valid");
    let refusal = encoder.payload(json.as_bytes()).expect_err(json).to_string();
    assert!(refusal.contains(says), "{json}: {refusal}");
    assert!(!refusal.contains("hunter2"), "{refusal}");
}

/// An Avro record with one field `f` of a type.
fn avro(ty: &str) -> SchemaText {
    let text = format!(r#"{{"type":"record","name":"a.R","fields":[{{"name":"f","type":{ty}}}]}}"#);
    schema(SchemaKind::Avro, &text, &[])
}

fn logical(base: &str, name: &str) -> String {
    format!(r#"{{"type":"{base}","logicalType":"{name}"}}"#)
}

#[test]
fn every_type_of_avro_comes_back() {
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":38,"scale":10}"#;
    let fixed =
        r#"{"type":"fixed","name":"D","size":4,"logicalType":"decimal","precision":9,"scale":2}"#;
    for (ty, value) in [
        (r#""null""#, "null"),
        (r#""boolean""#, "true"),
        (r#""int""#, "-2147483648"),
        (r#""long""#, "9223372036854775807"),
        (r#""float""#, "0.1"),
        (r#""double""#, "1.7976931348623157e308"),
        (r#""double""#, r#""-Infinity""#),
        (r#""string""#, r#""Köln""#),
        (r#""bytes""#, r#""AP8=""#),
        (r#"{"type":"fixed","name":"F","size":3}"#, r#""AP+A""#),
        (r#"{"type":"enum","name":"E","symbols":["A","B"]}"#, r#""B""#),
        (r#"{"type":"array","items":"int"}"#, "[1,2,3]"),
        (r#"{"type":"array","items":"int"}"#, "[]"),
        (r#"{"type":"map","values":"long"}"#, r#"{"b":1,"a":-1}"#),
        (decimal, "1234567890123456789012345678.0123456789"),
        (decimal, "-0.0000000001"),
        (fixed, "-99999.99"),
        (&logical("int", "date"), r#""1969-12-31""#),
        (&logical("int", "time-millis"), r#""23:59:59.999""#),
        (&logical("long", "time-micros"), r#""00:00:00.000001""#),
        (&logical("long", "timestamp-millis"), r#""2026-01-31T12:30:00.125Z""#),
        (&logical("long", "timestamp-micros"), r#""1969-12-31T23:59:59.999999Z""#),
        (&logical("long", "timestamp-nanos"), r#""2026-01-31T12:30:00.123456789Z""#),
        (&logical("long", "local-timestamp-micros"), r#""2026-01-31T12:30:00.000001""#),
        (&logical("string", "uuid"), r#""01234567-89ab-cdef-0123-456789abcdef""#),
        (
            r#"{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}"#,
            r#""01234567-89ab-cdef-0123-456789abcdef""#,
        ),
        (r#"{"type":"fixed","name":"P","size":12,"logicalType":"duration"}"#, r#""P1M2DT0.003S""#),
        (r#"["null","a.R"]"#, r#"{"f":{"f":null}}"#),
        (r#"["null","int","string"]"#, r#""seven""#),
    ] {
        let json = format!(r#"{{"f":{value}}}"#);
        is_read_back(&avro(ty), &json, &json);
    }
}

#[test]
fn a_moment_and_a_decimal_have_more_than_one_form() {
    let millis = avro(&logical("long", "timestamp-millis"));
    let expected = r#"{"f":"2026-01-31T12:30:00.125Z"}"#;
    for json in [r#"{"f":"2026-01-31 13:30:00.125+01:00"}"#, r#"{"f":1769862600125}"#, expected] {
        is_read_back(&millis, json, expected);
    }
    is_read_back(&avro(&logical("int", "date")), r#"{"f":10}"#, r#"{"f":"1970-01-11"}"#);
    let decimal = avro(r#"{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}"#);
    for json in [r#"{"f":12.3}"#, r#"{"f":"12.30"}"#, r#"{"f":123e-1}"#] {
        is_read_back(&decimal, json, r#"{"f":12.30}"#);
    }
}

#[test]
fn a_branch_of_a_union_is_named_where_the_value_does_not_tell() {
    let numbers = avro(r#"["null","int","long",{"type":"map","values":"string"}]"#);
    is_read_back(&numbers, r#"{"f":9999999999}"#, r#"{"f":9999999999}"#);
    is_refused(&numbers, r#"{"f":7}"#, "$.f: it could be int or long");
    for json in [r#"{"f":{"long":7}}"#, r#"{"f":{"int":null,"long":7}}"#] {
        is_read_back(&numbers, json, r#"{"f":7}"#);
        let encoded = Encoder::new(&numbers, None).unwrap().payload(json.as_bytes());
        assert_eq!(encoded.as_deref(), Ok(&[4, 14][..]), "the third branch");
    }
    is_read_back(&numbers, r#"{"f":{"map":{"int":"x"}}}"#, r#"{"f":{"int":"x"}}"#);
    is_refused(&numbers, r#"{"f":true}"#, "it is no value of the union of null, int, long, map");
    let text = avro(r#"["string",{"type":"map","values":"string"}]"#);
    is_refused(&text, r#"{"f":{"string":"x"}}"#, "could be string or map");
    let optional = avro(r#"["null","string"]"#);
    is_read_back(&optional, r#"{"f":{"string":"Ann"}}"#, r#"{"f":"Ann"}"#);
    is_refused(&optional, r#"{"f":7}"#, "$.f: a JSON number is not a string");
    let records = avro(
        r#"[{"type":"record","name":"b.Card","fields":[{"name":"n","type":"int"}]},
            {"type":"record","name":"c.Cash","fields":[{"name":"n","type":"int"}]}]"#,
    );
    is_refused(&records, r#"{"f":{"n":1}}"#, "could be b.Card or c.Cash");
    for name in ["Cash", "c.Cash"] {
        is_read_back(&records, &format!(r#"{{"f":{{"{name}":{{"n":1}}}}}}"#), r#"{"f":{"n":1}}"#);
    }
}

#[test]
fn what_is_missing_has_its_default_and_the_rest_is_refused() {
    let text = r#"{"type":"record","name":"R","fields":[
        {"name":"a","type":["null","string"],"default":null},
        {"name":"b","type":{"type":"bytes","logicalType":"decimal","precision":4,"scale":1},"default":"ÿ"},
        {"name":"c","type":{"type":"record","name":"I","fields":[{"name":"x","type":["int","null"],"default":7}]},"default":{}},
        {"name":"d","type":"long"}]}"#;
    let record = schema(SchemaKind::Avro, text, &[]);
    is_read_back(&record, r#"{"d":1}"#, r#"{"a":null,"b":-0.1,"c":{"x":7},"d":1}"#);
    is_refused(&record, "{}", "$.d: it is missing, and its field has no default");
    is_refused(&record, r#"{"d":1,"e":"hunter2"}"#, "$.e: the record R has no such field");
    is_refused(&record, r#"{"d":1,"d":2}"#, "$.d: it is there twice");
    is_refused(&record, r#"{"d":1,"c":{"x":"hunter2"}}"#, "$.c.x: ");
}

#[test]
fn what_avro_cannot_hold_is_refused() {
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":3,"scale":1}"#;
    let fixed = r#"{"type":"fixed","name":"F","size":3}"#;
    for (ty, value, says) in [
        (r#""int""#, "2147483648", "out of range"),
        (r#""long""#, "1.5", "after the point"),
        (r#""float""#, "0.123456789", "more digits"),
        (r#""double""#, "1e400", "out of range"),
        (r#""string""#, "7", "a JSON number is not a string"),
        (r#""string""#, r#""\ud800""#, "surrogate"),
        (r#""bytes""#, r#""hunter2""#, "base64"),
        (fixed, r#""AP8=""#, "has not the 3 bytes"),
        (decimal, "0.01", "scale"),
        (decimal, "100.0", "precision"),
        (&logical("long", "timestamp-millis"), r#""2026-01-31T12:30:00.0001Z""#, "below the unit"),
        (&logical("long", "timestamp-millis"), r#""2026-01-31T12:30:00""#, "no zone"),
        (&logical("long", "local-timestamp-millis"), r#""2026-01-31T12:30:00Z""#, "has a zone"),
        (&logical("int", "date"), r#""2026-02-30""#, "no such day"),
        (r#"{"type":"array","items":"int"}"#, "[1,null]", "$.f[1]: "),
        (r#"{"type":"map","values":"int"}"#, r#"{"k":1,"k":2}"#, "$.f.k: it is there twice"),
        (r#"{"type":"enum","name":"E","symbols":["A"]}"#, r#""hunter2""#, "no symbol"),
    ] {
        is_refused(&avro(ty), &format!(r#"{{"f":{value}}}"#), says);
    }
    is_refused(&avro(r#""int""#), r#"{"f":1} {"f":2}"#, "not JSON");
    let deep = format!(r#"{}null{}"#, r#"{"f":"#.repeat(70), "}".repeat(70));
    is_refused(&avro(r#"["null","a.R"]"#), &deep, "64 levels");
}

#[test]
fn bytes_at_the_top_have_no_length() {
    for (ty, json) in [
        (r#""bytes""#, r#""AP8=""#),
        (r#"{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}"#, "-12.34"),
        (r#"["null","string"]"#, r#""x""#),
        (r#""long""#, "42"),
    ] {
        is_read_back(&schema(SchemaKind::Avro, ty, &[]), json, json);
    }
}

#[test]
fn schemas_refer_to_others() {
    let inner =
        r#"{"type":"record","name":"shop.Address","fields":[{"name":"city","type":"string"}]}"#;
    let outer =
        r#"{"type":"record","name":"shop.Order","fields":[{"name":"to","type":"Address"}]}"#;
    let both = schema(SchemaKind::Avro, outer, &[("shop.Address", inner)]);
    is_read_back(&both, r#"{"to":{"city":"Köln"}}"#, r#"{"to":{"city":"Köln"}}"#);
    let inner = r#"syntax = "proto3"; package shop; message Address { string city = 1; }"#;
    let outer = r#"syntax = "proto3"; package shop; import "a.proto"; import "google/type/date.proto";
        import "google/type/money.proto"; import "confluent/type/decimal.proto";
        message Order { Address to = 1; google.type.Date on = 2; google.type.Money for = 3;
            confluent.type.Decimal amount = 4; }"#;
    let both = schema(SchemaKind::Protobuf, outer, &[("a.proto", inner)]);
    let json = r#"{"to":{"city":"Köln"},"on":"2026-01-31","for":{"currency_code":"EUR","units":7,"nanos":0},"amount":-12.340}"#;
    is_read_back(&both, json, json);
    let missing = schema(SchemaKind::Protobuf, outer, &[]);
    let why = Encoder::new(&missing, None).err().expect("it is missing");
    assert!(why.contains("imports a.proto"), "{why}");
}

/// A Protobuf message with these fields.
fn proto(fields: &str) -> SchemaText {
    let text = format!(
        r#"syntax = "proto3"; import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";
        import "google/protobuf/struct.proto"; import "google/protobuf/wrappers.proto"; import "google/protobuf/any.proto";
        import "google/protobuf/field_mask.proto"; import "google/type/timeofday.proto";
        message M {{ {fields} }} enum E {{ ZERO = 0; ONE = 1; }} message N {{ int32 x = 1; }}"#
    );
    schema(SchemaKind::Protobuf, &text, &[])
}

#[test]
fn every_type_of_protobuf_comes_back() {
    for (fields, json) in [
        ("uint64 f = 1; sint64 g = 2;", r#"{"f":18446744073709551615,"g":-9223372036854775808}"#),
        ("fixed32 f = 1; sfixed32 g = 2;", r#"{"f":4294967295,"g":-1}"#),
        ("float f = 1; double g = 2;", r#"{"f":0.1,"g":"NaN"}"#),
        ("optional double f = 1;", r#"{"f":-0.0}"#),
        ("bool f = 1; string g = 2;", r#"{"f":true,"g":"Köln"}"#),
        ("bytes f = 1;", r#"{"f":"AP8="}"#),
        ("E f = 1; repeated E g = 2;", r#"{"f":"ONE","g":["ZERO",7]}"#),
        ("optional int32 f = 1;", r#"{"f":0}"#),
        ("oneof c { string f = 1; int64 g = 2; }", r#"{"g":0}"#),
        ("map<int32, N> f = 1; repeated N g = 2;", r#"{"f":{"-1":{"x":1}},"g":[{"x":2},{"x":0}]}"#),
        ("map<bool, string> f = 1;", r#"{"f":{"true":"x"}}"#),
        ("google.protobuf.Timestamp f = 1;", r#"{"f":"2026-01-31T12:30:00.123456789Z"}"#),
        ("google.protobuf.Timestamp f = 1;", r#"{"f":"0001-01-01T00:00:00Z"}"#),
        ("google.protobuf.Duration f = 1;", r#"{"f":"PT-3.5S"}"#),
        ("google.protobuf.StringValue f = 1;", r#"{"f":""}"#),
        ("google.protobuf.Struct f = 1;", r#"{"f":{"a":[1.5,null,"x",{}]}}"#),
        ("google.protobuf.Value f = 1;", r#"{"f":null}"#),
        ("google.protobuf.FieldMask f = 1;", r#"{"f":"a.b,c"}"#),
        ("google.type.TimeOfDay f = 1;", r#"{"f":"23:59:59.000000001"}"#),
        ("google.protobuf.Any f = 1;", r#"{"f":{"@type":"type.googleapis.com/N","x":3}}"#),
    ] {
        is_read_back(&proto(fields), json, json);
    }
    // The forms of ProtoJSON.
    let both = proto("int64 long_name = 1; google.protobuf.Duration f = 2;");
    is_read_back(&both, r#"{"longName":"7","f":"1.5s"}"#, r#"{"long_name":7,"f":"PT1.5S"}"#);
    let optional = proto("optional int32 f = 1; int32 g = 2;");
    is_read_back(&optional, r#"{"f":null}"#, r#"{"g":0}"#);
    let second = schema(
        SchemaKind::Protobuf,
        r#"syntax = "proto2"; message M { required string s = 1; optional group G = 2 { optional int32 a = 1; } }"#,
        &[],
    );
    is_read_back(&second, r#"{"s":"x","g":{"a":1}}"#, r#"{"s":"x","g":{"a":1}}"#);
    is_refused(&second, "{}", "$.s: it is required and missing");
}

#[test]
fn what_protobuf_cannot_hold_is_refused() {
    for (fields, json, says) in [
        ("int32 f = 1;", r#"{"f":2147483648}"#, "out of range"),
        ("uint32 f = 1;", r#"{"f":-1}"#, "out of range"),
        ("int32 f = 1;", r#"{"f":null}"#, "cannot be null"),
        ("repeated int32 f = 1;", r#"{"f":null}"#, "cannot be null"),
        ("float f = 1;", r#"{"f":0.123456789}"#, "more digits"),
        ("double f = 1;", r#"{"f":-0.0}"#, "negative zero"),
        ("map<string, double> f = 1;", r#"{"f":{"a":-0.0}}"#, "$.f.a: a field without presence"),
        ("google.protobuf.DoubleValue f = 1;", r#"{"f":-0.0}"#, "negative zero"),
        ("E f = 1;", r#"{"f":"hunter2"}"#, "no constant of the enum E"),
        ("oneof c { string f = 1; int64 g = 2; }", r#"{"f":"x","g":0}"#, "the oneof c"),
        ("N f = 1;", r#"{"f":{"y":1}}"#, "$.f.y: the message N has no such field"),
        ("map<int32, string> f = 1;", r#"{"f":{"x":"y"}}"#, "$.f.x: "),
        ("map<int32, string> f = 1;", r#"{"f":{"1":"y","01":"z"}}"#, "$.f.01: "),
        ("int32 long_name = 1;", r#"{"longName":1,"long_name":2}"#, "by both of its names"),
        ("int32 long_name = 1;", r#"{"long_name":0,"longName":5}"#, "by both of its names"),
        ("google.protobuf.Timestamp f = 1;", r#"{"f":"10000-01-01T00:00:00Z"}"#, "1 to 9999"),
        ("google.protobuf.Duration f = 1;", r#"{"f":"P1M"}"#, "months"),
        ("google.protobuf.Any f = 1;", r#"{"f":{"@type":"x/Nothing"}}"#, "no such message"),
    ] {
        is_refused(&proto(fields), json, says);
    }
}

#[test]
fn a_message_is_chosen_by_its_name() {
    let text = r#"syntax = "proto3"; package p; message A { map<string, B> m = 1; message B { int32 x = 1; } }
        message C { message D { int32 x = 1; } message E { int32 y = 1; } }"#;
    let file = schema(SchemaKind::Protobuf, text, &[]);
    for (name, index) in
        [("A", &[0][..]), ("A.B", &[4, 0, 0]), ("p.C", &[2, 2]), ("C.E", &[4, 2, 2])]
    {
        let encoder = Encoder::new(&file, Some(name)).expect("it is there");
        let encoded = encoder.with_prefix(7, b"{}").expect("it is empty");
        assert_eq!(encoded.bytes, [&[0, 0, 0, 0, 7][..], index].concat(), "{name}");
        // The decoders find the same message.
        decoded(&file, &encoded);
    }
    let encoder = Encoder::new(&file, Some("p.C.E")).expect("it is there");
    assert_eq!(decoded(&file, &encoder.with_header(7, br#"{"y":1}"#).unwrap()), r#"{"y":1}"#);
    for wrong in ["X", "A.MEntry", "google.protobuf.Timestamp"] {
        assert!(Encoder::new(&file, Some(wrong)).is_err(), "{wrong}");
    }
    assert!(Encoder::new(&avro(r#""int""#), Some("A")).is_err());
}

#[test]
fn json_stays_as_it_is_written() {
    let file = schema(SchemaKind::Json, r#"{"type":"object"}"#, &[]);
    let encoder = Encoder::new(&file, None).expect("it is valid");
    let json = br#"{"a": 1.10, "b": 123456789012345678901234567890}"#;
    assert_eq!(encoder.payload(json).as_deref(), Ok(&json[..]));
    assert!(encoder.payload(b"").is_err() && encoder.payload(b"{").is_err());
    assert!(Encoder::new(&schema(SchemaKind::Json, "{", &[]), None).is_err());
    assert!(Encoder::new(&schema(SchemaKind::Avro, r#""none""#, &[]), None).is_err());
}
