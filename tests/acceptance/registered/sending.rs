//! What `sluice send` encodes is read by another client and becomes rows.

use std::path::Path;

use serde_json::Value;
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::{Pipeline, sluice};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{binary, kafka, repository};
use tokio::process::Command;

use super::python;
use super::schemas::{register, url};

const ORDER: &str = r#"{"type":"record","name":"shop.Order","fields":[
    {"name":"id","type":"long"},
    {"name":"note","type":["null","string"],"default":null},
    {"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":38,"scale":10}},
    {"name":"made","type":{"type":"long","logicalType":"timestamp-micros"}},
    {"name":"raw","type":"bytes"}]}"#;
const PROTO: &str = r#"syntax = "proto3"; package shop;
    import "google/protobuf/timestamp.proto";
    message Address { string city = 1; }
    message Order { uint64 id = 1; optional string note = 2; string amount = 3;
        google.protobuf.Timestamp made = 4; bytes raw = 5; }"#;
const KEY: &str = r#"{"type":"record","name":"shop.Key","fields":[{"name":"id","type":"long"}]}"#;

/// Sends lines with schemas.
async fn send(pipeline: &Pipeline, lines: &str, arguments: &[&str]) -> Run {
    let file = pipeline.file("lines", lines);
    let mut command = sluice();
    command.args(["send", "--bootstrap", &kafka(), "--topic", &pipeline.name, "--lines"]);
    command.args(["--key-separator", "|", "--registry", &url()]).args(arguments).arg(file);
    Running::start(command, None).ended().await
}

fn path(file: &Path) -> &str {
    file.to_str().expect("a path of our own")
}

#[track_caller]
fn assert_sent(run: &Run, records: &str) {
    assert_eq!((run.code, run.stdout.trim()), (Some(0), records), "{run:#?}");
}

async fn what_is_sent_becomes_rows(target: Target) {
    let (moment, bytes) = match target {
        Target::Postgres => ("timestamp(6)", "bytea"),
        _ => ("datetime(6)", "blob"),
    };
    let columns = format!(
        "id bigint PRIMARY KEY, note text, amount numeric(38,10), made {moment}, raw {bytes}"
    );
    let pipeline = Pipeline::to(target, "sending", 1, &columns).await;
    let pipeline = pipeline
        .with("schema.registry.url", &url())
        .with("insert.mode", "upsert")
        .with("pk.mode", "record_key");
    let order = |id: u32, more: &str| {
        let made = r#""made":"2026-01-31T12:30:00.000001Z","raw":"AP8=""#;
        format!(r#"{{"id":{id}}}|{{"id":{id},{more},{made}}}"#)
    };
    let exact = "1234567890123456789012345678.0123456789";
    let (avro, proto, key) = (
        pipeline.file("order.avsc", ORDER),
        pipeline.file("order.proto", PROTO),
        pipeline.file("key", KEY),
    );
    let keys = ["--key-format", "avro", "--key-schema", path(&key)];
    let lines = format!(
        "{}\n{}\n",
        order(1, &format!(r#""amount":{exact}"#)),
        order(2, r#""note":"x","amount":"-1""#)
    );
    let values = ["--format", "avro", "--schema", path(&avro)];
    assert_sent(&send(&pipeline, &lines, &[&keys[..], &values].concat()).await, "2");
    // The same schema by its version, named in a header.
    let version = format!("{}-value:latest", pipeline.name);
    let values = ["--format", "avro", "--schema", &version, "--schema-id", "header"];
    let lines = order(3, r#""amount":0.5"#);
    assert_sent(&send(&pipeline, &lines, &[&keys[..], &values].concat()).await, "1");
    let subject = format!("{}-proto", pipeline.name);
    let values = [
        "--format",
        "protobuf",
        "--schema",
        path(&proto),
        "--message",
        "Order",
        "--subject",
        &subject,
    ];
    let lines = order(4, r#""note":"","amount":"7""#);
    assert_sent(&send(&pipeline, &lines, &[&keys[..], &values].concat()).await, "1");
    assert_eq!(
        read_by_another_client(&pipeline.name, &["avro", "avro", "-", "protobuf"]).await,
        [
            format!("1|None|{exact}|2026-01-31T12:30:00.000001|00ff"),
            "2|x|-1.0000000000|2026-01-31T12:30:00.000001|00ff".to_owned(),
            "4||7|2026-01-31T12:30:00.000001|00ff".to_owned(),
        ]
    );
    assert_eq!(checked_values(&pipeline, &[]).await, [None, None, None, None, None]);
    let made = r#""2026-01-31T12:30:00.000001Z""#;
    let expected = ["4", r#""""#, r#""7""#, made, r#""AP8=""#];
    assert_eq!(
        checked_values(&pipeline, &["--values"]).await,
        expected.map(|it| Some(it.to_owned()))
    );
    let run = pipeline.drain(&[]).await;
    run.assert_settled();
    assert_eq!((run.count("written"), run.count("lettered")), (4, 0), "{run:#?}");
    let hex = if target == Target::Postgres { "encode(raw, 'hex')" } else { "lower(hex(raw))" };
    let query = format!("SELECT id, note, amount, made, {hex} FROM TABLE ORDER BY id");
    let rows = pipeline.query(&query).await;
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (0..5).map(|at| row.text(at).unwrap_or("-")).collect::<Vec<_>>().join("|"))
        .collect();
    assert_eq!(
        rows,
        [
            format!("1|-|{exact}|2026-01-31 12:30:00.000001|00ff"),
            "2|x|-1.0000000000|2026-01-31 12:30:00.000001|00ff".to_owned(),
            "3|-|0.5000000000|2026-01-31 12:30:00.000001|00ff".to_owned(),
            "4||7.0000000000|2026-01-31 12:30:00.000001|00ff".to_owned(),
        ]
    );
}

sluice_tests::on_each_target! { what_is_sent_becomes_rows }

/// The values that `sluice check` shows of the last record, by the order of the columns.
async fn checked_values(pipeline: &Pipeline, arguments: &[&str]) -> Vec<Option<String>> {
    let mut command = sluice();
    command.args(["check", "--function"]).arg(binary(pipeline.target.connector()));
    command.args(["--topic", &pipeline.name, "--bootstrap", &kafka(), "--last", "1"]);
    command.args(["--format", "json"]).args(arguments).envs(pipeline.options());
    let run = Running::start(command, None).ended().await;
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:#?}"));
    let fields = report["records"][0]["fields"].as_array().expect("fields");
    fields.iter().map(|field| field["value"].as_str().map(str::to_owned)).collect()
}

/// Reads the values from the beginning of a topic, `-` leaves one out.
async fn read_by_another_client(topic: &str, formats: &[&str]) -> Vec<String> {
    let script = repository().join("tests/acceptance/registered/read.py");
    let mut command = Command::new(python().await);
    command.arg(script).args([&kafka(), &url(), topic]).args(formats);
    let read = command.output().await.expect("Python runs");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8_lossy(&read.stdout).lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn what_does_not_fit_is_not_sent_and_is_told_without_its_value() {
    let pipeline = Pipeline::new("unsent", 1, "id int PRIMARY KEY, n int").await;
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"id","type":"int"},{"name":"n","type":"int"}]}"#;
    register(&format!("{}-value", pipeline.name), schema).await;
    let version = format!("{}-value:1", pipeline.name);
    let values = ["--format", "avro", "--schema", &version];
    let lines = "{\"id\":1,\"n\":1}\n{\"id\":2,\"n\":2}\n{\"id\":3,\"n\":\"hunter2\"}\n{\"id\":4,\"n\":4}\n";
    let run = send(&pipeline, lines, &values).await;
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("line 3: the value cannot be sent: $.n: "), "{run:#?}");
    assert!(run.stderr.contains("the 2 lines before it were sent"), "{run:#?}");
    assert!(!run.stderr.contains("hunter2"), "{run:#?}");
    let pipeline = pipeline.upserting().with("schema.registry.url", &url());
    pipeline.drain(&[]).await.assert_settled();
    assert_eq!(pipeline.rows().await, 2);
    // A schema is not registered for a value that does not fit it: the next file may say what was meant.
    let [wrong, right] = ["int", "string"].map(|kind| {
        let text =
            format!(r#"{{"type":"record","name":"R","fields":[{{"name":"id","type":"{kind}"}}]}}"#);
        pipeline.file(&format!("{kind}.avsc"), &text)
    });
    let subject = format!("{}-later", pipeline.name);
    for (schema, code) in [(&wrong, Some(2)), (&right, Some(0))] {
        let arguments = ["--format", "avro", "--subject", &subject, "--schema", path(schema)];
        let run = send(&pipeline, "{\"id\":\"a\"}\n", &arguments).await;
        assert_eq!(run.code, code, "{run:#?}");
    }
    // A schema that is none, one that the registry does not have, and one of another language.
    let other = r#"{"type":"record","name":"R","fields":[{"name":"id","type":"no such type"}]}"#;
    let other = pipeline.file("other.avsc", other);
    for (format, schema, says) in [
        ("avro", path(&other), "the Avro schema is not valid"),
        ("avro", "no-such-subject:1", "does not have version 1 of no-such-subject"),
        ("protobuf", &*version, "is Avro, not Protobuf"),
    ] {
        let run = send(&pipeline, "{}", &["--format", format, "--schema", schema]).await;
        assert_eq!(run.code, Some(2), "{run:#?}");
        assert!(run.stderr.contains(says), "{says}: {run:#?}");
    }
}
