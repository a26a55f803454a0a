//! The text and the bytes of Protobuf.

use std::borrow::Cow;

use super::*;

fn field(name: &str, kind: Kind, is_optional: bool) -> Field {
    Field { name: name.to_owned(), kind, is_optional }
}

#[test]
fn a_schema_is_that_of_connect() {
    let fields = [
        field("id", Kind::Int64, false),
        field("tiny", Kind::Int8, true),
        field("amount", Kind::Decimal { precision: 7, scale: 3 }, true),
        field("day", Kind::Date, false),
        field("place", Kind::Geometry, true),
    ];
    let expected = r#"syntax = "proto3";

import "confluent/meta.proto";
import "confluent/type/decimal.proto";
import "google/type/date.proto";

message orders {
  option (confluent.message_meta) = {params: [{key: "sluice.unset", value: "null"}]};

  int64 id = 1;
  optional int32 tiny = 2 [(confluent.field_meta) = {params: [{key: "connect.type", value: "int8"}]}];
  confluent.type.Decimal amount = 3 [(confluent.field_meta) = {params: [{key: "precision", value: "7"}, {key: "scale", value: "3"}]}];
  google.type.Date day = 4;
  Geometry place = 5;
}

message Geometry {
  bytes wkb = 1;
  optional int32 srid = 2;
}
"#;
    assert_eq!(text(Some("orders"), &fields, false).as_deref(), Ok(expected));
    let key = text(None, &fields[..1], false).expect("a schema");
    assert_eq!(key, "syntax = \"proto3\";\n\nmessage ConnectDefault1 {\n  int64 id = 1;\n}\n");
    assert!(text(Some("Geometry"), &fields, false).is_err(), "a message with that name is there");
}

#[test]
fn values_are_written_by_the_documentation() {
    let text = |text| Datum::Text(Cow::Borrowed(text));
    let decimal = Kind::Decimal { precision: 7, scale: 3 };
    for (kind, is_optional, datum, expected) in [
        (Kind::Int64, false, Datum::Int(150), &[8, 0x96, 1][..]),
        (Kind::Int64, false, Datum::Int(0), &[]),
        (Kind::Int64, true, Datum::Int(0), &[8, 0]),
        (Kind::Int64, true, Datum::Null, &[]),
        (Kind::Int32, false, Datum::Int(-1), &[8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
        (Kind::Unsigned, false, Datum::Unsigned(300), &[8, 0xac, 2]),
        (Kind::Boolean, false, Datum::Boolean(true), &[8, 1]),
        (Kind::Float, false, Datum::Float(0.0), &[]),
        (Kind::Float, false, Datum::Float(-0.0), &[13, 0, 0, 0, 128]),
        (Kind::Double, true, Datum::Double(0.0), &[9, 0, 0, 0, 0, 0, 0, 0, 0]),
        (Kind::Text, false, text("ab"), &[10, 2, b'a', b'b']),
        (Kind::Text, true, text(""), &[10, 0]),
        (Kind::Bytes, false, Datum::Bytes(Cow::Borrowed(&[])), &[]),
        (Kind::Date, false, Datum::Int(0), &[10, 7, 8, 0xb2, 15, 16, 1, 24, 1]),
        (Kind::Timestamp, false, Datum::Int(1_500), &[10, 8, 8, 1, 16, 0x80, 0xca, 0xb5, 0xee, 1]),
        (Kind::MicroTimestamp, true, Datum::Int(0), &[10, 0]),
        (decimal, true, Datum::Bytes(Cow::Borrowed(&[4])), &[10, 7, 10, 1, 4, 16, 7, 24, 3]),
        (Kind::Geometry, true, Datum::Geometry { srid: 0, wkb: &[9] }, &[10, 3, 10, 1, 9]),
        (Kind::Geometry, true, Datum::Geometry { srid: 3, wkb: &[9] }, &[10, 5, 10, 1, 9, 16, 3]),
    ] {
        let mut out = BytesMut::new();
        assert_eq!(put(&field("f", kind, is_optional), 0, &datum, &mut out), Some(()));
        assert_eq!(&out[..], expected, "{kind:?} {datum:?}");
    }
    let required = field("f", Kind::Int32, false);
    assert_eq!(put(&required, 0, &Datum::Null, &mut BytesMut::new()), None);
    let mut out = BytesMut::new();
    put(&required, 15, &Datum::Int(1), &mut out);
    assert_eq!(&out[..], [0x80, 1, 1], "the sixteenth field has a tag of two bytes");
}
