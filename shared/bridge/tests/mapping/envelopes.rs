//! Kafka Connect's envelope: a value must have its declared type.

mod logical;

use crate::{check, tombstone, value};

const ENVELOPE: crate::Options<'_> = &[("value.format", "json-envelope")];
const CONNECT: &str = "org.apache.kafka.connect.data";

/// A struct with these fields, written as JSON without the braces.
fn envelope(fields: &[&str], payload: &str) -> String {
    let fields: Vec<String> = fields.iter().map(|field| format!("{{{field}}}")).collect();
    format!(
        r#"{{"schema":{{"type":"struct","fields":[{}],"optional":false,"name":"t.Value"}},"payload":{payload}}}"#,
        fields.join(",")
    )
}

/// Checks one field `a` of this schema.
#[track_caller]
fn field(schema: &str, sent: &str, expected: &str) {
    let text = envelope(&[&format!(r#"{schema},"field":"a""#)], &format!(r#"{{"a":{sent}}}"#));
    for format in ["json-envelope", "auto", "debezium"] {
        check(&[("value.format", format)], "a", value(&text), expected);
    }
}

#[test]
fn the_payload_is_the_record() {
    let fields = [
        r#""type":"int32","optional":false,"field":"id""#,
        r#""type":"string","optional":true,"field":"note""#,
    ];
    let text = envelope(&fields, r#"{"id":7,"note":"hi"}"#);
    check(ENVELOPE, "id note", value(&text), "id=7 note='hi'");
    let text = envelope(&fields, r#"{"id":7,"note":null}"#);
    check(ENVELOPE, "id note", value(&text), "id=7 note=null");
    let text = envelope(&fields, r#"{"id":7}"#);
    check(ENVELOPE, "id note", value(&text), "id=7");
    let reversed = r#"{ "payload": {"id":1} , "schema": {"type":"struct","fields":[{"field":"id","type":"int8"}]} }"#;
    check(ENVELOPE, "id", value(reversed), "id=1");
    check(ENVELOPE, "id", value(r#"{"schema":null,"payload":{"id":1}}"#), "id=1");
}

/// A null deletes a row: only a schema that allows it says so.
#[test]
fn a_payload_is_null_only_if_its_schema_allows_it() {
    let delete = [("pk.mode", "record_key"), ("delete.enabled", "true"), ("insert.mode", "upsert")];
    let null = |optional| {
        format!(
            r#"{{"schema":{{"type":"struct","fields":[],"optional":{optional}}}, "payload": null}}"#
        )
    };
    for format in ["json-envelope", "auto", "debezium"] {
        let options = [&delete[..], &[("value.format", format)]].concat();
        let record = |text: &str| value(text).key(r#"{"id":7}"#);
        check(&options, "*id v", record(&null(true)), "delete id=7");
        let why = "refused: Value: the value: the payload is null, and its schema is not optional";
        check(&options, "*id v", record(&null(false)), why);
    }
}

#[test]
fn declared_types_are_kept_to() {
    for (ty, fits, fails, why) in [
        ("int8", "-128", "128", "out of range"),
        ("int8", "7.0", "300", "out of range"),
        ("int16", "32767", "-32769", "out of range"),
        ("int32", "2147483647", "2147483648", "out of range"),
        ("int64", "9223372036854775807", "9223372036854775808", "out of range"),
        ("int32", "1", "1.5", "not an integer"),
        ("int32", "1", "\"abc\"", "of another type"),
        ("int32", "1", "\"1\"", "of another type"),
        ("float", "3.4e38", "3.5e38", "out of range"),
        ("double", "1e308", "1e400", "out of range"),
        ("boolean", "true", "1", "of another type"),
        ("bytes", "\"AQI=\"", "\"A\"", "not base64"),
        ("bytes", "\"\"", "12", "of another type"),
        ("string", "\"1\"", "1", "of another type"),
        ("string", "\"{}\"", "{}", "of another type"),
    ] {
        let sent = if fits.starts_with('"') { fits.replace('"', "'") } else { fits.to_owned() };
        field(&format!(r#""type":"{ty}","optional":true"#), fits, &format!("a={sent}"));
        let shown = ty.replace("float", "float32").replace("double", "float64");
        let refused = format!(
            "refused: Value: the field `a` of the value is declared as {shown}, but it is {why}"
        );
        field(&format!(r#""type":"{ty}","optional":true"#), fails, &refused);
    }
    field(r#""type":"double","optional":false"#, "\"NaN\"", "a='NaN'");
}

#[test]
fn null_absent_and_default_are_three_things() {
    let optional = r#""type":"int32","optional":true,"default":5"#;
    field(optional, "null", "a=null");
    field(optional, "6", "a=6");
    let required = r#""type":"int32","optional":false"#;
    field(
        required,
        "null",
        "refused: Value: the field `a` of the value is declared as int32, but it must not be null",
    );
    field(r#""type":"int32","optional":false,"default":5"#, "null", "a=5");
    let absent = |schema: &str, expected: &str| {
        let text = envelope(&[&format!(r#"{schema},"field":"a""#)], "{}");
        check(ENVELOPE, "a", value(&text), expected);
    };
    absent(optional, "a=5");
    absent(r#""type":"int32","optional":true,"default":null"#, "");
    absent(
        required,
        "refused: Value: the field `a` of the value is declared as int32, but it must not be missing",
    );
}

#[test]
fn nested_values_are_kept_to_their_types_too() {
    let inner = format!(
        r#"{{"type":"int32","field":"n"}},{{"type":"bytes","optional":true,"name":"{CONNECT}.Decimal","parameters":{{"scale":"1"}},"field":"d"}},{{"type":"string","optional":true,"default":"x","field":"s"}}"#
    );
    let nested = format!(r#""type":"struct","optional":true,"fields":[{inner}]"#);
    field(&nested, r#"{"n":1,"d":"BNI=","s":null}"#, r#"a={"n":1,"d":123.4,"s":null}"#);
    field(&nested, r#"{"n":1}"#, r#"a={"n":1,"s":"x"}"#);
    field(
        &nested,
        r#"{"n":"1"}"#,
        "refused: Value: the field `a.n` of the value is declared as int32",
    );
    field(
        &nested,
        "{}",
        "refused: Value: the field `a.n` of the value is declared as int32, but it must not be missing",
    );
    field(&nested, "[]", "refused: Value: the field `a` of the value is declared as struct");
    let array = r#""type":"array","items":{"type":"int8","optional":true}"#;
    field(array, "[1,null,127]", "a=[1,null,127]");
    field(array, "[]", "a=[]");
    field(array, "[1,200]", "refused: Value: the field `a[1]` of the value is declared as int8");
    let map = r#""type":"map","keys":{"type":"string"},"values":{"type":"int8"}"#;
    field(map, r#"{"x":1}"#, r#"a={"x":1}"#);
    field(map, r#"{"x":200}"#, "refused: Value: the field `a.x` of the value is declared as int8");
    let pairs = r#""type":"map","keys":{"type":"int8"},"values":{"type":"boolean"}"#;
    field(pairs, "[[1,true],[2,false]]", "a=[[1,true],[2,false]]");
    field(pairs, "[[1]]", "refused: Value: the field `a[0]` of the value is declared as int8");
    // Flattened, the parts keep their types.
    let text = envelope(&[&format!(r#"{nested},"field":"a""#)], r#"{"a":{"n":1,"d":"BNI="}}"#);
    let flat = [("flatten.delimiter", "_")];
    check(&flat, "a_n a_d a_s", value(&text), "a_n=1 a_d=123.4 a_s='x'");
    let picked = [("fields.mapping", "$.a.d:x"), ("fields.unknown", "ignore")];
    check(&picked, "x", value(&text), "x=123.4");
}

#[test]
fn keys_come_in_envelopes_too() {
    let key = |key: &str, expected: &str| {
        for format in ["auto", "json-envelope", "debezium"] {
            let options =
                [("pk.mode", "record_key"), ("delete.enabled", "true"), ("key.format", format)];
            check(&options, "*id", tombstone(key), expected);
        }
    };
    key(
        r#"{"schema":{"type":"struct","fields":[{"type":"int32","field":"id"}]},"payload":{"id":7}}"#,
        "delete id=7",
    );
    key(r#"{"schema":{"type":"int64","optional":false},"payload":7}"#, "delete id=7");
    key(r#"{"schema":{"type":"string"},"payload":"a"}"#, "delete id='a'");
    key(
        r#"{"schema":{"type":"int8"},"payload":700}"#,
        "refused: Key: the record's key is declared as int8",
    );
    key(
        r#"{"schema":{"type":"int8","optional":true},"payload":null}"#,
        "refused: Mapping: the key field `id` is missing",
    );
}

#[test]
fn what_is_no_envelope_is_refused_or_plain() {
    let explicit =
        |text: &str, expected: &str| check(ENVELOPE, "schema payload a", value(text), expected);
    explicit(r#"{"a":1}"#, "refused: Value: the value: an envelope must have a `schema`");
    explicit(
        r#"{"schema":{"type":"struct","fields":[]},"payload":{},"a":1}"#,
        "refused: Value: the value: an envelope must have a `schema`",
    );
    explicit(
        r#"{"schema":{"type":"thing"},"payload":{}}"#,
        "refused: Value: the value: unknown type `thing`",
    );
    explicit(
        r#"{"schema":{},"payload":{}}"#,
        "refused: Value: the value: a schema has no valid `type`",
    );
    explicit(r#"{"schema":{"type":"struct","fields":[]}"#, "refused: Value: the value is not JSON");
    explicit(
        r#"{"schema":{"type":"string"},"payload":"x"}"#,
        "refused: Value: the value is a JSON string, not an object",
    );
    let auto = |text: &str, expected: &str| check(&[], "schema payload a", value(text), expected);
    auto(r#"{"schema":{"type":"object"},"payload":{}}"#, r#"schema={"type":"object"} payload={}"#);
    auto(r#"{"schema":"x","payload":1}"#, "schema='x' payload=1");
    auto(r#"{"schema":null,"payload":1}"#, "schema=null payload=1");
    auto(
        r#"{"schema":{"type":"string"},"payload":1,"a":1}"#,
        r#"schema={"type":"string"} payload=1 a=1"#,
    );
    auto(r#"{"a":"\"payload\""}"#, "a='\"payload\"'");
}

#[test]
fn an_empty_payload_is_a_tombstone() {
    let empty = r#"{"schema":{"type":"struct","optional":true,"fields":[]},"payload":null}"#;
    check(ENVELOPE, "a", value(empty), "filtered");
    let delete = [("pk.mode", "record_key"), ("delete.enabled", "true")];
    check(&delete, "*id", value(empty).key("7"), "delete id='7'");
}
