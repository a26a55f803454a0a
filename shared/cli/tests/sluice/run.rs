//! `sluice run`: connectors of a file, side by side.

use std::collections::BTreeMap;
use std::process::Command;

use crate::endpoint::{get, line_with};
use crate::process::{bootstrap, ended, function, run, signal, sluice};
use crate::stage::{Stage, offsets, plain};

/// A file with a connector that works, one whose function never starts, and one that waits for its
/// topic.
fn file(stage: &Stage) -> String {
    let (bootstrap, function, topic, group) = (bootstrap(), function(), &stage.topic, &stage.group);
    format!(
        r#"metrics = "127.0.0.1:0"
[defaults]
function = "{function}"
bootstrap = "{bootstrap}"
batch-window = "50ms"
[connectors.works]
topics = ["{topic}"]
group = "{group}"
batch-size = 10
[connectors.broken]
function = "/bin/false"
topics = ["{topic}"]
group = "{group}-broken"
[connectors.lost]
topics = ["no-such-topic"]
group = "{group}-lost"
"#
    )
}

fn command(stage: &Stage, text: &str, arguments: &[&str]) -> Command {
    let path = stage.directory.join("connectors.toml");
    std::fs::write(&path, text).expect("a file");
    let mut command = sluice();
    command.arg("run").arg(path).args(arguments).env("SCRIPT_DIRECTORY", &stage.directory);
    command
}

#[tokio::test]
async fn one_that_fails_leaves_the_others_alone() {
    let stage = Stage::new(2).await;
    let crash = |number| {
        if number == 15 { r#"{"do":"crash","times":2}"#.to_owned() } else { plain(number) }
    };
    stage.fill(0, 100, crash).await;
    stage.fill(1, 100, plain).await;
    let mut child = command(&stage, &file(&stage), &[]).spawn().expect("the command starts");
    let address = line_with(&mut child, "metrics on http://").await;
    let address =
        address.rsplit("http://").next().expect("an address").trim_end_matches("/metrics");
    let done = BTreeMap::from([(0, 100), (1, 100)]);
    stage.until("the one that works is done", async |s| s.committed().await == done).await;
    stage
        .until("the broken one was started again", async |_| {
            let text = get(address, "/metrics").await;
            let again = |name: &str| {
                let line = format!(r#"sluice_connector_restarts_total{{connector="{name}"}} "#);
                let count = text.lines().find_map(|given| given.strip_prefix(&line)?.parse().ok());
                count.is_some_and(|count: u64| count > 0)
            };
            again("broken")
        })
        .await;
    let text = get(address, "/metrics").await;
    assert!(text.contains(r#"sluice_function_restarts_total{connector="works"} 2"#), "{text}");
    assert!(text.contains(r#"sluice_connector_restarts_total{connector="works"} 0"#), "{text}");
    assert!(text.contains(r#"sluice_connector_restarts_total{connector="lost"} 0"#), "{text}");
    assert!(text.contains(r#"sluice_topics_missing{connector="lost"} 1"#), "{text}");

    signal(child.id(), "HUP");
    signal(child.id(), "TERM");
    let ended = ended(child).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for says in [
        "works: {\"",
        "works: batch of",
        "sluice: works: stopped: {",
        "sluice: broken: the function did not start",
        "sluice: broken: starts again in ",
        "sluice: lost: topic no-such-topic cannot be read: it does not exist; waiting for it",
    ] {
        assert!(ended.stderr.contains(says), "{says}: {ended:?}");
    }
    assert_eq!(stage.received(), BTreeMap::from([(0, offsets(100)), (1, offsets(100))]));
}

#[tokio::test]
async fn a_signal_drains_every_connector_within_the_time() {
    let stage = Stage::new(2).await;
    stage.fill(0, 500, plain).await;
    let text = file(&stage);
    let text = text.split("[connectors.broken]").next().expect("a head");
    let mut slow = command(&stage, text, &[]);
    let child = slow.env("SCRIPT_PAUSE", "200").spawn().expect("the command starts");
    stage.until("some batches", async |stage| stage.batches().len() > 2).await;
    signal(child.id(), "TERM");
    let drained = ended(child).await;
    assert_eq!(drained.code, Some(0), "{drained:?}");
    let received = stage.received()[&0].len() as i64;
    assert!(received < 500, "{drained:?}");
    assert_eq!(stage.committed().await.get(&0), Some(&received), "{drained:?}");

    stage.fill(1, 1, |_| r#"{"do":"hang","times":9}"#.into()).await;
    let text = format!("drain-timeout = \"1s\"\n{text}");
    let child = command(&stage, &text, &[]).spawn().expect("the command starts");
    let hangs = stage.directory.join(format!("{}-1@0.times", stage.topic));
    stage.until("the function hangs", async |_| hangs.exists()).await;
    signal(child.id(), "TERM");
    let cut = ended(child).await;
    assert_eq!(cut.code, Some(130), "{cut:?}");
    assert!(cut.stderr.contains("the drain-timeout is over"), "{cut:?}");
    assert_eq!(stage.committed().await.get(&1).copied().unwrap_or(0), 0);
}

#[tokio::test]
async fn a_file_is_checked_without_a_broker() {
    let stage = Stage::new(1).await;
    let right = run(command(&stage, &file(&stage), &["--check"])).await;
    assert_eq!(right.code, Some(0), "{right:?}");
    assert!(right.stdout.contains("3 connectors, no problem"), "{right:?}");
    assert!(
        right.stderr.contains("/bin/false does not support --check-configuration"),
        "{right:?}"
    );
    let wrong = file(&stage)
        .replace("batch-size = 10", "batch-size = 0")
        .replace("topics = [\"no", "topic = [\"no");
    let wrong = run(command(&stage, &wrong, &["--check"])).await;
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    for says in [
        "connectors.toml:9:14: batch-size must be",
        "connectors.toml:15:1: there is no setting topic; did you mean topics?",
        "topics is missing",
    ] {
        assert!(wrong.stderr.contains(says), "{says}: {wrong:?}");
    }
}

/// The function checks its own options, if it supports that.
#[tokio::test]
async fn a_check_asks_the_functions() {
    let stage = Stage::new(1).await;
    let script = stage.directory.join("function");
    let text = r#"#!/bin/sh
[ "$1" = --check-configuration ] || exit 9
[ "$SLUICE_INSERT_MODE" = insert ] || { echo "insert.mode is odd"; echo "configuration: 1 problem"; exit 1; }
echo "not checked: connection.url"
echo "configuration: no problem"
"#;
    std::fs::write(&script, text).expect("a script");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, executable).expect("our own file");
    let file = |mode: &str, dead: &str| {
        format!(
            "[connectors.asked]\nfunction = \"{}\"\nbootstrap = \"b:1\"\ntopics = [\"orders\"]\n\
             group = \"g\"\n[connectors.asked.options]\n\"insert.mode\" = \"{mode}\"\n\
             \"errors.deadletterqueue.topic.name\" = \"{dead}\"\n",
            script.display()
        )
    };
    let right = run(command(&stage, &file("insert", "dead"), &["--check"])).await;
    assert_eq!(right.code, Some(0), "{right:?}");
    assert!(right.stdout.contains("1 connector, no problem"), "{right:?}");
    assert!(right.stderr.contains("asked: connection.url"), "{right:?}");
    let wrong = run(command(&stage, &file("upsrt", "dead"), &["--check"])).await;
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""), "{wrong:?}");
    assert!(wrong.stderr.contains("connectors.toml:7:17: asked: insert.mode is odd"), "{wrong:?}");
    // The function would read its own letters.
    let circle = run(command(&stage, &file("insert", "orders"), &["--check"])).await;
    assert_eq!(circle.code, Some(2), "{circle:?}");
    assert!(circle.stderr.contains("connectors.toml:4:10: topics includes orders"), "{circle:?}");
}
