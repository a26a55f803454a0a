//! `sluice schema` on a real registry, topic and table.

use krafka::producer::Record;
use serde_json::{Value, json};
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::{Pipeline, sluice};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{binary, kafka};

use super::schemas::{register, url};
use super::{NOBODYS, value};

const ORDER: &str = r#"{"type":"record","name":"shop.Order","doc":"An order.","fields":[
    {"name":"id","type":"int","doc":"Its number."},
    {"name":"n","type":"int"}]}"#;

async fn schema(pipeline: &Pipeline, arguments: &[&str]) -> Run {
    let mut command = sluice();
    command.args(["schema", "--function"]).arg(binary(pipeline.target.connector()));
    command.args(["--topic", &pipeline.name, "--bootstrap", &kafka()]).args(arguments);
    command.envs(pipeline.options());
    Running::start(command, None).ended().await
}

/// The one topic of the answer.
async fn topic(pipeline: &Pipeline, code: i32) -> Value {
    let run = schema(pipeline, &["--json"]).await;
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:#?}"));
    assert_eq!((run.code, report["topics"].as_array().map(Vec::len)), (Some(code), Some(1)));
    report["topics"][0].clone()
}

/// A pipeline whose table is still to be created.
async fn pipeline(target: Target, what: &str) -> Pipeline {
    let pipeline = Pipeline::to(target, what, 1, "id int PRIMARY KEY").await.upserting();
    pipeline.sql(&format!("DROP TABLE {}", pipeline.name)).await;
    pipeline
}

async fn what_records_are_declared_as_is_told(target: Target) {
    let pipeline = pipeline(target, "declared").await.with("schema.registry.url", &url());
    let subject = format!("{}-value", pipeline.name);
    // A schema that is in another subject too has the same id there.
    let doc = format!("An order of {}.", pipeline.name);
    let id = register(&subject, &ORDER.replace("An order.", &doc)).await;
    pipeline.send([value(id, 1).key("k"), value(id, 2).key("k")]).await;
    let told = topic(&pipeline, 0).await;
    let kinds = &told["value"]["kinds"];
    let schema = &kinds[0]["schema"];
    assert_eq!((&kinds[0]["format"], &kinds[0]["records"]), (&json!("avro"), &json!(2)));
    assert_eq!(schema["id"], format!("schema {id}"));
    assert_eq!(schema["framing"], "confluent");
    assert_eq!(schema["subjects"], json!([{ "subject": subject, "version": 1 }]));
    assert_eq!((&schema["type"], &schema["doc"]), (&json!("shop.Order"), &json!(doc)));
    let fields = json!([
        { "name": "id", "type": "int", "presence": "required", "doc": "Its number." },
        { "name": "n", "type": "int", "presence": "required" },
    ]);
    assert_eq!(schema["fields"], fields);
    assert_eq!(told["key"]["kinds"], json!([{ "format": "string", "records": 2 }]));
    assert_eq!(told["table"]["exists"], false);
    // What it tells is what the target takes.
    let definition = told["table"]["definition"].as_str().expect("a statement");
    pipeline.sql(definition).await;
    if target == Target::Postgres {
        pipeline.sql(&target.admit(&pipeline.name)).await;
    }
    pipeline.drain(&[]).await.assert_settled();
    assert_eq!(pipeline.rows().await, 2);
    assert_eq!(topic(&pipeline, 0).await["table"]["exists"], true);
    let text = schema_text(&pipeline).await;
    for line in [
        &format!("topic {}", pipeline.name),
        "  value: avro (2 records)",
        &format!("    schema {id}, named by confluent, in {subject} version 1"),
        &format!("    shop.Order: {doc}"),
        "      id     int                 required           Its number.",
        "  key: string (2 records)",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}: {text}");
    }
}

async fn schema_text(pipeline: &Pipeline) -> String {
    let run = schema(pipeline, &[]).await;
    assert_eq!(run.code, Some(0), "{run:#?}");
    run.stdout
}

sluice_tests::on_each_target! { what_records_are_declared_as_is_told }

#[tokio::test]
async fn plain_json_tells_what_its_fields_hold() {
    let pipeline = pipeline(Target::Postgres, "shown").await;
    let values = [r#"{"id":1,"a":"x","b":null}"#, r#"{"id":2,"a":3}"#, r#"{"id":3,"a":true}"#];
    pipeline.send(values.map(|value| Record::new("", value).partition(0))).await;
    let told = topic(&pipeline, 0).await;
    let found = json!([
        { "name": "id", "types": { "number": 3 }, "nulls": 0, "absent": 0 },
        { "name": "a", "types": { "string": 1, "number": 1, "boolean": 1 }, "nulls": 0, "absent": 0 },
        { "name": "b", "types": {}, "nulls": 1, "absent": 2 },
    ]);
    assert_eq!(told["value"]["kinds"], json!([{ "format": "json", "records": 3, "found": found }]));
    assert_eq!((&told["key"]["kinds"], &told["key"]["nulls"]), (&json!([]), &json!(3)));
    assert!(told["table"]["definition"].as_str().is_some_and(|it| it.contains("\"id\" bigint")));
}

/// The bytes of a letter mean nothing to a person; what they are decoded to does.
#[tokio::test]
async fn letters_show_what_their_records_hold() {
    let pipeline =
        Pipeline::new("shown_letters", 1, "id int PRIMARY KEY, n int CHECK (n <> 2)").await;
    let pipeline = pipeline.upserting().with("schema.registry.url", &url());
    let id = register(&pipeline.name, ORDER).await;
    pipeline.send([value(id, 1), value(id, 2)]).await;
    let run = pipeline.drain(&[]).await;
    assert_eq!((run.count("written"), run.count("lettered")), (1, 1), "{run:#?}");
    let mut command = sluice();
    command.args(["check", "--function"]).arg(binary(pipeline.target.connector()));
    command.args(["--topic", &pipeline.errors, "--bootstrap", &kafka(), "--letters", "--values"]);
    command.args(["--format", "json"]).envs(pipeline.options());
    let run = Running::start(command, None).ended().await;
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:#?}"));
    let record = &report["records"][0];
    assert_eq!((run.code, report["records"].as_array().map(Vec::len)), (Some(1), Some(1)));
    assert_eq!((&record["topic"], &record["offset"]), (&json!(pipeline.name), &json!(1)));
    let fields = record["fields"].as_array().expect("fields");
    let values: Vec<_> = fields.iter().map(|field| (&field["column"], &field["value"])).collect();
    assert_eq!(values, [(&json!("id"), &json!("2")), (&json!("n"), &json!("2"))]);
    assert!(record["letterReason"].as_str().is_some_and(|why| why.contains("check")), "{record}");
}

#[tokio::test]
async fn what_cannot_be_told_is_said() {
    let pipeline = pipeline(Target::Postgres, "untold").await;
    let run = schema(&pipeline, &[]).await;
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains(&format!("the topic {} is empty", pipeline.name)), "{run:#?}");
    let tombstone = || Record::tombstone("", "k").partition(0);
    pipeline.send([tombstone()]).await;
    let told = topic(&pipeline, 0).await;
    assert_eq!((&told["value"]["kinds"], &told["value"]["nulls"]), (&json!([]), &json!(1)));
    let why = told["table"]["whyNone"].as_str().expect("a reason");
    assert!(why.contains("cannot be derived from the records"), "{why}");
    pipeline.send([value(NOBODYS, 1)]).await;
    let without_registry = topic(&pipeline, 1).await;
    let pipeline = pipeline.with("schema.registry.url", &url());
    let unknown = topic(&pipeline, 1).await;
    for (told, says) in [
        (without_registry, "need schema.registry.url"),
        (unknown, "which the schema registry does not have"),
    ] {
        let refused = &told["value"]["refused"][0];
        assert_eq!(refused["records"], 1);
        assert!(refused["reason"].as_str().is_some_and(|why| why.contains(says)), "{refused}");
    }
}
