//! Values that a schema declares, and values of change events that have none, in columns whose own
//! reading of their text would be another.

use crate::support::{INSERT, Options, UPSERT, all_written, everywhere};

const GEOMETRY: &str = r#""type":"struct","name":"io.debezium.data.geometry.Geometry","fields":[{"field":"wkb","type":"bytes"},{"field":"srid","type":"int32","optional":true}]"#;
const BITS: &str = r#""type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"8"}"#;
const BYTES: &str = r#""type":"bytes""#;
const STRING: &str = r#""type":"string""#;

/// Column type, declared type, value, and how the column reads.
const STORED: &[(&str, &str, &str, &str)] = &[
    ("blob", BYTES, r#""AP8=""#, "00FF"),
    ("blob", BITS, r#""gQ==""#, "81"),
    (
        "longblob",
        GEOMETRY,
        r#"{"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":null}"#,
        "0101000000000000000000F03F0000000000000040",
    ),
    (
        "varbinary(30)",
        GEOMETRY,
        r#"{"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":4326}"#,
        "0101000020E6100000000000000000F03F0000000000000040",
    ),
    ("text", BYTES, r#""YWJj""#, "616263"),
    ("varchar(3)", BYTES, r#""YWJj""#, "616263"),
    ("int", BITS, r#""gQ==""#, "81"),
    ("text", STRING, r#""abcd""#, "61626364"),
];

#[test]
fn declared_values_are_stored_as_what_they_are() {
    everywhere("types_typed", async |stage| {
        for (ty, declared, given, expected) in STORED {
            stage.sql("DROP TABLE IF EXISTS t").await;
            stage.sql(&format!("CREATE TABLE t (c {ty})")).await;
            let record = enveloped(declared, given);
            let outcome = stage.deliver("t", INSERT, [record]).await.expect("no fault");
            assert_eq!(outcome, all_written(1), "{ty} {declared}");
            assert_eq!(stage.column("SELECT HEX(c) FROM t").await, [*expected], "{ty} {declared}");
        }
        for (ty, declared, given) in [
            ("blob", STRING, r#""abcd""#),
            ("blob", r#""type":"int64","name":"io.debezium.time.MicroDuration""#, "3600000000"),
            ("text", BYTES, r#""/w==""#),
            ("int", BYTES, r#""MTIz""#),
            ("date", BYTES, r#""MjAyNi0wMS0wMQ==""#),
        ] {
            stage.sql("DROP TABLE IF EXISTS t").await;
            stage.sql(&format!("CREATE TABLE t (c {ty})")).await;
            let outcome = stage.deliver("t", INSERT, [enveloped(declared, given)]).await;
            let outcome = outcome.expect("no fault");
            assert_eq!(outcome.failures.len(), 1, "{ty} {declared}");
            assert_eq!(outcome.failures[0].cause.column.as_deref(), Some("c"));
        }
    });
}

fn enveloped(declared: &str, given: &str) -> String {
    format!(
        r#"{{"schema":{{"type":"struct","fields":[{{"field":"c",{declared}}}]}},"payload":{{"c":{given}}}}}"#
    )
}

/// As Debezium sends it with its defaults and without schemas.
const BARE: &str = r#"{"before":null,"after":{"id":1,"at":1709208000123456,"tm":1000000,"amount":"1234","doc":"{\"a\": 1}"},"source":{"connector":"mysql"},"op":"c"}"#;

#[test]
fn a_change_event_without_a_schema_is_written_only_as_it_is_told() {
    everywhere("types_bare", async |stage| {
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY, at datetime(6), tm time, amount decimal(10,2), doc json)")
            .await;
        let unix = ("unix.precision", "microseconds");
        let decimals = ("decimal.handling.mode", "string");
        let documents = ("json.text.columns", "doc");
        let steps: [(&str, Options<'_>); 3] =
            [("at", &[]), ("amount", &[unix]), ("doc", &[unix, decimals])];
        for (column, options) in steps {
            let options = [INSERT, options].concat();
            let outcome = stage.deliver("t", &options, [BARE]).await.expect("no fault");
            assert_eq!(outcome.failures[0].cause.column.as_deref(), Some(column));
        }
        let options = [INSERT, &[unix, decimals, documents]].concat();
        let mut sink = stage.sink_with(&[unix]);
        let outcome = crate::support::deliver(&mut sink, "t", &options, [BARE]).await;
        assert_eq!(outcome, Ok(all_written(1)));
        let row = stage.rows("SELECT id, at, tm, amount, JSON_EXTRACT(doc, '$.a') FROM t").await;
        assert_eq!(row, [["1", "2024-02-29 12:00:00.123456", "00:00:01", "1234.00", "1"]]);
    });
}

/// MariaDB's JSON is text to Debezium.
#[test]
fn text_is_a_document_where_an_option_says_so() {
    everywhere("types_json_text", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, g json)").await;
        let row = |field| {
            format!(
                r#"{{"type":"struct","optional":true,"fields":[{{"type":"int32","field":"id"}},{{"type":"string","optional":true,"field":"g"}}],"field":"{field}"}}"#
            )
        };
        let record = format!(
            r#"{{"schema":{{"type":"struct","fields":[{},{},{{"type":"string","field":"op"}},{{"type":"struct","fields":[],"field":"source"}}]}},"payload":{{"before":null,"after":{{"id":1,"g":"{{\"a\": 1}}"}},"op":"u","source":{{}}}}}}"#,
            row("before"),
            row("after")
        );
        let options = [UPSERT, &[("json.text.columns", "g")]].concat();
        assert_eq!(stage.deliver("t", &options, [&record]).await, Ok(all_written(1)));
        assert_eq!(stage.column("SELECT JSON_EXTRACT(g, '$.a') FROM t").await, ["1"]);
        let broken = record.replace(r#"{\"a\": 1}"#, "no document");
        let outcome = stage.deliver("t", &options, [broken]).await.expect("no fault");
        assert_eq!(outcome.failures[0].cause.column.as_deref(), Some("g"));
    });
}

#[test]
fn what_was_not_sent_stays_as_it_is() {
    everywhere("types_unsent", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, big text, bin blob, n int)").await;
        stage.sql("INSERT INTO t VALUES (1, REPEAT('x', 9000), x'abab', 1)").await;
        let record = r#"{"id":1,"big":"__debezium_unavailable_value","bin":"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==","n":2}"#;
        assert_eq!(stage.deliver("t", UPSERT, [record]).await, Ok(all_written(1)));
        let rows = stage.rows("SELECT LENGTH(big), HEX(bin), n FROM t").await;
        assert_eq!(rows, [["9000", "ABAB", "2"]]);
    });
}
