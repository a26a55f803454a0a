//! Values whose text alone does not say what they are: declared bytes, bits, geometries and
//! strings, change events without a schema, text that is a document, values that were not sent.

use crate::{check, tombstone, value};

const UPSERT: crate::Options<'_> =
    &[("insert.mode", "upsert"), ("pk.mode", "record_key"), ("delete.enabled", "true")];

fn with<'a>(options: crate::Options<'a>, more: crate::Options<'a>) -> Vec<(&'a str, &'a str)> {
    [options, more].concat()
}

/// A record of one field `c`, in an envelope that declares it.
fn declared(schema: &str, given: &str) -> String {
    format!(
        r#"{{"schema":{{"type":"struct","fields":[{{"field":"c","optional":true,{schema}}}]}},"payload":{{"c":{given}}}}}"#
    )
}

const STRING: &str = r#""type":"string""#;
const BYTES: &str = r#""type":"bytes""#;
const EIGHT_BITS: &str =
    r#""type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"8"}"#;
const TEN_BITS: &str =
    r#""type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"10"}"#;
const GEOMETRY: &str = r#""type":"struct","name":"io.debezium.data.geometry.Geometry","fields":[{"field":"wkb","type":"bytes"},{"field":"srid","type":"int32","optional":true}]"#;
const LENGTH_OF_TIME: &str = r#""type":"int64","name":"io.debezium.time.MicroDuration""#;

/// A change event without a schema.
fn bare(row: &str) -> String {
    format!(
        r#"{{"before":null,"after":{row},"source":{{"connector":"mysql"}},"op":"u","ts_ms":1}}"#
    )
}

#[test]
fn declared_values_meet_columns_by_their_type() {
    let point = r#"{"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":null}"#;
    let placed = r#"{"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":4326}"#;
    for (schema, given, column, expected) in [
        (BYTES, r#""YWJj""#, "bytes", "c='YWJj'"),
        (BYTES, r#""YWJj""#, "text", "c='abc'"),
        (BYTES, r#""PGEvPg==""#, "text", "c='<a/>'"),
        (BYTES, r#""YWJj""#, "", "c='YWJj'"),
        (BYTES, r#""YWJj""#, "documents", "c='YWJj'"),
        (
            BYTES,
            r#""/w==""#,
            "text",
            "refused: Mapping: column \"c\" is for text: the declared bytes are not UTF-8 text",
        ),
        (
            BYTES,
            r#""MTIz""#,
            "numbers",
            "refused: Mapping: column \"c\" is for numbers: the declared type is bytes",
        ),
        (BYTES, r#""MTIz""#, "moments", "refused: Mapping: column \"c\" is for dates and times"),
        (BYTES, r#""MTIz""#, "bits", "refused: Mapping: column \"c\" is for bits"),
        (EIGHT_BITS, r#""gQ==""#, "bytes", "c='gQ=='"),
        (EIGHT_BITS, r#""gQ==""#, "bits", "c='10000001'"),
        (EIGHT_BITS, r#""BQ==""#, "bits", "c='00000101'"),
        (EIGHT_BITS, r#""BQ==""#, "varying-bits", "c='101'"),
        (EIGHT_BITS, r#""AA==""#, "varying-bits", "c='0'"),
        (BYTES, r#""MTIz""#, "varying-bits", "refused: Mapping: column \"c\" is for bits"),
        (EIGHT_BITS, r#""gQ==""#, "text", "c='10000001'"),
        (EIGHT_BITS, r#""gQ==""#, "numbers", "c=129"),
        (EIGHT_BITS, r#""AA==""#, "numbers", "c=0"),
        (TEN_BITS, r#""BQE=""#, "bytes", "c='BQE='"),
        (TEN_BITS, r#""BQE=""#, "numbers", "c=261"),
        (
            EIGHT_BITS,
            r#""gQ==""#,
            "moments",
            "refused: Mapping: column \"c\" is for dates and times",
        ),
        (GEOMETRY, point, "bytes", "c='AQEAAAAAAAAAAADwPwAAAAAAAABA'"),
        (GEOMETRY, placed, "bytes", "c='AQEAACDmEAAAAAAAAAAA8D8AAAAAAAAAQA=='"),
        (GEOMETRY, point, "text", "c='0101000000000000000000f03f0000000000000040'"),
        (GEOMETRY, point, "", "c='0101000000000000000000f03f0000000000000040'"),
        (GEOMETRY, point, "numbers", "refused: Mapping: column \"c\" is for numbers"),
        (STRING, r#""abcd""#, "text", "c='abcd'"),
        (
            STRING,
            r#""abcd""#,
            "bytes",
            "refused: Mapping: column \"c\" is for bytes: a declared string is not bytes",
        ),
        (LENGTH_OF_TIME, "3600000000", "bytes", "refused: Mapping: column \"c\" is for bytes"),
        (STRING, r#""12""#, "numbers", "c='12'"),
        (STRING, r#""{}""#, "documents", "c='{}'"),
    ] {
        let column = format!("c:{column}");
        check(&[], column.trim_end_matches(':'), value(&declared(schema, given)), expected);
    }
    let plain = value(r#"{"c":"abcd"}"#);
    check(&[], "c:bytes", plain, "c='abcd'");
}

#[test]
fn a_geometry_without_a_schema_is_one() {
    let point = r#"{"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":null}"#;
    let hex = "c='0101000000000000000000f03f0000000000000040'";
    for text in [bare(&format!(r#"{{"c":{point}}}"#)), format!(r#"{{"c":{point}}}"#)] {
        check(&[], "c:geometries", value(&text), hex);
        check(&[], "c:bytes", value(&text), "c='AQEAAAAAAAAAAADwPwAAAAAAAABA'");
        check(&[], "c:documents", value(&text), &format!("c={point}"));
        check(&[], "c:text", value(&text), &format!("c={point}"));
    }
    check(&[], "c:geometries", value(&declared(GEOMETRY, point)), hex);
    let placed = r#"{"c":{"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":4326}}"#;
    let hex = "c='0101000020e6100000000000000000f03f0000000000000040'";
    check(&[], "c:geometries", value(placed), hex);
    let broken = value(r#"{"c":{"wkb":"s3cr3t","srid":null}}"#);
    check(
        &[],
        "c:geometries",
        broken,
        "refused: Mapping: column \"c\" is for geometries: it is not",
    );
    let xy = r#"{"x":1,"y":2,"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":null}"#;
    check(&[], "c:geometries", value(&format!(r#"{{"c":{xy}}}"#)), &format!("c={xy}"));
}

#[test]
fn strings_hold_bytes_where_an_option_says_so() {
    let mode = |mode, given: &str, expected: &str| {
        let text = declared(STRING, &format!("\"{given}\""));
        check(&[("binary.handling.mode", mode)], "c:bytes", value(&text), expected);
    };
    mode("base64", "abcd", "c='abcd'");
    mode("hex", "00ff", "c='AP8='");
    mode("hex", "0", "refused: Mapping: column \"c\" is for bytes: the text is not hexadecimal");
    mode("base64-url-safe", "_-8=", "c='/+8='");
    mode("base64-url-safe", "/w==", "refused: Mapping: column \"c\" is for bytes: the text is not");
    let hex = bare(r#"{"c":"00ff"}"#);
    check(&[("binary.handling.mode", "hex")], "c:bytes", value(&hex), "c='AP8='");
    check(&[], "c:bytes", value(&hex), "c='00ff'");
}

#[test]
fn items_of_arrays_are_such_values_too() {
    let of = |items: &str| format!(r#""type":"array","items":{{"optional":true,{items}}}"#);
    let twice = of(&of(BYTES));
    for (schema, given, column, expected) in [
        (of(BYTES), r#"["YWJj",null]"#, "bytes[]", r#"c=["YWJj",null]"#),
        (of(BYTES), r#"["YWJj",null]"#, "text[]", r#"c=["abc",null]"#),
        (twice, r#"[["YWJj"],["YQ=="]]"#, "text[]", r#"c=[["abc"],["a"]]"#),
        (of(EIGHT_BITS), r#"["gQ=="]"#, "bytes[]", r#"c=["gQ=="]"#),
        (of(EIGHT_BITS), r#"["gQ=="]"#, "bits[]", r#"c=["10000001"]"#),
        (of(EIGHT_BITS), r#"["BQ=="]"#, "varying-bits[]", r#"c=["101"]"#),
        (of(STRING), r#"["abcd"]"#, "text[]", r#"c=["abcd"]"#),
        (of(STRING), r#"["abcd"]"#, "bytes[]", "refused: Mapping: column \"c\" is for bytes"),
        (of(BYTES), r#"["YWJj"]"#, "documents", r#"c=["YWJj"]"#),
    ] {
        check(&[], &format!("c:{column}"), value(&declared(&schema, given)), expected);
    }
    let times = bare(r#"{"c":[[1709208000123456],[null]]}"#);
    check(
        &[],
        "c:moments[]",
        value(&times),
        "refused: Mapping: column \"c\" is for dates and times",
    );
    let known = [("unix.precision", "microseconds")];
    check(&known, "c:moments[]", value(&times), "c=[[1709208000123456],[null]]");
    let documents = bare(r#"{"c":["{\"a\": 1}",null]}"#);
    check(
        &[("json.text.columns", "c")],
        "c:documents[]",
        value(&documents),
        r#"c=[{"a": 1},null]"#,
    );
    check(&[], "c:documents[]", value(&documents), "refused: Mapping: column \"c\" is for JSON");
}

#[test]
fn a_change_event_without_a_schema_is_not_guessed() {
    let refused = |column: &str, given: &str, option: &str| {
        let column = format!("*id c:{column}");
        let text = bare(&format!(r#"{{"id":1,"c":{given}}}"#));
        let outcome = crate::outcome(&[], &column, value(&text));
        assert!(outcome.starts_with("refused: Mapping: column \"c\""), "{outcome}");
        assert!(outcome.contains(option), "{outcome}");
        let flat = format!(r#"{{"id":1,"c":{given},"__deleted":"false"}}"#);
        assert_eq!(crate::outcome(&[], &column, value(&flat)), outcome, "flattened");
        let flat = format!(r#"{{"id":1,"c":{given}}}"#);
        let by_format = [("value.format", "debezium")];
        assert_eq!(crate::outcome(&by_format, &column, value(&flat)), outcome, "by its format");
    };
    refused("moments", "1709208000123456", "unix.precision");
    refused("moments", "0", "unix.precision");
    refused("numbers", r#""1234""#, "decimal.handling.mode");
    refused("numbers", r#""ANI=""#, "decimal.handling.mode");
    refused("numbers", r#""Infinity""#, "decimal.handling.mode");
    refused("bits", r#""1010""#, "schemas");
    refused("documents", r#""{\"a\": 1}""#, "json.text.columns");
    for (column, given, expected) in [
        ("moments", r#""2024-02-29T12:00:00Z""#, "'2024-02-29T12:00:00Z'"),
        ("numbers", r#""12.34""#, "'12.34'"),
        ("numbers", "12.34", "12.34"),
        ("text", r#""1234""#, "'1234'"),
        ("text", "7", "7"),
        ("documents", r#"{"a":1}"#, r#"{"a":1}"#),
        ("documents", "7", "7"),
        ("moments", "null", "null"),
    ] {
        let text = bare(&format!(r#"{{"c":{given}}}"#));
        check(&[], &format!("c:{column}"), value(&text), &format!("c={expected}"));
    }
    let text = bare(r#"{"at":7,"n":"1234","doc":"{\"a\": 1}","s":"x"}"#);
    let options = [
        ("unix.precision", "milliseconds"),
        ("decimal.handling.mode", "string"),
        ("json.text.columns", "*"),
    ];
    let columns = "at:moments n:numbers doc:documents s:text";
    check(&options, columns, value(&text), r#"at=7 n='1234' doc={"a": 1} s='x'"#);
    // Plain JSON keeps its meaning.
    let plain = value(r#"{"at":7,"n":"1234","doc":"{}"}"#);
    check(&[], "at:moments n:numbers doc:documents", plain, "at=7 n='1234' doc='{}'");
}

#[test]
fn nor_is_its_key() {
    let put = value(&bare(r#"{"v":1}"#)).key(r#"{"at":1709208000123456}"#);
    check(UPSERT, "*at:moments v", put.clone(), "refused: Mapping: column \"at\" is for dates");
    let known = with(UPSERT, &[("unix.precision", "microseconds")]);
    check(&known, "*at:moments v", put.clone(), "at=1709208000123456 v=1");
    let decimal = value(&bare(r#"{"v":1}"#)).key(r#"{"n":"1234"}"#);
    check(UPSERT, "*n:numbers v", decimal, "refused: Mapping: column \"n\" is for numbers");
    let gone = tombstone(r#"{"at":1709208000123456}"#);
    check(UPSERT, "*at:moments v", gone.clone(), "refused: Mapping: column \"at\" is for dates");
    check(&known, "*at:moments v", gone.clone(), "delete at=1709208000123456");
    let json = with(UPSERT, &[("value.format", "json")]);
    check(&json, "*at:moments v", gone, "delete at=1709208000123456");
    check(UPSERT, "*n:numbers v", tombstone(r#"{"n":"1234"}"#), "delete n='1234'");
    let mapped = [("fields.mapping", "$key.at:k")];
    check(&mapped, "k:moments v", put, "refused: Mapping: column \"k\" is for dates");
    let by_value = [
        ("pk.mode", "record_value"),
        ("insert.mode", "upsert"),
        ("delete.enabled", "true"),
        ("value.format", "debezium"),
    ];
    let deleted = r#"{"before":{"at":1709208000123456},"after":null,"source":{},"op":"d"}"#;
    check(&by_value, "*at:moments v", value(deleted), "refused: Mapping: column \"at\"");
}

#[test]
fn text_is_a_document_where_an_option_says_so() {
    let both = r#"{"a":"{\"x\": [1, 1.10]}","b":"{}"}"#;
    let schema = r#"{"type":"struct","fields":[{"field":"a","type":"string"},{"field":"b","type":"string"}]}"#;
    let enveloped = format!(r#"{{"schema":{schema},"payload":{both}}}"#);
    let columns = "a:documents b:documents";
    for text in [both, &enveloped] {
        let check = |option, expected| {
            check(&[("json.text.columns", option)], columns, value(text), expected);
        };
        check("", r#"a='{"x": [1, 1.10]}' b='{}'"#);
        check("none", r#"a='{"x": [1, 1.10]}' b='{}'"#);
        check("a", r#"a={"x": [1, 1.10]} b='{}'"#);
        check(" A ,\n b", r#"a={"x": [1, 1.10]} b={}"#);
        check("*", r#"a={"x": [1, 1.10]} b={}"#);
    }
    let every = [("json.text.columns", "*")];
    check(&every, "a:documents", value(r#"{"a":"7"}"#), "a=7");
    check(&every, "a:documents", value(r#"{"a":"null"}"#), "a=null");
    check(&every, "a:documents", value(r#"{"a":null}"#), "a=null");
    check(&every, "a:documents", value(r#"{"a":{"b":"{}"}}"#), r#"a={"b":"{}"}"#);
    check(&every, "a:text", value(r#"{"a":"no JSON"}"#), "a='no JSON'");
    for wrong in [r#""""#, r#""{""#, r#""{} {}""#, r#""s3cr3t""#, r#""NaN""#] {
        let text = format!(r#"{{"a":{wrong}}}"#);
        let why = "refused: Mapping: column \"a\" is for JSON documents: the text is not JSON: ";
        check(&every, "a:documents", value(&text), why);
    }
    let deep = format!(r#"{{"a":"{}"}}"#, "[".repeat(129));
    check(
        &every,
        "a:documents",
        value(&deep),
        "refused: Mapping: column \"a\" is for JSON documents: the text is not JSON: nested more than 128",
    );
    let outbox =
        [("json.text.columns", "doc"), ("fields.mapping", "$.after.payload:doc,$header.h:h")];
    check(
        &outbox,
        "doc:documents h:documents",
        value(r#"{"after":{"payload":"[1]"}}"#).header("h", Some(b"{}")),
        "doc=[1] h='{}'",
    );
    let bytes = declared(BYTES, r#""eyJhIjoxfQ==""#);
    check(&every, "c:documents", value(&bytes), r#"c={"a":1}"#);
}

/// Every form that the default placeholder comes in.
const PLACEHOLDERS: &[&str] = &[
    r#""__debezium_unavailable_value""#,
    r#""X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==""#,
    r#""5f5f646562657a69756d5f756e617661696c61626c655f76616c7565""#,
    r#""{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}""#,
    r#"{"__debezium_unavailable_value":"__debezium_unavailable_value"}"#,
    r#"["__debezium_unavailable_value"]"#,
    r#"["X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="]"#,
    r#"["b68a35a7-17ad-35b3-af2a-ae46edb4545a"]"#,
    "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,108,117,101]",
    r#"{"wkb":"AQEAACDmEAAAAAAA/IPXl8EAAAD8g9eXwQ==","srid":4326}"#,
    r#"{"x":-9.9999999E7,"y":-9.9999999E7,"wkb":"AQEAAAAAAAD8g9eXwQAAAPyD15fB","srid":null}"#,
];

#[test]
fn a_value_that_was_not_sent_is_absent_in_every_format() {
    for placeholder in PLACEHOLDERS {
        let row = format!(r#"{{"id":1,"c":{placeholder},"n":2}}"#);
        let enveloped = format!(r#"{{"schema":null,"payload":{row}}}"#);
        let event = bare(&row);
        for (format, text) in [
            ("auto", &row),
            ("json", &row),
            ("debezium", &row),
            ("json-envelope", &enveloped),
            ("auto", &event),
        ] {
            let format = [("value.format", format)];
            let options = with(UPSERT, &format);
            let record = value(text).key(r#"{"id":1}"#);
            check(&options, "*id c n", record.clone(), "id=1 n=2");
            let mapped = with(&options, &[("fields.mapping", "c:d")]);
            check(&mapped, "*id d n", record.clone(), "id=1 n=2");
            let gathered = with(&options, &[("fields.unknown", "column:rest")]);
            check(&gathered, "*id n rest", record, "id=1 n=2");
        }
        let whole = format!("{{\"c\":{placeholder}}}");
        let nested = format!(r#"{{"id":1,"a":{whole},"n":2}}"#);
        let flat = [("flatten.delimiter", "_")];
        check(&flat, "id a_c n", value(&nested), "id=1 n=2");
        check(
            &[("fields.mapping", "$.a.c:p")],
            "id p n a",
            value(&nested),
            &format!("id=1 n=2 a={whole}"),
        );
        let kept = [("unavailable.value.placeholder", "none"), ("value.format", "debezium")];
        assert_ne!(crate::outcome(&kept, "id c n", value(&row)), "id=1 n=2");
    }
    // With a schema, whatever it declares.
    let schema = r#"{"type":"struct","name":"srv.public.t.Value","fields":[{"type":"int32","field":"id"},{"type":"string","optional":true,"name":"io.debezium.data.Json","field":"doc"},{"type":"bytes","optional":true,"field":"bin"},{"type":"array","items":{"type":"int32"},"optional":true,"field":"list"}]}"#;
    let row = format!(
        r#"{{"id":1,"doc":{},"bin":{},"list":{}}}"#,
        PLACEHOLDERS[0], PLACEHOLDERS[1], PLACEHOLDERS[8]
    );
    let text = format!(r#"{{"schema":{schema},"payload":{row}}}"#);
    let columns = "*id doc:documents bin:bytes list:numbers[]";
    check(UPSERT, columns, value(&text).key(r#"{"id":1}"#), "id=1");
    let plain = value("__debezium_unavailable_value");
    let text = [("value.format", "string")];
    check(&text, "value", plain, "value='__debezium_unavailable_value'");
    check(
        &[],
        "c",
        value(r#"{"c":"not __debezium_unavailable_value"}"#),
        "c='not __debezium_unavailable_value'",
    );
}

#[test]
fn the_placeholder_can_be_another() {
    let named = |name| [("unavailable.value.placeholder", name)];
    let odd = named("n/a \"ü\"");
    check(&odd, "c n", value(r#"{"c":"n/a \"ü\"","n":1}"#), "n=1");
    check(&odd, "c n", value(r#"{"c":"bi9hICLDvCI=","n":1}"#), "n=1");
    check(&odd, "c n", value(r#"{"c":["n/a \"ü\""],"n":1}"#), "n=1");
    check(
        &odd,
        "c",
        value(r#"{"c":"__debezium_unavailable_value"}"#),
        "c='__debezium_unavailable_value'",
    );
    let octets = named("hex:00ff");
    check(&octets, "c n", value(r#"{"c":"AP8=","n":1}"#), "n=1");
    check(&octets, "c n", value(r#"{"c":[0,-1],"n":1}"#), "n=1");
}
