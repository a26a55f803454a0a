//! The credentials of the function's role on Function Compute.

use serde_json::{Value, json};
use sluice_tests::pipeline::Pipeline;
use sluice_tests::services;

use super::{behind, pipeline, written};
use crate::instance::{self, Instance};

/// One record, invoked with credentials in the headers; the answer, and whether it is a success.
async fn invoke(
    instance: &Instance,
    pipeline: &Pipeline,
    id: u32,
    credentials: [&str; 3],
) -> (bool, String) {
    let names = ["x-fc-access-key-id", "x-fc-access-key-secret", "x-fc-security-token"];
    let headers: Vec<(&str, &str)> =
        names.into_iter().zip(credentials).filter(|(_, value)| !value.is_empty()).collect();
    let record = format!(
        r#"[{{"topic":"{}","partition":0,"offset":{id},"value":{{"id":{id},"n":{id}}}}}]"#,
        pipeline.name
    );
    let answer = instance.ask("POST /invoke", &headers, &record).await;
    assert_eq!(answer.starts_with(instance::GOOD), answer.contains("x-fc-status: 200"), "{answer}");
    (answer.starts_with(instance::GOOD), answer)
}

/// A pipeline whose options have no login, and whose table is there.
async fn pipeline_of_a_role(what: &str) -> Pipeline {
    let mut pipeline = pipeline(what).await;
    for option in ["connection.user", "connection.password"] {
        pipeline.unset(option);
    }
    let table = json!({"name": pipeline.name, "key": [["id", "integer"]]});
    behind(&pipeline, "POST", "tables", table).await;
    pipeline.with("kafka.bootstrap.servers", &services::kafka())
}

async fn only_token(pipeline: &Pipeline, token: &str) {
    behind(pipeline, "POST", "faults", json!([{"kind": "token", "token": token}])).await;
}

const SECRET: &str = "sluice-secret";

/// The credentials of the function's role come with each request. A token that has expired gives its batch back, and
/// the next request's token is used at once, by the same sink.
#[tokio::test]
async fn the_credentials_of_the_role_come_with_each_request() {
    let pipeline = pipeline_of_a_role("role").await;
    let instance = Instance::start("tablestore", &pipeline, &[]).await;
    assert!(instance.ask("POST /initialize", &[], "").await.starts_with(instance::GOOD));
    let (is_good, answer) = invoke(&instance, &pipeline, 0, ["", "", ""]).await;
    assert!(!is_good && answer.contains("Sluice.Unauthorized"), "{answer}");
    assert!(answer.contains("there are no credentials"), "{answer}");

    only_token(&pipeline, "token-one").await;
    let (is_good, answer) = invoke(&instance, &pipeline, 1, ["sluice", SECRET, "token-one"]).await;
    assert!(is_good, "{answer}");
    only_token(&pipeline, "token-two").await;
    let (is_good, answer) = invoke(&instance, &pipeline, 2, ["sluice", SECRET, "token-one"]).await;
    assert!(!is_good && answer.contains("Sluice.Unauthorized"), "{answer}");
    assert_eq!(written(&pipeline).await, [1], "it is given back");
    let (is_good, answer) = invoke(&instance, &pipeline, 2, ["sluice", SECRET, "token-two"]).await;
    assert!(is_good, "{answer}");
    assert_eq!(written(&pipeline).await, [1, 2]);
    let log = behind(&pipeline, "GET", "log", Value::Null).await;
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
    let pipeline = pipeline_of_a_role("role_order").await;
    only_token(&pipeline, "good").await;
    let environment = |token: &'static str| {
        [
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", "sluice"),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET),
            ("ALIBABA_CLOUD_SECURITY_TOKEN", token),
        ]
    };
    let instance = Instance::start("tablestore", &pipeline, &environment("good")).await;
    for (id, credentials, expected) in [
        (1, ["", "", ""], true),
        (2, ["sluice", SECRET, "bad"], false),
        (3, ["sluice", "", "bad"], true),
    ] {
        let (is_good, answer) = invoke(&instance, &pipeline, id, credentials).await;
        assert_eq!(is_good, expected, "{id}: {answer}");
    }
    instance.stop().await;
    let instance = Instance::start("tablestore", &pipeline, &environment("bad")).await;
    let (is_good, answer) = invoke(&instance, &pipeline, 4, ["sluice", SECRET, "good"]).await;
    assert!(is_good, "{answer}");
    instance.stop().await;

    let pipeline = pipeline.with("connection.user", "sluice").with("connection.password", SECRET);
    let pipeline = pipeline.with("connection.token", "good");
    let instance = Instance::start("tablestore", &pipeline, &environment("bad")).await;
    let (is_good, answer) = invoke(&instance, &pipeline, 5, ["sluice", SECRET, "bad"]).await;
    assert!(is_good, "{answer}");
    instance.stop().await;
    assert_eq!(written(&pipeline).await, [1, 3, 4, 5]);
}
