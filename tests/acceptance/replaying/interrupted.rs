//! Replays that end early, and two at once: nothing is lost, and little is sent twice.

use std::collections::HashSet;
use std::process::Stdio;

use krafka::producer::Record;
use serde_json::Value;
use sluice_tests::pipeline::Pipeline;
use sluice_tests::run::Running;
use sluice_tests::services;
use sluice_tests::signal::signal;

use super::{COLUMNS, command, replay_from, told};

/// As Kafka Connect writes it; what it is about spreads over as many partitions as the pipeline has.
fn letter(pipeline: &Pipeline, number: u64) -> Record {
    Record::new(&pipeline.dead, format!(r#"{{"id":{number}}}"#))
        .header("__connect.errors.topic", pipeline.name.clone())
        .header("__connect.errors.partition", (number % 3).to_string())
        .header("__connect.errors.offset", (number / 3).to_string())
}

#[tokio::test]
async fn a_replay_that_is_killed_goes_on_and_doubles_only_what_was_under_way() {
    const LETTERS: u64 = 60_000;
    let pipeline = Pipeline::new("killed", 3, COLUMNS).await;
    pipeline.send_to(&pipeline.dead, (0..LETTERS).map(|number| letter(&pipeline, number))).await;
    let mut kills = 0;
    let mut sent = 0;
    for part in 1..=3 {
        let running = Running::start(command(&pipeline, &pipeline.dead, &["--execute"]), None);
        services::until("a part is sent", async || {
            sent = pipeline.count(&pipeline.name).await;
            sent as u64 >= part * LETTERS / 10
        })
        .await;
        running.kill().await;
        kills += 1;
    }
    assert!((sent as u64) < LETTERS, "it was killed before its end");
    let run = replay_from(&pipeline, &pipeline.dead, &["--execute"]).await;
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.count("done_before") > 0, "{run:#?}");
    let run = replay_from(&pipeline, &pipeline.dead, &["--execute"]).await;
    assert_eq!(told(&run, ["replayed", "done_before"]), (Some(0), [0, LETTERS]));
    let records = pipeline.read(&pipeline.name).await;
    let values: HashSet<_> = records.iter().map(|r| r.value.clone()).collect();
    assert_eq!(values.len() as u64, LETTERS, "nothing is lost");
    let doubled = records.len() - values.len();
    assert!(doubled <= kills * 1_000, "{doubled} letters doubled by {kills} kills");
}

#[tokio::test]
async fn the_same_replay_at_the_same_time_is_noticed() {
    let pipeline = Pipeline::new("beside", 1, COLUMNS).await;
    pipeline.send_to(&pipeline.dead, (0..60_000).map(|number| letter(&pipeline, number))).await;
    let [first, second] =
        [0, 1].map(|_| Running::start(command(&pipeline, &pipeline.dead, &["--execute"]), None));
    let (first, second) = (first.ended().await, second.ended().await);
    let (done, refused) = if first.code == Some(0) { (first, second) } else { (second, first) };
    assert_eq!((done.code, refused.code), (Some(0), Some(2)), "{done:#?} {refused:#?}");
    assert!(refused.stderr.contains("the same replay runs at the same time"), "{refused:#?}");
    let sent = pipeline.count(&pipeline.name).await;
    assert!((60_000..=63_000).contains(&sent), "{sent}");
}

#[tokio::test]
async fn a_signal_ends_it_between_letters() {
    let pipeline = Pipeline::new("stopped", 1, COLUMNS).await;
    pipeline.send_to(&pipeline.dead, (0..60_000).map(|number| letter(&pipeline, number))).await;
    let mut child = command(&pipeline, &pipeline.dead, &["--execute"]);
    child.stdout(Stdio::piped());
    let child = child.kill_on_drop(true).spawn().expect("the command starts");
    services::until("some are sent", async || pipeline.count(&pipeline.name).await > 0).await;
    signal(child.id().expect("it runs"), "INT");
    let ended = child.wait_with_output().await.expect("it ends");
    assert_eq!(ended.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&ended.stdout).expect("a report");
    assert_eq!(report["interrupted"], true);
    assert_eq!(
        report["replayed"],
        pipeline.count(&pipeline.name).await,
        "what it says is in the topic"
    );
    let run = replay_from(&pipeline, &pipeline.dead, &["--execute"]).await;
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(pipeline.count(&pipeline.name).await, 60_000, "and nothing twice");
}
