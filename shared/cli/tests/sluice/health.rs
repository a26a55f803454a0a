//! The reports on a run that writes nothing: lag, readiness, and the reason in the function's log.

use krafka::consumer::PartitionAssignmentStrategy;

use crate::endpoint::{get, line_with};
use crate::process::{PATIENCE, ended, run, signal};
use crate::stage::{Stage, plain};

#[tokio::test]
async fn a_restart_that_cannot_write_shows_its_whole_lag_and_is_not_ready() {
    let stage = Stage::new(1).await;
    stage.fill(0, 100, plain).await;
    assert_eq!(run(stage.trigger(&["--once"])).await.count("records"), 100);
    let fail = |number| match number {
        0 => r#"{"do":"fail","times":1000}"#.to_owned(),
        _ => plain(number),
    };
    stage.fill(0, 150, fail).await;
    let mut child = stage.trigger(&["--metrics", "127.0.0.1:0"]).spawn().expect("it starts");
    let address = line_with(&mut child, "metrics on http://").await;
    let address =
        address.rsplit("http://").next().expect("an address").trim_end_matches("/metrics");
    let trouble = format!("{}: no batch has succeeded since the start", stage.group);
    let failing = async |_: &Stage| get(address, "/readyz").await.contains(&trouble);
    stage.until("it is not ready", failing).await;
    let text = get(address, "/metrics").await;
    for line in [
        format!(
            "sluice_lag_records{{connector=\"{}\",topic=\"{}\",partition=\"0\"}} 150",
            stage.group, stage.topic
        ),
        format!("sluice_last_success_timestamp_seconds{{connector=\"{}\"}} 0", stage.group),
    ] {
        assert!(text.lines().any(|given| given == line), "{line}\n{text}");
    }
    assert_eq!(get(address, "/healthz").await, "ok\n", "a restart would not help");
    // Records that arrive while nothing is read count too.
    stage.fill(0, 50, plain).await;
    let lag = "partition=\"0\"} 200";
    let grown = async |_: &Stage| get(address, "/metrics").await.contains(lag);
    stage.until("the lag grows", grown).await;
    signal(child.id(), "TERM");
    assert_eq!(ended(child).await.code, Some(0));
}

#[tokio::test]
async fn records_that_are_given_back_are_named_with_the_reason() {
    let stage = Stage::new(1).await;
    let give_back = |number| match number {
        4 => r#"{"do":"give-back","times":2}"#.to_owned(),
        _ => plain(number),
    };
    stage.fill(0, 10, give_back).await;
    let ended = run(stage.trigger(&["--once"])).await;
    assert_eq!((ended.code, ended.count("records")), (Some(0), 10), "{ended:?}");
    let says = "the function gave back partition 0 from offset 4: Scripted: told to give it back";
    assert!(ended.stderr.contains(says), "{ended:?}");

    let stage = Stage::new(1).await;
    stage.fill(0, 10, give_back).await;
    let ended = run(stage.trigger(&["--once", "--max-retries", "0"])).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains(&format!("(not committed): {says}")), "{ended:?}");
}

#[tokio::test]
async fn a_group_of_another_assignment_protocol_is_explained() {
    let stage = Stage::new(1).await;
    stage.fill(0, 5, plain).await;
    let other = stage
        .kafka
        .consumer(&stage.group)
        .partition_assignment_strategy(PartitionAssignmentStrategy::CooperativeSticky)
        .enable_auto_commit(false)
        .build()
        .await
        .expect("a consumer");
    other.subscribe([&stage.topic]).await.expect("subscribed");
    let start = std::time::Instant::now();
    while other.assignment().await.is_empty() {
        assert!(start.elapsed() < PATIENCE, "it does not join");
        let _ = other.poll(std::time::Duration::from_millis(200)).await.expect("polled");
    }
    let ended = run(stage.trigger(&["--once"])).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    for says in ["the assignment protocol cooperative-sticky", "or use another group"] {
        assert!(ended.stderr.contains(says), "{says}: {ended:?}");
    }
    other.close().await.expect("closed");
}
