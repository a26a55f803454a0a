//! Values whose text alone does not say what they are: declared bytes, bits, geometries and
//! strings, and text that is a document.

mod no_schema;
mod unavailable;

use crate::{check, value};

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
const TIMESTAMP: &str = r#""type":"int64","name":"org.apache.kafka.connect.data.Timestamp""#;
const ZONED: &str = r#""type":"string","name":"io.debezium.time.ZonedTimestamp""#;
const NO_MOMENT: &str =
    "refused: Mapping: column \"c\" is for numbers: the declared type is a date";
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
        (LENGTH_OF_TIME, "3600000000", "numbers", NO_MOMENT),
        (TIMESTAMP, "1700000000000", "numbers", NO_MOMENT),
        (ZONED, r#""2026-01-02T03:04:05Z""#, "numbers", NO_MOMENT),
        (TIMESTAMP, "1700000000000", "bits", "refused: Mapping: column \"c\" is for bits"),
        (TIMESTAMP, "1700000000000", "text", "c='2023-11-14T22:13:20Z'"),
        (TIMESTAMP, "1700000000000", "moments", "c='2023-11-14T22:13:20Z'"),
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
