//! Values that a schema declares, and values of change events that have none, in columns whose own
//! reading of their text would be another.

use crate::support::{BY_KEY, INSERT, Options, Stage, all_written, configure, deliver, on_stage};

const GEOMETRY: &str = r#""type":"struct","name":"io.debezium.data.geometry.Geometry","fields":[{"field":"wkb","type":"bytes"},{"field":"srid","type":"int32","optional":true}]"#;
const BITS: &str = r#""type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"8"}"#;
const BYTES: &str = r#""type":"bytes""#;
const INTS: &str =
    r#""type":"array","items":{"type":"array","items":{"type":"int32","optional":true}}"#;
const NESTED_BYTES: &str = r#""type":"array","items":{"type":"array","items":{"type":"bytes"}}"#;
const STRING: &str = r#""type":"string""#;

/// Column type, declared type, value, and how the column reads.
const STORED: &[(&str, &str, &str, &str)] = &[
    ("bytea", BYTES, r#""AP8=""#, "\\x00ff"),
    ("bytea", BITS, r#""gQ==""#, "\\x81"),
    (
        "bytea",
        GEOMETRY,
        r#"{"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":null}"#,
        "\\x0101000000000000000000f03f0000000000000040",
    ),
    (
        "bytea",
        GEOMETRY,
        r#"{"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAABA","srid":4326}"#,
        "\\x0101000020e6100000000000000000f03f0000000000000040",
    ),
    ("text", BYTES, r#""YWJj""#, "abc"),
    ("varchar(3)", BYTES, r#""YWJj""#, "abc"),
    ("xml", BYTES, r#""PGEvPg==""#, "<a/>"),
    ("tsquery", BYTES, r#""J2ZhdCcgJiAncmF0Jw==""#, "'fat' & 'rat'"),
    ("box", BYTES, r#""KDIsMiksKDEsMSk=""#, "(2,2),(1,1)"),
    ("pg_lsn", BYTES, r#""MTYvQjM3NEQ4NDg=""#, "16/B374D848"),
    ("jsonpath", BYTES, r#""JC5h""#, "$.\"a\""),
    ("pair", BYTES, r#""KDEseCk=""#, "(1,x)"),
    ("int4range", BYTES, r#""WzEsMyk=""#, "[1,3)"),
    ("box[]", BYTES, r#""eygyLDIpLCgxLDEpfQ==""#, "{(2,2),(1,1)}"),
    ("integer", BITS, r#""gQ==""#, "129"),
    ("bit(8)", BITS, r#""gQ==""#, "10000001"),
    ("text", STRING, r#""abcd""#, "abcd"),
    ("bytea[]", r#""type":"array","items":{"type":"bytes"}"#, r#"["AP8="]"#, "{\"\\\\x00ff\"}"),
    ("text[]", r#""type":"array","items":{"type":"bytes"}"#, r#"["YWJj"]"#, "{abc}"),
    ("int[]", INTS, "[[1,2],[3,null]]", "{{1,2},{3,NULL}}"),
    ("bytea[]", NESTED_BYTES, r#"[["AP8="],["AQ=="]]"#, "{{\"\\\\x00ff\"},{\"\\\\x01\"}}"),
    ("text[]", NESTED_BYTES, r#"[["YWJj"]]"#, "{{abc}}"),
    // What Debezium cannot send otherwise, in text columns of the source (docs/change-capture.md).
    ("int[]", STRING, r#""{{1,2},{3,4}}""#, "{{1,2},{3,4}}"),
    ("bit varying(8)", STRING, r#""00101""#, "00101"),
];

#[test]
fn declared_values_are_stored_as_what_they_are() {
    on_stage("types_typed", async |stage| {
        stage.sql("CREATE TYPE pair AS (a int, b text)").await;
        let has_paths = stage.is_since(120_000).await;
        let known = STORED.iter().filter(|(ty, ..)| has_paths || *ty != "jsonpath");
        for (ty, declared, given, expected) in known {
            stage.sql(&format!("DROP TABLE IF EXISTS t; CREATE TABLE t (c {ty})")).await;
            let record = enveloped(declared, given);
            let outcome = stage.deliver("t", INSERT, [record]).await.expect("no fault");
            assert_eq!(outcome, all_written(1), "{ty} {declared}");
            assert_eq!(stage.column("SELECT c FROM t").await, [*expected], "{ty} {declared}");
        }
        if stage.is_since(140_000).await {
            stage.sql("DROP TABLE t; CREATE TABLE t (c int4multirange)").await;
            let record = enveloped(BYTES, r#""e1sxLDMpfQ==""#);
            assert_eq!(stage.deliver("t", INSERT, [record]).await, Ok(all_written(1)));
            assert_eq!(stage.column("SELECT c FROM t").await, ["{[1,3)}"]);
        }
    });
}

#[test]
fn or_refused() {
    on_stage("types_typed_refused", async |stage| {
        for (ty, declared, given) in [
            ("bytea", STRING, r#""abcd""#),
            ("bytea", r#""type":"int64","name":"io.debezium.time.MicroDuration""#, "3600000000"),
            ("text", BYTES, r#""/w==""#),
            ("integer", BYTES, r#""MTIz""#),
            ("date", BYTES, r#""MjAyNi0wMS0wMQ==""#),
        ] {
            stage.sql(&format!("DROP TABLE IF EXISTS t; CREATE TABLE t (c {ty})")).await;
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
    on_stage("types_bare", async |stage| {
        stage
            .sql("CREATE TABLE t (id int PRIMARY KEY, at timestamp, tm time, amount numeric(10,2), doc jsonb)")
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
        assert!(stage.rows("SELECT * FROM t").await.is_empty());
        let options = [INSERT, &[unix, decimals, documents]].concat();
        let url = stage.url(&[]);
        let mut sink = configure(&[("connection.url", &url), unix]).expect("the options are good");
        assert_eq!(deliver(&mut sink, "t", &options, [BARE]).await, Ok(all_written(1)));
        let row = ["1", "2024-02-29 12:00:00.123456", "00:00:01", "1234.00", "{\"a\": 1}"];
        assert_eq!(stage.rows("SELECT * FROM t").await, [row]);
    });
}

/// The value that was not sent, flattened with the transformation's own defaults.
#[test]
fn what_was_not_sent_stays_as_it_is() {
    on_stage("types_unsent", async |stage| {
        stage.sql("CREATE TABLE t (id int PRIMARY KEY, big text, bin bytea, n int)").await;
        stage.sql("INSERT INTO t VALUES (1, repeat('x', 9000), '\\xabab', 1)").await;
        deliver_by_key(stage, r#"{"schema":{"type":"struct","optional":false,"name":"srv.public.t.Value","fields":[{"type":"int32","optional":false,"field":"id"},{"type":"string","optional":true,"field":"big"},{"type":"bytes","optional":true,"field":"bin"},{"type":"int32","optional":true,"field":"n"}]},"payload":{"id":1,"big":"__debezium_unavailable_value","bin":"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==","n":2}}"#).await;
        let rows = stage.rows("SELECT length(big), bin, n FROM t").await;
        assert_eq!(rows, [["9000", "\\xabab", "2"]]);
        deliver_by_key(stage, r#"{"id":1,"big":"__debezium_unavailable_value","bin":"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==","n":3}"#).await;
        let rows = stage.rows("SELECT length(big), bin, n FROM t").await;
        assert_eq!(rows, [["9000", "\\xabab", "3"]]);
    });
}

async fn deliver_by_key(stage: &Stage, value: &str) {
    let event = sluice_testkit::EventBuilder::msk();
    let record = event.next("t", 0).key(r#"{"id":1}"#).value(value);
    let body = event.record(record).build();
    let rules = sluice_testkit::invocation::rules(BY_KEY);
    let outcome = sluice_testkit::invocation::deliver(&mut stage.sink(), &body, &rules).await;
    assert_eq!(outcome, Ok(all_written(1)));
}
