//! JSON Schema: what Connect's converter writes beside a type gives values their meaning; nothing
//! else of the schema counts.

use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas, Reference, SchemaKind, SchemaText};

use crate::{framed, known, outcome, record, schema};

/// One property `f`, and what a column of some kind gets.
#[track_caller]
fn check(property: &str, value: &str, column: &str, expected: Result<&str, &str>) {
    let schema_text = format!(r#"{{"type":"object","properties":{{"f":{property}}}}}"#);
    let known = known(&[(SchemaId::Number(1), schema(SchemaKind::Json, &schema_text))]);
    let value = record().value(framed(format!(r#"{{"f":{value}}}"#).as_bytes()));
    let options = [("value.format", "json-schema")];
    match (outcome(&options, &format!("f:{column}"), &known, value), expected) {
        (Ok(row), Ok(expected)) => assert_eq!(row, format!("f={expected}"), "{property}"),
        (Err(why), Err(expected)) => assert!(why.contains(expected), "{why}"),
        (row, _) => panic!("{property}: {row:?}"),
    }
}

#[test]
fn connects_types_give_a_meaning() {
    let named = |ty: &str, word: &str, title: &str| {
        format!(
            r#"{{"type":"{ty}","connect.type":"{word}","title":"{title}","connect.parameters":{{"scale":"2"}}}}"#
        )
    };
    check(r#"{"type":"string","connect.type":"bytes"}"#, r#""/w==""#, "bytes", Ok(r#""/w==""#));
    let decimal = named("string", "bytes", "org.apache.kafka.connect.data.Decimal");
    check(&decimal, r#""BNI=""#, "numbers", Ok("12.34"));
    check(&decimal, "12.30", "numbers", Ok("12.30"));
    let date = named("integer", "int32", "org.apache.kafka.connect.data.Date");
    check(&date, "1", "moments", Ok(r#""1970-01-02""#));
    let micros = named("integer", "int64", "io.debezium.time.MicroTimestamp");
    check(&micros, "1", "moments", Ok(r#""1970-01-01T00:00:00.000001Z""#));
    let optional = format!(r#"{{"oneOf":[{{"type":"null"}},{date}]}}"#);
    check(&optional, "null", "moments", Ok("null"));
    check(&optional, "1", "moments", Ok(r#""1970-01-02""#));
    let nested = format!(r#"{{"type":"object","properties":{{"d":{date}}}}}"#);
    check(&nested, r#"{"d":1,"e":2}"#, "documents", Ok(r#"{"d":"1970-01-02","e":2}"#));
    let list = format!(r#"{{"type":"array","items":{date}}}"#);
    check(&list, "[1]", "documents", Ok(r#"["1970-01-02"]"#));
    let map = format!(r#"{{"type":"object","connect.type":"map","additionalProperties":{date}}}"#);
    check(&map, r#"{"a":1}"#, "documents", Ok(r#"{"a":"1970-01-02"}"#));
    check(r#"{"type":"integer","connect.type":"int8"}"#, "300", "numbers", Err("out of range"));
    check(&date, r#""x""#, "moments", Err("declared as date, but it is of another type"));
}

#[test]
fn nothing_else_of_the_schema_counts() {
    check(r#"{"type":"integer"}"#, r#""not an integer""#, "", Ok(r#""not an integer""#));
    check(r#"{"type":"integer","title":"the number"}"#, "1.50", "numbers", Ok("1.50"));
    check(r##"{"$ref":"#"}"##, "18446744073709551616", "", Ok("18446744073709551616"));
    check("true", "1e400", "numbers", Ok("1e400"));
}

/// Connect's types count behind references, too: of the schema itself and of other subjects.
#[test]
fn references_are_followed() {
    let date =
        r#"{"type":"integer","connect.type":"int32","title":"org.apache.kafka.connect.data.Date"}"#;
    let text = r##"{"type":"object","properties":{"f":{"$ref":"other.json#/definitions/d"},
        "g":{"oneOf":[{"type":"null"},{"$ref":"#/definitions/~1"}]},"h":{"$ref":"whole.json"},
        "i":{"$ref":"#/definitions/loop"},"j":{"$ref":"gone.json"},"k":{"allOf":[{"$ref":"whole.json"}]}},
        "definitions":{"/":{"$ref":"whole.json"},"loop":{"$ref":"#/definitions/loop"}}}"##;
    let other = format!(r##"{{"definitions":{{"d":{{"$ref":"#/definitions/e"}},"e":{date}}}}}"##);
    let reference = |name: &str, text: &str| Reference { name: name.into(), text: text.into() };
    let references = vec![reference("other.json", &other), reference("whole.json", date)];
    let schema = SchemaText { kind: SchemaKind::Json, text: text.to_owned(), references };
    let known = known(&[(SchemaId::Number(1), schema)]);
    let value = framed(br#"{"f":1,"g":2,"h":3,"i":4,"j":5,"k":6}"#);
    let row = outcome(&[], "f g h i j k", &known, record().value(value)).unwrap();
    let day = |day| format!("\"1970-01-0{day}\"");
    let expected = format!("f={} g={} h={} i=4 j=5 k={}", day(2), day(3), day(4), day(7));
    assert_eq!(row, expected);
}

/// A few bytes of references may stand for a type without end.
#[test]
fn references_are_not_trusted() {
    let doubled: Vec<String> = (0..60)
        .map(|nth| {
            let next = format!(r##"{{"$ref":"#/definitions/d{}"}}"##, nth + 1);
            format!(r#""d{nth}":{{"type":"object","properties":{{"a":{next},"b":{next}}}}}"#)
        })
        .collect();
    let chain: Vec<String> = (0..500)
        .map(|nth| format!(r##""c{nth}":{{"$ref":"#/definitions/c{}"}}"##, nth + 1))
        .collect();
    let text = format!(
        r##"{{"type":"object","properties":{{"f":{{"$ref":"#/definitions/d0"}},"g":{{"$ref":"#/definitions/c0"}}}},
        "definitions":{{{},{}}}}}"##,
        doubled.join(","),
        chain.join(",")
    );
    let known = known(&[(SchemaId::Number(1), schema(SchemaKind::Json, &text))]);
    let value = framed(br#"{"f":{"a":{"b":1}},"g":2}"#);
    let row = outcome(&[], "f g", &known, record().value(value));
    assert_eq!(row.unwrap(), r#"f={"a":{"b":1}} g=2"#);
}

#[test]
fn a_schema_that_is_not_valid_is_named() {
    for (text, why) in [
        ("{", "the schema is not JSON"),
        (
            r#"{"type":"string","connect.type":"bytes","title":"org.apache.kafka.connect.data.Decimal"}"#,
            "has no parameter `scale`",
        ),
    ] {
        let answer = Answer::Schema(schema(SchemaKind::Json, text));
        let told = KnownSchemas::default().learn(SchemaId::Number(1), &answer).unwrap_err();
        let told = told.to_string();
        assert!(
            told.starts_with("schema 1 of the registry cannot be used as JSON Schema:"),
            "{told}"
        );
        assert!(told.contains(why), "{told}");
    }
}
