//! Avro in its JSON encoding, as Apicurio's clients write it if they are asked to: it becomes what
//! the binary encoding becomes.

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::SchemaKind;

use crate::{known, outcome, record, schema};

/// One field `f` of a type, and what a column gets.
fn decode(ty: &str, value: &str) -> Result<String, String> {
    let text = format!(r#"{{"type":"record","name":"R","fields":[{{"name":"f","type":{ty}}}]}}"#);
    let known = known(&[(SchemaId::Global(7), schema(SchemaKind::Avro, &text))]);
    let record = record()
        .value(format!(r#"{{"f":{value}}}"#))
        .header("apicurio.value.globalId", Some(&[0, 0, 0, 0, 0, 0, 0, 7]))
        .header("apicurio.value.encoding", Some(b"JSON"));
    outcome(&[("value.format", "avro")], "f", &known, record)
}

#[track_caller]
fn check(ty: &str, value: &str, expected: &str) {
    assert_eq!(decode(ty, value), Ok(format!("f={expected}")), "{ty}");
}

#[track_caller]
fn check_refused(ty: &str, value: &str, why: &str) {
    let told = decode(ty, value).unwrap_err();
    let place = "Value: the field `f` of the value is not Avro as schema with global id 7 says:";
    assert!(told.starts_with(place) && told.contains(why), "{told}");
}

#[test]
fn values_of_every_type() {
    check(r#""boolean""#, "true", "true");
    check(r#""long""#, "9223372036854775807", "9223372036854775807");
    check(r#""double""#, "1.50", "1.50");
    check(r#""float""#, r#""NaN""#, r#""NaN""#);
    check(r#""bytes""#, r#""\u0000ÿ""#, r#""AP8=""#);
    check(r#""string""#, r#""\u00fc\n""#, r#""ü\n""#);
    check(r#"{"type":"enum","name":"E","symbols":["A"]}"#, r#""A""#, r#""A""#);
    check(r#"{"type":"fixed","name":"F","size":1}"#, r#""a""#, r#""YQ==""#);
    check(r#"{"type":"array","items":"int"}"#, "[1, 2]", "[1,2]");
    check(r#"{"type":"map","values":"int"}"#, r#"{"a": 1}"#, r#"{"a":1}"#);
    let decimal = r#"{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}"#;
    check(decimal, r#""\u0004Ò""#, "12.34");
    let moment = r#"{"type":"long","logicalType":"timestamp-millis"}"#;
    check(moment, "1", r#""1970-01-01T00:00:00.001Z""#);
    let twelve = r#"{"type":"fixed","name":"D","size":12,"logicalType":"duration"}"#;
    let value = r#""\u0001\u0000\u0000\u0000\u0002\u0000\u0000\u0000\u0000\u0000\u0000\u0000""#;
    check(twelve, value, r#""P1M2DT0S""#);
}

#[test]
fn unions_name_their_branch() {
    let union = r#"["null","int",{"type":"record","name":"x.A","fields":[{"name":"b","type":["null","R"]}]}]"#;
    check(union, "null", "null");
    check(union, r#"{"int":7}"#, "7");
    check(union, r#"{"x.A":{"b":{"R":{"f":null}}}}"#, r#"{"b":{"f":null}}"#);
    check_refused(union, "7", "a union names no branch of its own");
    check_refused(union, r#"{"string":"a"}"#, "a union names no branch of its own");
    check_refused(union, r#"{"int":7,"null":null}"#, "a union is not an object with one member");
}

#[test]
fn what_is_not_of_its_type_is_refused() {
    check_refused(r#""int""#, "2147483648", "it is not such an integer");
    check_refused(r#""int""#, r#""7""#, "it is of another type (at byte 6 ");
    check_refused(r#""bytes""#, r#""€""#, "a character is not a byte");
    check_refused(r#"{"type":"fixed","name":"F","size":2}"#, r#""a""#, "another number of bytes");
    check_refused(r#"{"type":"enum","name":"E","symbols":["A"]}"#, r#""B""#, "not a symbol");
    let told = decode(r#""int""#, "1, \"g\":2").unwrap_err();
    assert!(told.contains("a record has other fields than its schema says"), "{told}");
    let told = decode(r#""int""#, "1} x").unwrap_err();
    assert!(told.contains("text after the value"), "{told}");
}
