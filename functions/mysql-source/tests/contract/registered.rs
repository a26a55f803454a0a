//! Records with schemas of a registry: the types of their fields, and their values as the sinks' decoders read them.

use serde_json::{Value, json};
use sluice_bridge::format::registry::SchemaText;
use sluice_source::encoding::Schema;
use sluice_source::source::SourceRecord;
use sluice_testkit::{MemoryJournal, decoded};

use crate::stage::{Stage, on_both, on_mysql};

pub(crate) const BY_ID: [(&str, &str); 4] = [
    ("table.blacklist", "none"),
    ("mode", "incrementing"),
    ("topic.prefix", "p-"),
    ("schema.registry.url", "http://registry"),
];

/// One invocation for all tables in a format: the schemas that it asked for, and the records.
pub(crate) async fn told(
    stage: &Stage,
    format: &str,
    more: &[(&str, &str)],
) -> (Vec<(String, Schema)>, Vec<SourceRecord>) {
    told_of(stage, format, &[&BY_ID[..1], more].concat()).await
}

/// The same for what the options choose.
pub(crate) async fn told_of(
    stage: &Stage,
    format: &str,
    more: &[(&str, &str)],
) -> (Vec<(String, Schema)>, Vec<SourceRecord>) {
    let journal = MemoryJournal::default();
    let options = [&BY_ID[1..], &[("value.format", format)], more].concat();
    let outcome = stage.poll(&journal, &options).await.expect("an outcome");
    assert_eq!((outcome.error(), outcome.is_done), (None, true));
    let records = journal.take_records().into_iter().map(|(_, record)| record).collect();
    (journal.schemas(), records)
}

/// The JSON that the sinks' decoder makes of bytes that name one of these schemas.
pub(crate) fn read(schemas: &[(String, Schema)], bytes: &[u8]) -> Value {
    let id = u32::from_be_bytes(bytes[1..5].try_into().expect("four bytes"));
    let Schema { kind, text } = schemas[id as usize - 1].1.clone();
    let schema = SchemaText { kind, text, references: Vec::new() };
    serde_json::from_str(&decoded(&schema, id, bytes, None)).expect("JSON")
}

const COLUMNS: &str = "tiny TINYINT NOT NULL, small SMALLINT UNSIGNED, wide INT UNSIGNED, huge BIGINT UNSIGNED, \
     amount DECIMAL(65,30), single FLOAT, twice DOUBLE, flag BIT(1), bits BIT(12), y YEAR, day DATE, wall DATETIME(3), \
     fine DATETIME(6), moment TIMESTAMP(0) NULL, span TIME(6), words TEXT, bytes VARBINARY(9), label ENUM('ü'), \
     nothing INT";
const ROW: &str = "-128, 65535, 4294967295, 18446744073709551615, \
     -12345678901234567890123456789012345.123456789012345678901234567890, 1.23456789, -1.7976931348623157e308, b'1', \
     b'101010101010', 2026, '1969-12-31', '1970-01-01 00:00:01.5', '9999-12-31 23:59:59.999999', '1970-01-01 00:00:02', \
     '-838:59:59', 'é', 0x00ff, 'ü', NULL";

pub(crate) async fn fill(stage: &Stage) {
    stage
        .say(&format!(
            "SET sql_mode = '', time_zone = '+00:00'; SET NAMES utf8mb4; \
             CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, {COLUMNS}); INSERT INTO t VALUES (1, {ROW})"
        ))
        .await;
}

#[test]
fn every_value_is_read_back_as_it_was() {
    on_both("registered", async |stage| {
        fill(stage).await;
        for format in ["avro", "protobuf", "json-schema"] {
            let (schemas, records) =
                told(stage, format, &[("decimal.format", numeric(format))]).await;
            let subjects: Vec<&str> = schemas.iter().map(|(subject, _)| subject.as_str()).collect();
            assert_eq!(subjects, ["p-t-key", "p-t-value"], "{format}");
            assert_eq!(
                read(&schemas, records[0].key.as_deref().expect("a key")),
                json!({ "id": 1 })
            );
            let row = read(&schemas, &records[0].value);
            for (name, expected) in [
                ("id", "1"),
                ("tiny", "-128"),
                ("small", "65535"),
                ("wide", "4294967295"),
                ("huge", "18446744073709551615"),
                ("single", "1.2345679"),
                ("twice", "-1.7976931348623157e308"),
                ("flag", "true"),
                ("y", "2026"),
                ("words", "\"é\""),
                ("bytes", "\"AP8=\""),
                ("label", "\"ü\""),
            ] {
                let expected: Value = serde_json::from_str(expected).expect("JSON");
                assert_eq!(row[name], expected, "{format}: {name}");
            }
            assert!(row.get("nothing").is_none_or(Value::is_null), "{format}: {row}");
        }
    });
}

/// Only where values are JSON is there a choice.
fn numeric(format: &str) -> &str {
    if format == "json-schema" { "NUMERIC" } else { "BASE64" }
}

#[test]
fn digits_and_moments_are_exact() {
    on_both("exact", async |stage| {
        fill(stage).await;
        for format in ["avro", "protobuf"] {
            let (schemas, records) = told(stage, format, &[]).await;
            let (id, bytes) = (2, records[0].value.clone());
            let Schema { kind, text } = schemas[id as usize - 1].1.clone();
            let schema = SchemaText { kind, text, references: Vec::new() };
            // As text: a JSON library would round it.
            let row = decoded(&schema, id, &bytes, None);
            let span = if format == "avro" { "-838:59:59" } else { "-838:59:59.000000" };
            for expected in [
                r#""amount":-12345678901234567890123456789012345.123456789012345678901234567890"#
                    .to_owned(),
                r#""day":"1969-12-31""#.to_owned(),
                r#""wall":"1970-01-01T00:00:01.5Z""#.to_owned(),
                r#""fine":"9999-12-31T23:59:59.999999Z""#.to_owned(),
                r#""moment":"1970-01-01T00:00:02Z""#.to_owned(),
                format!(r#""span":"{span}""#),
            ] {
                assert!(row.contains(&expected), "{format}: nothing of {expected} in {row}");
            }
        }
    });
}

/// MySQL declares the scale of both branches of IF, and sends each one's own digits.
#[test]
fn a_decimal_has_the_scale_of_its_field() {
    on_both("scale", async |stage| {
        stage
            .say(
                "CREATE TABLE b (id INT PRIMARY KEY, price DECIMAL(7,3)); INSERT INTO b VALUES (1, 1.5), (2, NULL); \
                 CREATE VIEW w AS SELECT id, IF(id = 1, price, 1) AS p FROM b",
            )
            .await;
        let view =
            [("table.whitelist", "w"), ("table.types", "VIEW"), ("incrementing.column.name", "id")];
        for format in ["avro", "protobuf"] {
            let (schemas, records) = told_of(stage, format, &view).await;
            let (_, schema) = schemas.last().expect("a schema");
            let schema =
                SchemaText { kind: schema.kind, text: schema.text.clone(), references: Vec::new() };
            let id = u32::try_from(schemas.len()).expect("few");
            let row = |nth: usize| decoded(&schema, id, &records[nth].value, None);
            assert!(row(0).contains(r#""p":1.500"#), "{format}: {}", row(0));
            assert!(row(1).contains(r#""p":1.000"#), "{format}: {}", row(1));
        }
    });
}

#[test]
fn fields_have_connects_types() {
    on_both("fields", async |stage| {
        fill(stage).await;
        let (schemas, _) = told(stage, "avro", &[]).await;
        let schema: Value = serde_json::from_str(&schemas[1].1.text).expect("JSON");
        assert_eq!((&schema["name"], &schema["connect.name"]), (&json!("t"), &json!("t")));
        let of = |name: &str| {
            let fields = schema["fields"].as_array().expect("fields");
            let found = fields.iter().find(|field| field["name"] == name);
            found.unwrap_or_else(|| panic!("{name} in {schema}"))["type"].clone()
        };
        assert_eq!(of("id"), "int");
        assert_eq!(of("tiny"), json!({ "type": "int", "connect.type": "int8" }));
        assert_eq!(of("words"), json!(["null", "string"]));
        let decimal = |precision: u32, scale: u32| {
            json!(["null", {
                "type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale,
                "connect.name": "org.apache.kafka.connect.data.Decimal", "connect.version": 1,
                "connect.parameters": {
                    "scale": scale.to_string(), "connect.decimal.precision": precision.to_string(),
                },
            }])
        };
        assert_eq!((of("huge"), of("amount")), (decimal(20, 0), decimal(65, 30)));
        let logical = |name: &str| of(name)[1]["logicalType"].clone();
        assert_eq!(
            [logical("day"), logical("wall"), logical("fine"), logical("span")],
            [json!("date"), json!("timestamp-millis"), json!("timestamp-micros"), Value::Null]
        );
        assert_eq!(of("span")[1]["connect.name"], "io.debezium.time.MicroTime");
        let (schemas, _) = told(stage, "protobuf", &[]).await;
        let text = &schemas[1].1.text;
        for line in [
            "message t {",
            "int32 id = 1;",
            "optional uint64 huge = 5;",
            "confluent.type.Decimal amount = 6",
            "optional uint64 bits = 10;",
            "google.type.Date day = 12;",
            "google.protobuf.Timestamp fine = 14;",
            "optional string span = 16;",
        ] {
            assert!(text.contains(line), "nothing of {line} in {text}");
        }
    });
}

#[test]
fn documents_geometries_and_vectors() {
    on_mysql("shapes", async |stage| {
        let place = "ST_GeomFromText('POINT(1 2)', 4326, 'axis-order=long-lat')";
        stage
            .say(&format!(
                "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, doc JSON, place POINT, other POINT, v VECTOR(2)); \
                 INSERT INTO t VALUES (1, '{{\"a\": 1.0}}', {place}, NULL, TO_VECTOR('[1,-0.1]'))"
            ))
            .await;
        // The sinks read Avro's geometries by their name, and Protobuf's by their shape.
        for (format, vector, reference) in [
            ("avro", json!([1.0, -0.1]), "0101000020e6100000"),
            ("protobuf", json!("[1.0,-0.1]"), "\"srid\":4326"),
        ] {
            let (schemas, records) = told(stage, format, &[]).await;
            let row = read(&schemas, &records[0].value);
            assert_eq!(row["v"], vector, "{format}: {row}");
            assert!(row["doc"].to_string().contains("1.0"), "{format}: {row}");
            assert!(row["place"].to_string().contains(reference), "{format}: {row}");
        }
    });
}
