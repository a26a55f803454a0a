//! Tablestore, by the built binary and through a real Kafka, at the stand-in of `scripts/services.sh tablestore`;
//! what that does not prove is in `scripts/services/tablestore/server.py`. Of a pipeline only the topics are used, not
//! its table in PostgreSQL.

mod letters;
mod role;

use krafka::producer::Record;
use serde_json::{Value, json};
use sluice_tests::pipeline::{Pipeline, make_executable};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{self, binary};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const GOOD: i64 = 500;

/// A pipeline that ends at an instance of its own, whose data table is made by the first batch.
async fn pipeline(what: &str) -> Pipeline {
    instance_of(what).await.upserting().with("columns.types", "n:integer")
}

/// The same with a time-series table.
async fn series_pipeline(what: &str) -> Pipeline {
    instance_of(what)
        .await
        .with("tablestore.mode", "timeseries")
        .with("timeseries.measurement", "'load'")
        .with("timeseries.tags", "host")
        .with("timeseries.time", "at")
}

async fn instance_of(what: &str) -> Pipeline {
    let pipeline = Pipeline::new(what, 1, "id int").await;
    let (url, name) = (services::tablestore(), pipeline.name.clone());
    pipeline
        .with("connection.url", &url)
        .with("connection.instance", &name.replace('_', "-"))
        .with("connection.region", "cn-hangzhou")
        .with("connection.user", "sluice")
        .with("connection.password", "sluice-secret")
        .with("auto.create", "true")
        .with("name", &name)
}

/// 500 good records, one that is no JSON, and one whose value does not fit.
async fn send(pipeline: &Pipeline) {
    let good = (0..GOOD).map(|id| format!("{{\"id\":{id},\"n\":{id}}}"));
    let bad = ["{\"id\":", "{\"id\":-1,\"n\":\"many\"}"].map(str::to_owned);
    pipeline.send_values(good.chain(bad)).await;
}

async fn drain(pipeline: &Pipeline) -> Run {
    let function = binary("tablestore");
    let script = pipeline.file("tablestore", &format!("#!/bin/sh\nexec {function:?}\n"));
    make_executable(&script);
    let log = script.with_file_name("function.log");
    let mut command = pipeline.trigger(&script, &["--once", "--max-retries", "1"]);
    command.arg("--function-log").arg(&log);
    Running::start(command, Some(log)).ended().await
}

/// Looks behind the service.
async fn behind(pipeline: &Pipeline, method: &str, what: &str, body: Value) -> Value {
    let address = services::tablestore().trim_start_matches("http://").to_owned();
    let mut connection = TcpStream::connect(&address).await.expect("the stand-in is up");
    let (instance, body) = (pipeline.name.replace('_', "-"), body.to_string());
    let head = format!(
        "{method} /stand-in/{instance}/{what} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}",
        body.len()
    );
    let request = format!("{head}\r\n\r\n{body}");
    connection.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("it answers");
    let (_, body) = answer.split_once("\r\n\r\n").expect("an answer of HTTP");
    serde_json::from_str(body).expect("JSON")
}

/// Every good row is there once, and exactly the two bad records are letters.
async fn assert_whole(pipeline: &Pipeline) {
    let rows = behind(pipeline, "GET", &format!("rows/{}", pipeline.name), Value::Null).await;
    let number = |row: &Value| row["columns"]["n"][1].as_i64().expect("an integer");
    let rows = rows.as_array().expect("a table");
    assert_eq!(rows.len() as i64, GOOD);
    assert_eq!(rows.iter().map(number).sum::<i64>(), GOOD * (GOOD - 1) / 2);
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (1, 1));
    assert!(errors[0].message().contains("\"n\" is integer"), "{}", errors[0].message());
}

/// Throttled rows, lost and slow answers, a balancer, a table that is not ready, a clock that is an hour off: within
/// one invocation each of them passes.
#[tokio::test]
async fn faults_that_pass_cost_nothing() {
    let pipeline = pipeline("passing").await.with("max.retries", "6");
    let faults = json!([
        {"kind": "clock", "seconds": 3600},
        {"kind": "slow", "ms": 50, "times": 20},
        {"kind": "new", "refusals": 3},
        {"kind": "lost", "applied": true, "times": 1, "operation": "CreateTable"},
        {"kind": "rows", "code": "OTSNotEnoughCapacityUnit", "every": 2, "times": 1, "after": 1, "operation": "BatchWriteRow"},
        {"kind": "lost", "applied": true, "times": 1, "after": 2, "operation": "BatchWriteRow"},
        {"kind": "status", "status": 503, "retry_after": 1, "times": 1, "after": 3, "operation": "BatchWriteRow"},
    ]);
    behind(&pipeline, "POST", "faults", faults).await;
    send(&pipeline).await;
    let run = drain(&pipeline).await;
    run.assert_settled();
    assert!(run.logged("retries") >= 3, "{run:#?}");
    assert_whole(&pipeline).await;
}

/// An outage, a token that has expired, and an error that nobody knows give the batch back and make no letter.
#[tokio::test]
async fn what_does_not_pass_gives_the_batch_back() {
    let pipeline =
        pipeline("staying").await.with("connection.token", "new").with("max.retries", "1");
    send(&pipeline).await;
    for fault in [
        json!({"kind": "status", "status": 503, "times": 99}),
        json!({"kind": "token", "token": "newer"}),
        json!({"kind": "error", "status": 400, "code": "OTSUnheardOf", "times": 99}),
    ] {
        behind(&pipeline, "POST", "faults", json!([fault])).await;
        let run = drain(&pipeline).await;
        assert_eq!((run.code, run.count("records")), (Some(1), 0), "{fault}: {run:#?}");
        let (dead, errors) = pipeline.letters().await;
        assert_eq!((dead.len(), errors.len()), (0, 0), "{fault}");
    }
    behind(&pipeline, "POST", "faults", json!([])).await;
    drain(&pipeline).await.assert_settled();
    assert_whole(&pipeline).await;
}

/// Every good point is there once, each with its own time.
async fn assert_points(pipeline: &Pipeline) {
    let points = behind(pipeline, "GET", &format!("rows/{}", pipeline.name), Value::Null).await;
    let points = points.as_array().expect("a table");
    let number = |it: &Value| it.as_i64().expect("an integer");
    let sum = |what: fn(&Value) -> &Value| points.iter().map(what).map(number).sum::<i64>();
    let sum_of_values = GOOD * (GOOD - 1) / 2;
    assert_eq!(points.len() as i64, GOOD);
    assert_eq!(sum(|point| &point["columns"]["n"][1]), sum_of_values);
    assert_eq!(sum(|point| &point["key"]["_time"][1]), sum_of_values * 1000);
    assert!(points.iter().all(|point| point["key"]["_tags"][1] == "[\"host=a\"]"));
}

/// Points of a table that the first batch makes, and faults that pass. A record that is no point is a letter, a
/// tombstone is filtered, and when the whole topic is delivered again its points stay the same.
#[tokio::test]
async fn points_of_a_time_series_table() {
    let pipeline = series_pipeline("points").await.with("max.retries", "6");
    let faults = json!([
        {"kind": "clock", "seconds": 3600},
        {"kind": "new", "refusals": 3},
        {"kind": "lost", "applied": true, "times": 1, "operation": "CreateTimeseriesTable"},
        {"kind": "rows", "code": "OTSServerBusy", "every": 2, "times": 1, "after": 1, "operation": "PutTimeseriesData"},
        {"kind": "lost", "applied": true, "times": 1, "after": 2, "operation": "PutTimeseriesData"},
    ]);
    behind(&pipeline, "POST", "faults", faults).await;
    let good = (0..GOOD).map(|at| format!("{{\"at\":{at},\"host\":\"a\",\"n\":{at}}}"));
    let bad = ["{\"at\":", "{\"at\":1,\"host\":\"a=b\",\"n\":1}"].map(str::to_owned);
    pipeline.send_values(good.chain(bad)).await;
    pipeline.send([Record::tombstone("", "a").partition(0)]).await;
    let run = drain(&pipeline).await;
    run.assert_settled();
    assert!(run.logged("retries") >= 3, "{run:#?}");
    assert_eq!((run.count("written"), run.count("filtered")), (GOOD as u64, 1), "{run:#?}");
    assert_points(&pipeline).await;
    let (dead, errors) = pipeline.letters().await;
    assert_eq!((dead.len(), errors.len()), (1, 1));
    assert!(errors[0].message().contains("a tag has no"), "{}", errors[0].message());
    pipeline.forget_offsets().await;
    let again = drain(&pipeline).await;
    again.assert_settled();
    assert_eq!(again.count("records"), run.count("records"), "{again:#?}");
    assert_points(&pipeline).await;
}

/// The number of each row, sorted.
async fn written(pipeline: &Pipeline) -> Vec<i64> {
    let rows = behind(pipeline, "GET", &format!("rows/{}", pipeline.name), Value::Null).await;
    let rows = rows.as_array().expect("a table").iter();
    let mut numbers: Vec<i64> =
        rows.map(|row| row["columns"]["n"][1].as_i64().expect("an integer")).collect();
    numbers.sort_unstable();
    numbers
}
