//! Records with schemas of a registry: written by Confluent's client, read with a real registry, and
//! what becomes of them when it is away, slow, wrong or closed.

mod declared;
pub(crate) mod gate;
pub(crate) mod schemas;
mod sending;
mod trust;

use krafka::producer::Record;
use serde_json::{Value, json};
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::{Pipeline, sluice};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{authority, binary, kafka, repository, until};
use sluice_tests::wire::proxy::{Proxy, Side};
use tokio::process::Command;

use gate::Gate;
use schemas::{address, global_id, register, register_with, url, url_at};

const COLUMNS: &str = "id int PRIMARY KEY, n int";
/// An id that no registry of a test has.
const NOBODYS: u32 = 0x7fff_0000;

/// A pipeline that asks the registry at a URL.
async fn pipeline(target: Target, what: &str, url: &str) -> Pipeline {
    let pipeline = Pipeline::to(target, what, 1, COLUMNS).await.upserting();
    let name = pipeline.name.clone();
    pipeline.with("name", &name).with("max.retries", "1").with("schema.registry.url", url)
}

/// The schema of [`value`] in a subject of the pipeline's.
async fn schema(pipeline: &Pipeline) -> u32 {
    let schema = r#"{"type":"record","name":"R","fields":[{"name":"id","type":"int"},{"name":"n","type":"int"}]}"#;
    register(&pipeline.name, schema).await
}

/// A record in Confluent's frame; both fields are `n`, a small number.
fn value(schema: u32, n: u8) -> Record {
    let bytes = [&[0][..], &schema.to_be_bytes(), &[n * 2, n * 2]].concat();
    Record::new("", bytes).partition(0)
}

async fn assert_no_letter(pipeline: &Pipeline) {
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (0, 0), "a registry's fault is no reason for a letter");
}

#[track_caller]
fn assert_given_up(run: &Run, says: &str) {
    assert_eq!((run.code, run.count("records")), (Some(1), 0), "{run:#?}");
    assert!(run.log.contains(says), "{says}: {run:#?}");
}

async fn what_another_client_writes_becomes_rows(target: Target) {
    let moment = if target == Target::Postgres { "timestamp(3)" } else { "datetime(3)" };
    let columns = format!(
        "id bigint PRIMARY KEY, name text, note text, amount numeric(20,2), made {moment}, address_city text"
    );
    let pipeline = Pipeline::to(target, "registered", 1, &columns).await;
    let pipeline = pipeline
        .with("schema.registry.url", &url())
        .with("insert.mode", "upsert")
        .with("pk.mode", "record_key")
        .with("delete.enabled", "true")
        .with("flatten.delimiter", "_");
    produce(&pipeline.name).await;
    let run = pipeline.drain(&[]).await;
    run.assert_settled();
    assert_eq!((run.count("written"), run.count("lettered")), (12, 0), "{run:#?}");
    let rows = pipeline.query("SELECT * FROM TABLE ORDER BY id").await;
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (0..6).map(|at| row.text(at).unwrap_or("-")).collect::<Vec<_>>().join("|"))
        .collect();
    let expected = [1, 4, 7].into_iter().flat_map(|first| {
        [
            format!("{first}|Ann|-|12.50|2026-01-31 12:30:00.125|Köln"),
            format!("{}|||-0.01|2026-01-31 12:30:00.125|Köln", first + 1),
        ]
    });
    assert_eq!(rows, expected.collect::<Vec<_>>());
}

/// The Python that has Confluent's client.
pub(crate) async fn python() -> String {
    let tools = Command::new(repository().join("scripts/tools.sh")).arg("serdes").output().await;
    let tools = tools.expect("the script runs");
    assert!(tools.status.success(), "{}", String::from_utf8_lossy(&tools.stderr));
    format!("{}/python", String::from_utf8_lossy(&tools.stdout).trim())
}

/// Runs Confluent's client.
async fn produce(topic: &str) {
    let script = repository().join("tests/acceptance/registered/produce.py");
    let mut command = Command::new(python().await);
    command.arg(script).args([&kafka(), &url(), topic]);
    let produced = command.output().await.expect("Python runs");
    assert!(produced.status.success(), "{}", String::from_utf8_lossy(&produced.stderr));
}

async fn an_outage_gives_the_batch_back(target: Target) {
    let proxy = Proxy::before(&address()).await;
    let pipeline = pipeline(target, "away", &url_at(&proxy.address())).await;
    let schema = schema(&pipeline).await;
    pipeline.send([value(schema, 1), value(schema, 2)]).await;
    proxy.shut().await;
    let run = pipeline.drain(&["--max-retries", "0"]).await;
    assert_given_up(&run, "the schema registry: 127.0.0.1");
    assert_eq!((pipeline.rows().await, run.logged("retries")), (0, 1), "{run:#?}");
    assert_no_letter(&pipeline).await;
    proxy.open().await;
    pipeline.drain(&[]).await.assert_settled();
    assert_eq!(pipeline.rows().await, 2);
}

sluice_tests::on_each_target! {
    what_another_client_writes_becomes_rows,
    an_outage_gives_the_batch_back,
}

#[tokio::test]
async fn a_slow_registry_is_named() {
    let proxy = Proxy::before(&address()).await;
    let pipeline = pipeline(Target::Postgres, "slow", &url_at(&proxy.address())).await;
    let schema = schema(&pipeline).await;
    pipeline.send([value(schema, 1)]).await;
    let held = proxy.hold(Side::Server, b"HTTP/1.1 200");
    let run = pipeline.drain(&["--timeout", "2s", "--max-retries", "0"]).await;
    assert_given_up(&run, "the schema registry did not answer in time");
    assert_no_letter(&pipeline).await;
    held.release();
    pipeline.drain(&[]).await.assert_settled();
    assert_eq!(pipeline.rows().await, 1);
}

/// The same process goes on: what it knows it does not ask again, and what is new it asks at a new
/// connection.
#[tokio::test]
async fn a_running_function_outlives_its_registry() {
    let proxy = Proxy::before(&address()).await;
    let pipeline = pipeline(Target::Postgres, "restart", &url_at(&proxy.address())).await;
    let first = schema(&pipeline).await;
    pipeline.send([value(first, 1)]).await;
    let running = pipeline.start(&[]);
    until("the first row is there", async || pipeline.rows().await == 1).await;
    proxy.shut().await;
    pipeline.send([value(first, 2)]).await;
    until("the second row is there", async || pipeline.rows().await == 2).await;
    proxy.open().await;
    let other = r#"{"type":"record","name":"R","fields":[{"name":"id","type":"long"},{"name":"n","type":"long"}]}"#;
    let second = register(&format!("{}_b", pipeline.name), other).await;
    pipeline.send([value(second, 3)]).await;
    until("the third row is there", async || pipeline.rows().await == 3).await;
    running.stop().await.assert_settled();
    assert_eq!(pipeline.starts().len(), 1);
}

/// The login is read again, as that of the database is.
#[tokio::test]
async fn a_refused_login_gives_the_batch_back_and_heals() {
    let gate = Gate::before(&address(), "reader:right");
    let pipeline = pipeline(Target::Postgres, "login", &gate.url()).await;
    let schema = schema(&pipeline).await;
    let file = pipeline.file("login", "info=reader:wrong");
    let pipeline = pipeline.with("schema.registry.ssl.ca.location", &authority()).with(
        "schema.registry.basic.auth.user.info",
        &format!("${{file:{}:info}}", file.display()),
    );
    pipeline.send([value(schema, 1)]).await;
    let run = pipeline.drain(&["--max-retries", "0"]).await;
    assert_given_up(&run, "refuses the login");
    assert!(!format!("{run:?}").contains("reader:wrong"), "{run:#?}");
    assert_no_letter(&pipeline).await;
    let _ = pipeline.file("login", "info=reader:right");
    pipeline.drain(&[]).await.assert_settled();
    assert_eq!(pipeline.rows().await, 1);
}

#[tokio::test]
async fn an_unknown_id_costs_its_record_and_a_batch_of_them_nothing() {
    let pipeline = pipeline(Target::Postgres, "unknown", &url()).await;
    let schema = schema(&pipeline).await;
    pipeline.send([value(NOBODYS, 1), value(NOBODYS + 1, 2)]).await;
    let run = pipeline.drain(&["--max-retries", "0"]).await;
    assert_given_up(&run, "the schema registry has none of the schemas of these records");
    assert_no_letter(&pipeline).await;
    pipeline.send([value(schema, 3)]).await;
    assert_eq!(verdicts(&pipeline).await, ["lettered", "lettered", "written"]);
    let run = pipeline.drain(&[]).await;
    run.assert_settled();
    assert_eq!((run.count("written"), run.count("lettered")), (1, 2), "{run:#?}");
    let (dead, _) = pipeline.letters().await;
    let says = format!("schema {NOBODYS}, which the schema registry does not have");
    assert!(dead[0].message().contains(&says), "{}", dead[0].message());
}

/// Apicurio's own serializers write global ids, which only its own API knows.
#[tokio::test]
async fn a_global_id_of_apicurio_leads_to_its_schema_and_references() {
    let pipeline = Pipeline::new("global", 1, "id int PRIMARY KEY, a_n int").await;
    let pipeline = pipeline
        .with("schema.registry.url", &url())
        .with("value.schema.id", "apicurio")
        .with("flatten.delimiter", "_");
    let inner = format!("{}_inner", pipeline.name);
    let schema = r#"{"type":"record","name":"A","fields":[{"name":"n","type":"int"}]}"#;
    register(&inner, schema).await;
    // The same content again: from here on the two kinds of ids are different.
    register(&format!("{}_other", pipeline.name), schema).await;
    let outer = r#"{"type":"record","name":"R","fields":[{"name":"id","type":"int"},{"name":"a","type":"A"}]}"#;
    let references = json!([{ "name": "A", "subject": inner, "version": 1 }]);
    register_with(&pipeline.name, outer, &references).await;
    let id = global_id(&pipeline.name).await;
    let bytes = [&[0][..], &id.to_be_bytes(), &[14, 16]].concat();
    pipeline.send([Record::new("", bytes).partition(0)]).await;
    pipeline.drain(&[]).await.assert_settled();
    let rows = pipeline.query("SELECT id, a_n FROM TABLE").await;
    assert_eq!((rows.len(), rows[0].get::<i32>(0), rows[0].get::<i32>(1)), (1, 7, 8));
}

/// What `sluice check` says about the records in the topic.
async fn verdicts(pipeline: &Pipeline) -> Vec<String> {
    let mut command = sluice();
    command.args(["check", "--function"]).arg(binary(pipeline.target.connector()));
    command.args(["--topic", &pipeline.name, "--bootstrap", &kafka(), "--format", "json"]);
    command.envs(pipeline.options());
    let run = Running::start(command, None).ended().await;
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:#?}"));
    let records = report["records"].as_array().expect("records");
    records.iter().map(|it| it["verdict"].as_str().expect("a verdict").to_owned()).collect()
}
