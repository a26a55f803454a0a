//! `sluice trigger`: members, signals and positions.

use std::collections::{BTreeMap, BTreeSet};

use krafka::consumer::TopicPartition;

use crate::endpoint::{get, line_with};
use crate::process::{Ended, ended, run, signal};
use crate::stage::{Stage, offsets, plain};

#[tokio::test]
async fn members_share_a_group_and_outlive_each_other() {
    let stage = Stage::new(4).await;
    for partition in 0..4 {
        stage.fill(partition, 400, plain).await;
    }
    let member = || {
        let mut command =
            stage.trigger(&["--once", "--batch-size", "10", "--session-timeout", "6s"]);
        command.env("SCRIPT_PAUSE", "40").spawn().expect("the command starts")
    };
    let (mut doomed, survivor) = (member(), member());
    let busy = |stage: &Stage| {
        let received = stage.received();
        received.len() == 4 && received.values().all(|list| list.len() > 20)
    };
    stage.until("every partition is served", async |stage| busy(stage)).await;
    doomed.kill().expect("killed");
    doomed.wait().expect("gone");
    let ended = ended(survivor).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for (partition, list) in stage.received() {
        let distinct: BTreeSet<i64> = list.iter().copied().collect();
        assert_eq!(
            distinct.into_iter().collect::<Vec<_>>(),
            offsets(400),
            "{partition}: {ended:?}"
        );
        // At most the batch that was in flight when the member was killed is delivered again.
        let doubles = 20 * (1 + ended.times_taken_for_dead());
        assert!(list.len() <= 400 + doubles, "{partition}: {} {ended:?}", list.len());
    }
    assert_eq!(stage.committed().await, BTreeMap::from([0, 1, 2, 3].map(|p| (p, 400))));
}

#[tokio::test]
async fn a_partition_is_handed_over_without_a_record_seen_twice() {
    let stage = Stage::new(4).await;
    for partition in 0..4 {
        stage.fill(partition, 300, plain).await;
    }
    let member = || {
        let mut command = stage.trigger(&["--once", "--batch-size", "10"]);
        command.env("SCRIPT_PAUSE", "100").spawn().expect("the command starts")
    };
    let first = member();
    stage.until("the first works", async |stage| stage.batches().len() > 4).await;
    let second = member();
    let (first, second) = tokio::join!(ended(first), ended(second));
    assert_eq!((first.code, second.code), (Some(0), Some(0)), "{first:?} {second:?}");
    assert!(second.count("records") > 0, "{second:?}");
    let doubles = 20 * (first.times_taken_for_dead() + second.times_taken_for_dead());
    for (partition, list) in stage.received() {
        let distinct: BTreeSet<i64> = list.iter().copied().collect();
        assert_eq!(distinct.into_iter().collect::<Vec<_>>(), offsets(300), "{partition}");
        assert!(list.len() <= 300 + doubles, "{partition}: {} {first:?} {second:?}", list.len());
    }
}

#[tokio::test]
async fn a_signal_finishes_and_commits_what_is_in_flight() {
    let stage = Stage::new(2).await;
    stage.fill(0, 500, plain).await;
    stage.fill(1, 500, plain).await;
    let mut command = stage.trigger(&["--batch-size", "10"]);
    let child = command.env("SCRIPT_PAUSE", "50").spawn().expect("the command starts");
    stage.until("some batches", async |stage| stage.batches().len() > 3).await;
    signal(child.id(), "INT");
    let first = ended(child).await;
    assert_eq!(first.code, Some(0), "{first:?}");
    let received = stage.received();
    let reached = received.iter().map(|(p, list)| (*p, list.len() as i64)).collect();
    assert_eq!(stage.committed().await, reached, "{first:?}");
    assert!(first.count("records") < 1000, "{first:?}");

    let rest = run(stage.trigger(&["--once"])).await;
    assert_eq!(rest.count("records"), 1000 - first.count("records"), "{rest:?}");
    assert_eq!(stage.received(), BTreeMap::from([(0, offsets(500)), (1, offsets(500))]));
}

#[tokio::test]
async fn a_signal_does_not_wait_for_a_function_that_does_not_come_up() {
    let stage = Stage::new(1).await;
    stage.fill(0, 10, plain).await;
    let mut command = stage.trigger(&["--timeout", "10m", "--metrics", "127.0.0.1:0"]);
    let mut child = command.env("SCRIPT_INIT", "hang").spawn().expect("the command starts");
    let address = line_with(&mut child, "metrics on http://").await;
    let address =
        address.rsplit("http://").next().expect("an address").trim_end_matches("/metrics");
    let lag = format!("sluice_lag_records{{connector=\"{}\"", stage.group);
    stage.until("it reads", async |_| get(address, "/metrics").await.contains(&lag)).await;
    let text = get(address, "/metrics").await;
    for name in ["sluice_connector_up", "sluice_invocations_in_flight"] {
        let line = format!("{name}{{connector=\"{}\"}} 0", stage.group);
        assert!(text.lines().any(|given| given == line), "{line}\n{text}");
    }
    signal(child.id(), "TERM");
    let ended = ended(child).await;
    assert_eq!((ended.code, ended.count("records")), (Some(0), 0), "{ended:?}");
    assert!(stage.committed().await.is_empty());
}

#[tokio::test]
async fn a_second_signal_ends_at_once() {
    let stage = Stage::new(1).await;
    stage.fill(0, 1, |_| r#"{"do":"hang","times":9}"#.into()).await;
    let child = stage.trigger(&[]).spawn().expect("the command starts");
    let started = |stage: &Stage| stage.directory.join(format!("{}-0@0.times", stage.topic));
    stage.until("the function hangs", async |stage| started(stage).exists()).await;
    // Two of the same signal may arrive as one.
    signal(child.id(), "INT");
    signal(child.id(), "TERM");
    let ended = ended(child).await;
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert_eq!(stage.committed().await, BTreeMap::new());
}

#[tokio::test]
async fn a_group_may_start_at_the_end() {
    let stage = Stage::new(1).await;
    stage.fill(0, 10, plain).await;
    let child = stage.trigger(&["--starting-position", "latest"]).spawn();
    let child = child.expect("the command starts");
    stage
        .until("the group has a position", async |s| s.committed().await == [(0, 10)].into())
        .await;
    stage.fill(0, 5, plain).await;
    stage.until("the new records", async |s| s.committed().await == [(0, 15)].into()).await;
    signal(child.id(), "TERM");
    let ended = ended(child).await;
    assert_eq!((ended.code, ended.count("records")), (Some(0), 5), "{ended:?}");
    assert_eq!(stage.received(), BTreeMap::from([(0, (10..15).collect::<Vec<_>>())]));
}

#[tokio::test]
async fn a_group_whose_offset_is_gone_goes_on_at_the_oldest_record() {
    let stage = Stage::new(1).await;
    stage.fill(0, 10, plain).await;
    let first = run(stage.trigger(&["--once"])).await;
    assert_eq!((first.code, first.count("records")), (Some(0), 10), "{first:?}");
    stage.fill(0, 20, plain).await;
    let gone = [(TopicPartition::new(stage.topic.as_str(), 0), 15)];
    let deleted = stage.kafka.admin().delete_records(gone, Default::default()).await;
    assert!(deleted.expect("an answer").values().all(Result::is_ok));
    // The group has committed an offset, so the starting position does not apply.
    let second = run(stage.trigger(&["--once", "--starting-position", "latest"])).await;
    assert_eq!((second.code, second.count("records")), (Some(0), 15), "{second:?}");
    let gone = format!("{} partition 0: offsets 10 to 14 were deleted", stage.topic);
    assert!(second.stderr.contains(&gone), "{second:?}");
}

/// Members are killed, stopped and added while records are written: nothing is lost, and only the records in flight of
/// the killed member are delivered twice, and of a member that says that it was taken for dead, as on a slow machine.
#[tokio::test]
async fn members_come_and_go_under_load() {
    const BATCH: usize = 10;
    let stage = Stage::new(6).await;
    let member = || {
        let mut command = stage.trigger(&["--batch-size", "10", "--session-timeout", "6s"]);
        command.env("SCRIPT_PAUSE", "30").spawn().expect("the command starts")
    };
    let load = async {
        for _ in 0..10 {
            for partition in 0..6 {
                stage.fill(partition, 40, plain).await;
            }
        }
    };
    let reached = |count: usize| {
        let stage = &stage;
        async move {
            let received = async |s: &Stage| s.received().values().map(Vec::len).sum::<usize>();
            stage.until("the group goes on", async |s| received(s).await >= count).await;
        }
    };
    let churn = async {
        let (first, mut killed) = (member(), member());
        reached(200).await;
        let stopped = member();
        reached(500).await;
        killed.kill().expect("killed");
        killed.wait().expect("gone");
        reached(900).await;
        signal(stopped.id(), "TERM");
        let added = member();
        reached(1500).await;
        (first, stopped, added)
    };
    let ((), (first, stopped, added)) = tokio::join!(load, churn);
    let all: BTreeMap<i32, i64> = (0..6).map(|partition| (partition, 400)).collect();
    stage.until("everything is committed", async |s| s.committed().await == all).await;
    signal(first.id(), "TERM");
    signal(added.id(), "TERM");
    let (first, stopped, added) = tokio::join!(ended(first), ended(stopped), ended(added));
    let told = [&first, &stopped, &added].map(|member| (member.code, &member.stderr));
    assert!(told.iter().all(|(code, _)| *code == Some(0)), "{told:?}");

    let mut twice = 0;
    for (partition, list) in stage.received() {
        let distinct: BTreeSet<i64> = list.iter().copied().collect();
        assert_eq!(distinct.into_iter().collect::<Vec<_>>(), offsets(400), "{partition}: {told:?}");
        twice += list.len() - 400;
    }
    let taken_for_dead = [&first, &stopped, &added].map(Ended::times_taken_for_dead);
    let deaths = 1 + taken_for_dead.iter().sum::<usize>();
    // Such a member had one invocation in flight, and a commit that was not confirmed yet.
    assert!(twice <= 2 * BATCH * deaths, "{twice} came twice: {told:?}");
}
