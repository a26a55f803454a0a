//! The process that Lambda starts: what it takes from the environment, what it tells the
//! Runtime API, and what it prints.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod api;
mod by_hand;
mod function_compute;
mod invocations;
mod logging;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use api::Api;
use serde_json::Value;
use sluice_testkit::EventBuilder;

/// The function, which cargo builds beside the tests.
fn function() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let function = tests.parent().unwrap().parent().unwrap().join("examples/memory-function");
    assert!(function.exists(), "build the example the tests need: cargo test -p sluice-runtime");
    function
}

/// What Lambda sets for every function.
const FUNCTION: [(&str, &str); 5] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "f"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "s"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "g"),
];

fn start(api: &Api, environment: &[(&str, &str)]) -> Child {
    let mut command = Command::new(function());
    command.env_clear().env("AWS_LAMBDA_RUNTIME_API", api.address());
    command.envs(FUNCTION);
    command.env("ODD", OsStr::from_bytes(b"\xff")).env(OsStr::from_bytes(b"\xfe"), "odd");
    command.envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn stop(mut child: Child) -> Output {
    child.kill().unwrap();
    child.wait_with_output().unwrap()
}

fn event(value: &str) -> Vec<u8> {
    EventBuilder::msk().values("t", 0, [value]).build()
}

/// The environment holds variables that are no text in every test.
#[test]
fn invocations_are_answered_one_by_one_and_a_panic_is_one_failure() {
    let api = Api::start();
    let mut child = start(&api, &[("SLUICE_CONNECTION_PASSWORD", "s3cret")]);
    let bodies = [
        event(r#"{"amount":"1"}"#),
        event(r#"{"amount":"panic"}"#),
        event(r#"{"amount":"2"}"#),
        b"{}".to_vec(),
        event(r#"{"no_such":"3"}"#),
    ];
    let posted = api.serve(&mut child, &bodies, bodies.len());
    let output = stop(child);
    let paths: Vec<&str> = posted.iter().map(|posted| posted.path.as_str()).collect();
    let ends = ["response", "error", "response", "error", "error"];
    let expected: Vec<String> =
        ends.iter().enumerate().map(|(id, end)| format!("invocation/{id}/{end}")).collect();
    assert_eq!(paths, expected);
    assert_eq!(posted[0].body, r#"{"batchItemFailures":[]}"#);
    let told = |posted: &api::Posted| serde_json::from_str::<Value>(&posted.body).unwrap();
    assert_eq!(told(&posted[1])["errorType"], "Sluice.Panic");
    assert_eq!(told(&posted[3])["errorType"], "Sluice.NotAnEvent");
    assert_eq!(told(&posted[4])["errorType"], "Sluice.BadRecord");
    let message = told(&posted[4])["errorMessage"].as_str().unwrap().to_owned();
    assert!(message.starts_with("t-0@0: "), "{message}");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("function.rs:") && !errors.contains("scripted panic"), "{errors}");
    let log = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let starts: Vec<&Value> = lines.iter().map(|line| &line["cold_start"]).collect();
    assert_eq!(starts, [true, false, false, false, false], "one line each: {log}");
    assert!(lines.iter().all(|line| line["connector"] == "f"), "{log}");
}

#[test]
fn a_wrong_configuration_is_told_at_start_with_every_problem() {
    let api = Api::start();
    let mut child = start(
        &api,
        &[
            ("SLUICE_INSERT_MODE", "upsrt"),
            ("SLUICE_NO_SUCH", "s3cret"),
            ("SLUICE_KAFKA_SASL_PASSWORD", "s3cret"),
            ("SLUICE_ERRORS_TOLERANCE", "all"),
        ],
    );
    let posted = api.serve(&mut child, &[], 1);
    let output = child.wait_with_output().unwrap();
    assert_eq!((posted[0].path.as_str(), output.status.code()), ("init/error", Some(1)));
    let told: Value = serde_json::from_str(&posted[0].body).unwrap();
    assert_eq!(told["errorType"], "Sluice.Configuration");
    let message = told["errorMessage"].as_str().unwrap();
    let problems = [
        "unknown option SLUICE_NO_SUCH",
        "insert.mode must be one of insert, upsert, update, not `upsrt`",
        "errors.tolerance=all needs errors.deadletterqueue.topic.name",
        "kafka.sasl.password needs kafka.security.protocol",
        "connection.password is required",
    ];
    for problem in problems {
        assert!(message.contains(problem), "{problem} is missing in {message}");
    }
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(printed.contains(message) && !printed.contains("s3cret"), "{printed}");
}
