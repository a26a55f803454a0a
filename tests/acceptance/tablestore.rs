//! Tablestore, by the built binary and through a real Kafka, at the stand-in of `scripts/services.sh tablestore`;
//! what that does not prove is in `scripts/services/tablestore/server.py`. Of a road only the topics are used, not
//! its table in PostgreSQL.

use serde_json::{Value, json};
use sluice_tests::road::{Road, make_executable};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{self, binary};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::instance::{self, Instance};

const GOOD: i64 = 500;

/// A road that ends at an instance of its own, whose table is made by the first batch.
async fn road(what: &str) -> Road {
    let road = Road::new(what, 1, "id int").await.upserting();
    let (url, name) = (services::tablestore(), road.name.clone());
    road.with("connection.url", &url)
        .with("connection.instance", &name.replace('_', "-"))
        .with("connection.region", "cn-hangzhou")
        .with("connection.user", "sluice")
        .with("connection.password", "sluice-secret")
        .with("columns.types", "n:integer")
        .with("auto.create", "true")
        .with("name", &name)
}

/// 500 good records, one that is no JSON, and one whose value does not fit.
async fn send(road: &Road) {
    let good = (0..GOOD).map(|id| format!("{{\"id\":{id},\"n\":{id}}}"));
    let bad = ["{\"id\":", "{\"id\":-1,\"n\":\"many\"}"].map(str::to_owned);
    road.send_values(good.chain(bad)).await;
}

async fn drain(road: &Road) -> Run {
    let function = binary("tablestore");
    let script = road.file("tablestore", &format!("#!/bin/sh\nexec {function:?}\n"));
    make_executable(&script);
    let log = script.with_file_name("function.log");
    let mut command = road.trigger(&script, &["--once", "--max-retries", "1"]);
    command.arg("--function-log").arg(&log);
    Running::start(command, Some(log)).ended().await
}

/// Looks behind the service.
async fn behind(road: &Road, method: &str, what: &str, body: Value) -> Value {
    let address = services::tablestore().trim_start_matches("http://").to_owned();
    let mut connection = TcpStream::connect(&address).await.expect("the stand-in is up");
    let (instance, body) = (road.name.replace('_', "-"), body.to_string());
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
async fn assert_whole(road: &Road) {
    let rows = behind(road, "GET", &format!("rows/{}", road.name), Value::Null).await;
    let number = |row: &Value| row["columns"]["n"][1].as_i64().expect("an integer");
    let rows = rows.as_array().expect("a table");
    assert_eq!(rows.len() as i64, GOOD);
    assert_eq!(rows.iter().map(number).sum::<i64>(), GOOD * (GOOD - 1) / 2);
    let (dead, errors) = road.letters().await;
    assert_eq!((dead.len(), errors.len()), (1, 1));
    assert!(errors[0].message().contains("\"n\" is integer"), "{}", errors[0].message());
}

/// Throttled rows, lost and slow answers, a balancer, a table that is not ready, a clock that is an hour off: within
/// one invocation each of them passes.
#[tokio::test]
async fn faults_that_pass_cost_nothing() {
    let road = road("passing").await.with("max.retries", "6");
    let faults = json!([
        {"kind": "clock", "seconds": 3600},
        {"kind": "slow", "ms": 50, "times": 20},
        {"kind": "new", "refusals": 3},
        {"kind": "lost", "applied": true, "times": 1, "operation": "CreateTable"},
        {"kind": "rows", "code": "OTSNotEnoughCapacityUnit", "every": 2, "times": 1, "after": 1, "operation": "BatchWriteRow"},
        {"kind": "lost", "applied": true, "times": 1, "after": 2, "operation": "BatchWriteRow"},
        {"kind": "status", "status": 503, "retry_after": 1, "times": 1, "after": 3, "operation": "BatchWriteRow"},
    ]);
    behind(&road, "POST", "faults", faults).await;
    send(&road).await;
    let run = drain(&road).await;
    run.assert_settled();
    assert!(run.logged("retries") >= 3, "{run:#?}");
    assert_whole(&road).await;
}

/// An outage, a token that has expired, and an error that nobody knows give the batch back and make no letter.
#[tokio::test]
async fn what_does_not_pass_gives_the_batch_back() {
    let road = road("staying").await.with("connection.token", "new").with("max.retries", "1");
    send(&road).await;
    for fault in [
        json!({"kind": "status", "status": 503, "times": 99}),
        json!({"kind": "token", "token": "newer"}),
        json!({"kind": "error", "status": 400, "code": "OTSUnheardOf", "times": 99}),
    ] {
        behind(&road, "POST", "faults", json!([fault])).await;
        let run = drain(&road).await;
        assert_eq!((run.code, run.count("records")), (Some(1), 0), "{fault}: {run:#?}");
        let (dead, errors) = road.letters().await;
        assert_eq!((dead.len(), errors.len()), (0, 0), "{fault}");
    }
    behind(&road, "POST", "faults", json!([])).await;
    drain(&road).await.assert_settled();
    assert_whole(&road).await;
}

/// One record, invoked with credentials in the headers; the answer, and whether it is a success.
async fn invoke(
    instance: &Instance,
    road: &Road,
    id: u32,
    credentials: [&str; 3],
) -> (bool, String) {
    let names = ["x-fc-access-key-id", "x-fc-access-key-secret", "x-fc-security-token"];
    let headers: Vec<(&str, &str)> =
        names.into_iter().zip(credentials).filter(|(_, value)| !value.is_empty()).collect();
    let record = format!(
        r#"[{{"topic":"{}","partition":0,"offset":{id},"value":{{"id":{id},"n":{id}}}}}]"#,
        road.name
    );
    let answer = instance.ask("POST /invoke", &headers, &record).await;
    assert_eq!(answer.starts_with(instance::GOOD), answer.contains("x-fc-status: 200"), "{answer}");
    (answer.starts_with(instance::GOOD), answer)
}

/// A road whose options have no login, and whose table is there.
async fn road_of_a_role(what: &str) -> Road {
    let mut road = road(what).await;
    for option in ["connection.user", "connection.password"] {
        road.unset(option);
    }
    let table = json!({"name": road.name, "key": [["id", "integer"]]});
    behind(&road, "POST", "tables", table).await;
    road.with("kafka.bootstrap.servers", &services::kafka())
}

async fn only_token(road: &Road, token: &str) {
    behind(road, "POST", "faults", json!([{"kind": "token", "token": token}])).await;
}

async fn written(road: &Road) -> Vec<i64> {
    let rows = behind(road, "GET", &format!("rows/{}", road.name), Value::Null).await;
    let rows = rows.as_array().expect("a table").iter();
    let mut numbers: Vec<i64> =
        rows.map(|row| row["columns"]["n"][1].as_i64().expect("an integer")).collect();
    numbers.sort_unstable();
    numbers
}

const SECRET: &str = "sluice-secret";

/// The credentials of the function's role come with each request. A token that has expired gives its batch back, and
/// the next request's token is used at once, by the same sink.
#[tokio::test]
async fn the_credentials_of_the_role_come_with_each_request() {
    let road = road_of_a_role("role").await;
    let instance = Instance::start("tablestore", &road, &[]).await;
    assert!(instance.ask("POST /initialize", &[], "").await.starts_with(instance::GOOD));
    let (is_good, answer) = invoke(&instance, &road, 0, ["", "", ""]).await;
    assert!(!is_good && answer.contains("Sluice.Unauthorized"), "{answer}");
    assert!(answer.contains("there are no credentials"), "{answer}");

    only_token(&road, "token-one").await;
    let (is_good, answer) = invoke(&instance, &road, 1, ["sluice", SECRET, "token-one"]).await;
    assert!(is_good, "{answer}");
    only_token(&road, "token-two").await;
    let (is_good, answer) = invoke(&instance, &road, 2, ["sluice", SECRET, "token-one"]).await;
    assert!(!is_good && answer.contains("Sluice.Unauthorized"), "{answer}");
    assert_eq!(written(&road).await, [1], "it is given back");
    let (is_good, answer) = invoke(&instance, &road, 2, ["sluice", SECRET, "token-two"]).await;
    assert!(is_good, "{answer}");
    assert_eq!(written(&road).await, [1, 2]);
    let log = behind(&road, "GET", "log", Value::Null).await;
    let described = |entry: &&Value| entry["operation"] == "DescribeTable";
    let described = log.as_array().expect("a log").iter().filter(described).count();
    assert_eq!(described, 1, "the sink with what it knows stays: {log}");

    let run = instance.stop().await;
    for said in [&run.stdout, &run.stderr, &answer] {
        assert!(!said.contains(SECRET) && !said.contains("token-"), "{said}");
    }
}

/// Options win over headers, and headers over the environment; only whole credentials count.
#[tokio::test]
async fn options_win_over_headers_and_headers_over_the_environment() {
    let road = road_of_a_role("role_order").await;
    only_token(&road, "good").await;
    let environment = |token: &'static str| {
        [
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", "sluice"),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET),
            ("ALIBABA_CLOUD_SECURITY_TOKEN", token),
        ]
    };
    let instance = Instance::start("tablestore", &road, &environment("good")).await;
    for (id, credentials, expected) in [
        (1, ["", "", ""], true),
        (2, ["sluice", SECRET, "bad"], false),
        (3, ["sluice", "", "bad"], true),
    ] {
        let (is_good, answer) = invoke(&instance, &road, id, credentials).await;
        assert_eq!(is_good, expected, "{id}: {answer}");
    }
    instance.stop().await;
    let instance = Instance::start("tablestore", &road, &environment("bad")).await;
    let (is_good, answer) = invoke(&instance, &road, 4, ["sluice", SECRET, "good"]).await;
    assert!(is_good, "{answer}");
    instance.stop().await;

    let road = road.with("connection.user", "sluice").with("connection.password", SECRET);
    let road = road.with("connection.token", "good");
    let instance = Instance::start("tablestore", &road, &environment("bad")).await;
    let (is_good, answer) = invoke(&instance, &road, 5, ["sluice", SECRET, "bad"]).await;
    assert!(is_good, "{answer}");
    instance.stop().await;
    assert_eq!(written(&road).await, [1, 3, 4, 5]);
}

/// Letters in a table: while it is missing the batch is given back, and then every record is settled once.
#[tokio::test]
async fn letters_go_into_a_table() {
    let mut road = road("letter_table").await.with("max.retries", "3");
    for option in ["errors.deadletterqueue.topic.name", "errors.data.topic.name"] {
        road.unset(option);
    }
    let letters = format!("{}_letters", road.name);
    let road = road.with("errors.table.name", &letters);
    send(&road).await;
    let first = drain(&road).await;
    assert_eq!(first.code, Some(1), "{first:#?}");
    assert!(first.log.contains("create it, with a key of topic_partition"), "{}", first.log);

    let key = json!([["topic_partition", "string"], ["offset", "integer"]]);
    behind(&road, "POST", "tables", json!({"name": letters, "key": key})).await;
    let busy = json!([{
        "kind": "rows", "code": "OTSServerBusy", "every": 2, "times": 1, "after": 3, "operation": "BatchWriteRow"
    }]);
    behind(&road, "POST", "faults", busy).await;
    let run = drain(&road).await;
    run.assert_settled();
    let settled = first.count("records") + run.count("records");
    assert_eq!((settled, run.logged("lettered")), (GOOD as u64 + 2, 2), "{run:#?}");
    assert_eq!(written(&road).await, (0..GOOD).collect::<Vec<_>>());
    let rows = behind(&road, "GET", &format!("rows/{letters}"), Value::Null).await;
    let mut rows = rows.as_array().expect("a table").clone();
    rows.sort_by_key(|row| row["key"]["offset"][1].as_i64());
    let [cut, text] = &rows[..] else { panic!("two letters: {rows:?}") };
    let place = |row: &Value| row["key"]["topic_partition"][1].clone();
    assert_eq!(place(cut), format!("{}_0", road.name));
    let of = |row: &Value, column: &str| row["columns"][column][1].clone();
    assert_eq!(of(cut, "value"), "{\"id\":");
    assert_eq!(of(text, "value"), "{\"id\":-1,\"n\":\"many\"}");
    assert_eq!((of(text, "topic"), of(text, "partition")), (json!(road.name), json!(0)));
    assert_eq!((of(text, "error_column"), of(text, "error_given")), (json!("n"), json!("string")));
    let why = of(text, "error_info");
    assert!(why.as_str().is_some_and(|why| why.contains("is integer") && !why.contains("many")));
}
