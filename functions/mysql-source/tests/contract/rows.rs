//! What an option makes of a row, and rows that cannot be written.

use serde_json::{Value, json};
use sluice_source::error::Next;
use sluice_testkit::MemoryJournal;

use crate::stage::{Stage, on_both};

const BY_ID: [(&str, &str); 3] =
    [("mode", "incrementing"), ("table.whitelist", "t"), ("batch.max.rows", "2")];

async fn fill(stage: &Stage, columns: &str, rows: &str) {
    stage
        .say(&format!(
            "SET sql_mode = '', time_zone = '+00:00'; SET NAMES utf8mb4; DROP TABLE IF EXISTS t; \
             CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, {columns}); INSERT INTO t VALUES {rows}"
        ))
        .await;
}

/// What one cell becomes.
async fn cell(stage: &Stage, kind: &str, literal: &str, options: &[(&str, &str)]) -> Value {
    fill(stage, &format!("c {kind}"), &format!("(1, {literal})")).await;
    let options = [&BY_ID[..], options].concat();
    let values = stage.values(&MemoryJournal::default(), &options).await;
    let row: Value = serde_json::from_str(&values[0]).expect("JSON");
    if row["payload"].is_object() { row["payload"]["c"].clone() } else { row["c"].clone() }
}

#[test]
fn an_envelope_has_connects_types() {
    let columns = "tiny TINYINT NOT NULL, small SMALLINT UNSIGNED, wide INT UNSIGNED, huge BIGINT UNSIGNED, \
         amount DECIMAL(7,3), single FLOAT, flag BIT(1), bits BIT(12), y YEAR, day DATE, wall DATETIME(3), fine DATETIME(6), \
         moment TIMESTAMP(0) NULL, span TIME(6), words TEXT, bytes VARBINARY(9), doc JSON, place POINT";
    let row = "(1, -128, 65535, 4294967295, 18446744073709551615, -12.34, 1.5, b'1', b'101010101010', 2026, '1970-01-03', \
         '1970-01-01 00:00:01.5', '1969-12-31 23:59:59.999999', '1970-01-01 00:00:02', '-838:59:59', 'é', 0x00ff, \
         '{\"a\": 1.0}', ST_GeomFromText('POINT(1 2)'))";
    on_both("envelope", async |stage| {
        fill(stage, columns, row).await;
        let options = [&BY_ID[..], &[("value.format", "json-envelope")]].concat();
        let told = stage.told(&MemoryJournal::default(), &options).await;
        let value: Value = serde_json::from_str(&told[0].value).expect("JSON");
        let payload = json!({
            "id": 1, "tiny": -128, "small": 65535, "wide": 4_294_967_295_u64, "huge": "AP//////////",
            "amount": "z8w=", "single": 1.5, "flag": true, "bits": "qgo=", "y": 2026, "day": 2, "wall": 1_500,
            "fine": -1, "moment": 2_000, "span": -3_020_399_000_000_i64, "words": "é", "bytes": "AP8=",
            "doc": "{\"a\": 1.0}",
            "place": { "wkb": "AQEAAAAAAAAAAADwPwAAAAAAAABA", "srid": null },
        });
        assert_eq!(value["payload"], payload);
        assert_eq!(
            (&value["schema"]["type"], &value["schema"]["name"]),
            (&json!("struct"), &json!("t"))
        );
        let field = |name: &str| {
            let fields = value["schema"]["fields"].as_array().expect("fields");
            let found = fields.iter().find(|field| field["field"] == name).expect("a field");
            (found["type"].clone(), found["name"].clone(), found["optional"] == true)
        };
        let connect = |name: &str| json!(format!("org.apache.kafka.connect.data.{name}"));
        let debezium = |name: &str| json!(format!("io.debezium.{name}"));
        for (name, kind, logical, optional) in [
            ("id", "int32", Value::Null, false),
            ("tiny", "int8", Value::Null, false),
            ("small", "int32", Value::Null, true),
            ("wide", "int64", Value::Null, true),
            ("huge", "bytes", connect("Decimal"), true),
            ("amount", "bytes", connect("Decimal"), true),
            ("single", "float", Value::Null, true),
            ("flag", "boolean", Value::Null, true),
            ("bits", "bytes", debezium("data.Bits"), true),
            ("y", "int32", Value::Null, true),
            ("day", "int32", connect("Date"), true),
            ("wall", "int64", connect("Timestamp"), true),
            ("fine", "int64", debezium("time.MicroTimestamp"), true),
            ("moment", "int64", connect("Timestamp"), true),
            ("span", "int64", debezium("time.MicroTime"), true),
            ("words", "string", Value::Null, true),
            ("bytes", "bytes", Value::Null, true),
            ("doc", "string", debezium("data.Json"), true),
            ("place", "struct", debezium("data.geometry.Geometry"), true),
        ] {
            assert_eq!(field(name), (json!(kind), logical, optional), "{name}");
        }
        let parameters = &value["schema"]["fields"][5]["parameters"];
        assert_eq!(*parameters, json!({ "scale": "3", "connect.decimal.precision": "7" }));
        let key: Value =
            serde_json::from_str(told[0].key.as_deref().expect("a key")).expect("JSON");
        assert_eq!(key["payload"], json!({ "id": 1 }));
        assert_eq!(key["schema"]["fields"][0]["type"], "int32");
    });
}

#[test]
fn options_change_what_values_become() {
    on_both("styles", async |stage| {
        let moment = "'1970-01-01 00:00:01.000002'";
        for (option, value, kind, literal, expected) in [
            ("tinyint1.as.boolean", "true", "TINYINT(1)", "1", json!(true)),
            ("tinyint1.as.boolean", "true", "TINYINT(1)", "0", json!(false)),
            ("tinyint1.as.boolean", "true", "TINYINT", "1", json!(1)),
            ("tinyint1.as.boolean", "true", "TINYINT(1)", "NULL", Value::Null),
            ("timestamp.granularity", "micros_long", "DATETIME(6)", moment, json!(1_000_002)),
            ("timestamp.granularity", "nanos_string", "DATETIME(6)", moment, json!("1000002000")),
            (
                "timestamp.granularity",
                "micros_iso_datetime_string",
                "TIMESTAMP(6) NULL",
                moment,
                json!("1970-01-01T00:00:01.000002"),
            ),
            (
                "timestamp.granularity",
                "nanos_iso_datetime_string",
                "DATETIME(6)",
                moment,
                json!("1970-01-01T00:00:01.000002000"),
            ),
            ("timestamp.granularity", "micros_long", "DATE", "'1970-01-02'", json!("1970-01-02")),
            ("zero.dates", "null", "DATE", "'0000-00-00'", Value::Null),
            ("value.format", "json-envelope", "DATE", "NULL", Value::Null),
        ] {
            let told = cell(stage, kind, literal, &[(option, value)]).await;
            assert_eq!(told, expected, "{option}={value} {kind} {literal}");
        }
        let numeric = [("value.format", "json-envelope"), ("decimal.format", "NUMERIC")];
        let told = cell(stage, "BIGINT UNSIGNED", "18446744073709551615", &numeric).await;
        assert_eq!(told, json!(18_446_744_073_709_551_615_u64));
        // A DATETIME that orders nothing is read in the zone of the option, whatever the server's is.
        let zone = [("timestamp.granularity", "micros_long"), ("db.timezone", "+01:00")];
        assert_eq!(cell(stage, "DATETIME(6)", moment, &zone).await, json!(-3_598_999_998_i64));
        assert_eq!(cell(stage, "TIMESTAMP(6) NULL", moment, &zone).await, json!(1_000_002));
    });
}

#[test]
fn a_null_date_of_an_envelope_is_declared() {
    on_both("null_date", async |stage| {
        fill(stage, "day DATE NOT NULL", "(1, '0000-00-00')").await;
        let null = [("value.format", "json-envelope"), ("zero.dates", "null")];
        let values = stage.values(&MemoryJournal::default(), &[&BY_ID[..], &null].concat()).await;
        let value: Value = serde_json::from_str(&values[0]).expect("JSON");
        assert_eq!(value["payload"]["day"], Value::Null);
        assert_eq!(value["schema"]["fields"][1]["optional"], true);
    });
}

#[test]
fn a_row_that_cannot_be_written_stops_its_table_and_is_named() {
    on_both("unwritable", async |stage| {
        let rows = "(1, '2026-01-01', 1), (2, '2026-01-02', 1), (3, '0000-00-00', 1), (4, '2026-01-04', 7)";
        fill(stage, "day DATE NOT NULL, flag TINYINT(1) NOT NULL", rows).await;
        let strict = [("zero.dates", "error"), ("tinyint1.as.boolean", "true")];
        let options = [&BY_ID[..], &strict].concat();
        let journal = MemoryJournal::default();
        for _ in 0..2 {
            let outcome = stage.poll(&journal, &options).await.expect("an outcome");
            let error = outcome.error().expect("an error");
            assert_eq!(error.next, Next::Stop);
            for words in [&format!("table {}.t: ", stage.database), r#"{"id":3}"#, "column `day`"] {
                assert!(error.message.contains(words), "nothing of {words} in {error}");
            }
        }
        assert_eq!(journal.take().len(), 2, "nothing behind it is passed");
    });
}

#[test]
fn a_row_that_cannot_be_written_becomes_a_letter_and_the_others_are_read() {
    on_both("letters", async |stage| {
        let rows = "(1, '2026-01-01', 1), (2, '2026-01-02', 1), (3, '0000-00-00', 1), (4, '2026-01-04', 7)";
        fill(stage, "day DATE NOT NULL, flag TINYINT(1) NOT NULL", rows).await;
        let tolerant = [
            ("zero.dates", "error"),
            ("tinyint1.as.boolean", "true"),
            ("errors.tolerance", "all"),
            ("errors.deadletterqueue.topic.name", "dead"),
        ];
        let options = [&BY_ID[..], &tolerant].concat();
        let journal = MemoryJournal::default();
        let outcome = stage.poll(&journal, &options).await.expect("an outcome");
        assert_eq!((outcome.error(), outcome.is_done), (None, true));
        assert_eq!((outcome.tables[0].rows, outcome.tables[0].letters), (4, 2));
        assert_eq!(journal.take().len(), 2);
        let letters = journal.take_letters();
        let told: Vec<_> = letters
            .iter()
            .map(|letter| {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let key = letter.row.key.as_deref().map(text).unwrap_or_default();
                (key, text(&letter.row.value), letter.row.column.clone().unwrap_or_default())
            })
            .collect();
        let expected = [
            (r#"{"id":3}"#, r#"{"id":3,"flag":true}"#, "day"),
            (r#"{"id":4}"#, r#"{"id":4,"day":"2026-01-04"}"#, "flag"),
        ];
        let expected = expected
            .map(|(key, value, column)| (key.to_owned(), value.to_owned(), column.to_owned()));
        assert_eq!(told, expected);
        assert_eq!(letters[0].topic, "t");
        assert_eq!(stage.values(&journal, &options).await.len(), 0, "they are passed");
    });
}
