//! `sluice invoke` and `sluice send`.

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::process::{Ended, bootstrap, ended, exported, function, run, sluice};
use crate::stage::Stage;

/// An event of one record with this value.
fn event(value: &str) -> String {
    let value = base64_simd::STANDARD.encode_to_string(value);
    let record = json!({"topic": "t", "partition": 0, "offset": 3, "value": value, "headers": []});
    json!({"eventSource": "SelfManagedKafka", "records": {"t-0": [record]}}).to_string()
}

async fn typed(mut command: Command, input: &[u8]) -> Ended {
    let mut child: Child = command.stdin(Stdio::piped()).spawn().expect("the command starts");
    child.stdin.take().expect("a pipe").write_all(input).expect("it reads");
    ended(child).await
}

fn invoke(stage: &Stage) -> Command {
    let mut command = sluice();
    command.args(["invoke", "--function", &function(), "--event", "-", "--timeout", "5s"]);
    command.env("SCRIPT_DIRECTORY", &stage.directory);
    command
}

/// A script that answers `--options`, instead of a function.
fn answering(stage: &Stage, text: &str) -> String {
    let path = stage.directory.join("answering");
    let script = format!("#!/bin/sh\n[ \"$1\" = --options ] || exit 9\n{text}\n");
    fs::write(&path, script).expect("a script");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&path, executable).expect("our own file");
    path.display().to_string()
}

#[tokio::test]
async fn a_function_is_asked_for_its_options() {
    let stage = Stage::new(1).await;
    let options = json!({"connector": "c", "version": "1", "options": [
        {"name": "insert.mode", "variable": "SLUICE_INSERT_MODE", "default": "insert",
         "required": false, "secret": false, "documentation": "How rows are written."},
        {"name": "connection.password", "variable": "SLUICE_CONNECTION_PASSWORD", "default": null,
         "required": true, "secret": true, "documentation": "The password."},
    ]});
    let program = answering(&stage, &format!("echo '{options}'"));
    let shown = run({
        let mut command = sluice();
        command.args(["options", &program]);
        command
    })
    .await;
    let expected = "insert.mode (default insert)\n    SLUICE_INSERT_MODE\n    How rows are written.\n\n\
                    connection.password (required, secret)\n    SLUICE_CONNECTION_PASSWORD\n    \
                    The password.\n";
    assert_eq!((shown.code, shown.stdout.as_str()), (Some(0), expected), "{shown:?}");
    let data = run({
        let mut command = sluice();
        command.args(["options", "--json", &program]);
        command
    })
    .await;
    assert_eq!(data.code, Some(0), "{data:?}");
    let data: Value = serde_json::from_str(&data.stdout).expect("JSON and nothing else");
    assert_eq!(data, options);
}

#[tokio::test]
async fn what_does_not_know_its_options_is_named() {
    let stage = Stage::new(1).await;
    let failing = answering(&stage, "echo '{\"options\":[]}'; exit 1");
    for (program, says) in [
        (failing.as_str(), "answering does not support --options"),
        ("/bin/echo", "/bin/echo does not support --options"),
        ("/no/such/function", "cannot run /no/such/function"),
    ] {
        let ended = run({
            let mut command = sluice();
            command.args(["options", program]);
            command
        })
        .await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        assert!(ended.stderr.contains(says), "{says}: {ended:?}");
    }
}

#[tokio::test]
async fn an_answer_is_printed() {
    let stage = Stage::new(1).await;
    let ended = typed(invoke(&stage), event("{}").as_bytes()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let answer: Value = serde_json::from_str(&ended.stdout).expect("the answer and nothing else");
    assert_eq!(answer, json!({"batchItemFailures": []}));
    assert!(ended.stderr.contains(r#""message":"batch""#), "the function's log: {ended:?}");
}

#[tokio::test]
async fn a_failure_is_told_and_counts() {
    let stage = Stage::new(1).await;
    for (script, says) in [
        ("fail", "the function reported an error: "),
        ("crash", "the function crashed: exit status: 9"),
        ("hang", "the function timed out: it did not answer within 5s"),
    ] {
        let script = format!(r#"{{"do":"{script}","times":9}}"#);
        let ended = typed(invoke(&stage), event(&script).as_bytes()).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
        assert!(ended.stderr.contains(says), "{ended:?}");
    }
    let mut broken = invoke(&stage);
    broken.env("SCRIPT_INIT", "crash");
    let ended = typed(broken, b"{}").await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("the table `orders` does not exist"), "{ended:?}");
}

fn send(stage: &Stage, arguments: &[&str]) -> Command {
    let mut command = sluice();
    command.args(["send", "--bootstrap", &bootstrap(), "--topic", &stage.topic]).args(arguments);
    command
}

/// The records of the topic as the trigger writes them into its event.
async fn sent(stage: &Stage) -> Vec<Value> {
    let ended = run(stage.trigger(&["--once", "--batch-size", "10000"])).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let path = stage.directory.join("last-event.json");
    let event: Value = serde_json::from_slice(&fs::read(path).expect("an event")).expect("JSON");
    event["records"][format!("{}-0", stage.topic)].as_array().expect("a list").clone()
}

fn base64(text: &str) -> Value {
    base64_simd::STANDARD.encode_to_string(text).into()
}

#[tokio::test]
async fn a_record_arrives_byte_for_byte() {
    let stage = Stage::new(1).await;
    let arguments = ["--key", "k", "--header", "a=1", "--header", "a=\u{e9}", "--partition", "0"];
    let ended = typed(send(&stage, &arguments), b"two\nlines\n").await;
    assert_eq!((ended.code, ended.stdout.trim()), (Some(0), &*format!("{}-0@0", stage.topic)));
    let ended = run(send(&stage, &["--key", "k", "--tombstone"])).await;
    assert_eq!((ended.code, ended.stdout.trim()), (Some(0), &*format!("{}-0@1", stage.topic)));

    let records = sent(&stage).await;
    assert_eq!(records.len(), 2);
    let fields = ["topic", "partition", "offset", "key", "value", "headers"];
    let named = |record: &Value| fields.map(|field| record[field].clone());
    let topic = Value::from(stage.topic.as_str());
    let headers = json!([{"a": [49]}, {"a": [-61, -87]}]);
    let first = [topic.clone(), 0.into(), 0.into(), base64("k"), base64("two\nlines\n"), headers];
    assert_eq!(named(&records[0]), first);
    let second = [topic, 0.into(), 1.into(), base64("k"), Value::Null, json!([])];
    assert_eq!(named(&records[1]), second);
}

#[tokio::test]
async fn a_file_of_lines_arrives_in_order() {
    let stage = Stage::new(1).await;
    let file = stage.directory.join("lines");
    let lines: String = (0..20_000).map(|number| format!("k{number}:v:{number}\n")).collect();
    fs::write(&file, lines).expect("a file");
    let arguments = ["--lines", "--key-separator", ":", &file.to_string_lossy()];
    let ended = run(send(&stage, &arguments)).await;
    assert_eq!((ended.code, ended.stdout.trim()), (Some(0), "20000"), "{ended:?}");

    // The last event holds the second half.
    for (index, record) in sent(&stage).await.iter().enumerate() {
        let number = index + 10_000;
        assert_eq!(record["key"], base64(&format!("k{number}")));
        assert_eq!(record["value"], base64(&format!("v:{number}")));
    }
    assert_eq!(stage.received()[&0], crate::stage::offsets(20_000));
}

#[tokio::test]
async fn a_missing_topic_is_named_at_once() {
    let stage = Stage::new(1).await;
    let mut command = sluice();
    command.args(["send", "--bootstrap", &bootstrap(), "--topic", "no-such-topic"]);
    let started = std::time::Instant::now();
    let ended = typed(command, b"x").await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("topic no-such-topic cannot be used"), "{ended:?}");
    assert!(started.elapsed().as_secs() < 60, "no delivery timeout is waited for");
    drop(stage);
}

#[tokio::test]
async fn the_connection_options_of_the_functions_apply() {
    let stage = Stage::new(1).await;
    let send = |password: &str| {
        let mut command = sluice();
        command.args(["send", "--bootstrap", &exported("TEST_KAFKA_SASL_SSL")]);
        command.args(["--topic", &stage.topic]);
        for option in [
            "security.protocol=SASL_SSL",
            "kafka.sasl.mechanism=SCRAM-SHA-512",
            "sasl.username=sluice",
            &format!("sasl.password={password}"),
            &format!("ssl.ca.location={}", exported("TEST_KAFKA_CA")),
        ] {
            command.args(["--kafka", option]);
        }
        command
    };
    let ended = typed(send("sluice-secret"), b"{}").await;
    assert_eq!((ended.code, ended.stdout.trim()), (Some(0), &*format!("{}-0@0", stage.topic)));
    let ended = typed(send("a-wrong-one"), b"{}").await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(!ended.stderr.contains("a-wrong-one"), "{ended:?}");
}

/// The work of a command remains done if its output cannot be written; its exit code reports the
/// error.
#[tokio::test]
async fn an_output_that_cannot_be_written_is_no_panic() {
    let stage = Stage::new(1).await;
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let closed = || {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        writer
    };
    let lag = |mut command: Command| {
        command.args(["lag", "--bootstrap", &bootstrap(), "--topics", &stage.topic]);
        command.args(["--group", &stage.group]);
        command
    };
    for (make, at) in [(send(&stage, &["--key", "k"]), 0), (lag(sluice()), 1)] {
        let mut command = make;
        command.stdout(full());
        let ended = typed(command, b"{}").await;
        assert_eq!(ended.code, Some(2), "{at}: {ended:?}");
        assert!(ended.stderr.contains("cannot write to standard output"), "{at}: {ended:?}");
        assert!(!ended.stderr.contains("panicked"), "{at}: {ended:?}");
    }
    for mut command in [send(&stage, &["--key", "k"]), lag(sluice())] {
        command.stdout(closed());
        let ended = typed(command, b"{}").await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    }
    // Nobody reads the outputs, as in `2>&1 | head -1`.
    for mut command in [send(&stage, &["--key", "k"]), stage.trigger(&["--once"])] {
        command.stdout(closed()).stderr(closed());
        let ended = typed(command, b"{}").await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    assert_eq!(stage.received()[&0].len(), 3);
}
