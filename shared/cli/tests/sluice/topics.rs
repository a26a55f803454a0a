//! `sluice trigger` while topics are created, deleted, and get partitions.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use krafka::producer::Record;

use crate::endpoint::{get, line_with};
use crate::process::{bootstrap, ended, function, run, signal, sluice};
use crate::stage::{Stage, offsets, plain};

const OFTEN: [&str; 2] = ["--metadata-max-age", "500ms"];

async fn send(stage: &Stage, topic: &str, count: i64) {
    let producer = stage.kafka.producer().build().await.expect("a producer");
    for number in 0..count {
        let record = Record::new(topic, plain(number)).partition(0);
        let _ = producer.send(record).await.expect("written");
    }
    producer.close().await.expect("closed");
}

#[tokio::test]
async fn partitions_that_are_added_are_read_without_a_restart() {
    let stage = Stage::new(2).await;
    stage.fill(0, 20, plain).await;
    // All records of a new partition are new records.
    let latest = ["--starting-position", "latest"];
    let child = stage.trigger(&[&OFTEN[..], &latest].concat()).spawn().expect("it starts");
    stage.until("it has begun", async |s| s.committed().await.get(&0) == Some(&20)).await;
    stage.grow(4).await;
    stage.fill(3, 15, plain).await;
    stage.until("it reads on", async |s| s.committed().await.get(&3) == Some(&15)).await;
    stage.fill(0, 5, plain).await;
    stage.until("and the others", async |s| s.committed().await.get(&0) == Some(&25)).await;
    signal(child.id(), "TERM");
    let ended = ended(child).await;
    assert_eq!((ended.code, ended.count("records")), (Some(0), 20), "{ended:?}");
    assert!(ended.stderr.contains("now has 4 partitions instead of 2"), "{ended:?}");
    assert_eq!(stage.received(), BTreeMap::from([(0, (20..25).collect()), (3, offsets(15))]));
}

#[tokio::test]
async fn a_group_of_several_spreads_partitions_that_are_added() {
    let stage = Stage::new(2).await;
    let member = || stage.trigger(&OFTEN).spawn().expect("the command starts");
    let members = [member(), member(), member()];
    stage.fill(0, 5, plain).await;
    stage.until("they have begun", async |s| s.committed().await.get(&0) == Some(&5)).await;
    stage.grow(6).await;
    for partition in 2..6 {
        stage.fill(partition, 10, plain).await;
    }
    let all: Vec<i32> = (2..6).collect();
    stage
        .until("all are read", async |s| {
            let committed = s.committed().await;
            all.iter().all(|partition| committed.get(partition) == Some(&10))
        })
        .await;
    for member in &members {
        signal(member.id(), "TERM");
    }
    let (mut rebalances, mut doubles) = (Vec::new(), 0);
    for member in members {
        let ended = ended(member).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        doubles += 20 * ended.times_taken_for_dead();
        rebalances.push(ended.stderr);
    }
    for (partition, list) in stage.received() {
        let distinct: BTreeSet<i64> = list.iter().copied().collect();
        assert!(list.len() <= distinct.len() + doubles, "{partition} came twice: {rebalances:?}");
    }
}

#[tokio::test]
async fn a_topic_that_is_missing_is_waited_for_and_one_that_vanishes_ends_nothing() {
    let stage = Stage::new(1).await;
    let later = format!("{}-later", stage.topic);
    let vanishing = stage.another("vanishing", 1).await;
    let topics = format!("{},{later},{vanishing}", stage.topic);
    let mut command = sluice();
    command
        .args(["trigger", "--summary", "json", "--function", &function(), "--bootstrap"])
        .args([&bootstrap(), "--group", &stage.group, "--topics", &topics, "--metrics"])
        .arg("127.0.0.1:0")
        .args(OFTEN)
        .env("SCRIPT_DIRECTORY", &stage.directory);
    let mut child = command.spawn().expect("the command starts");
    let address = line_with(&mut child, "metrics on http://").await;
    let address =
        address.rsplit("http://").next().expect("an address").trim_end_matches("/metrics");
    stage.fill(0, 10, plain).await;
    send(&stage, &vanishing, 10).await;
    stage.until("it reads", async |s| s.committed().await == [(0, 10)].into()).await;
    let read = async |s: &Stage| s.batches().iter().any(|b| b.to_string().contains(&vanishing));
    stage.until("it reads the other one", read).await;
    let missing = format!("sluice_topics_missing{{connector=\"{}\"}}", stage.group);
    assert!(get(address, "/metrics").await.contains(&format!("{missing} 1")));

    stage.delete(&vanishing).await;
    let told = async |_: &Stage| get(address, "/metrics").await.contains(&format!("{missing} 2"));
    stage.until("it misses another", told).await;
    stage.fill(0, 10, plain).await;
    stage.until("it goes on", async |s| s.committed().await == [(0, 20)].into()).await;

    stage.another("later", 1).await;
    send(&stage, &later, 7).await;
    let all = async |s: &Stage| s.batches().iter().any(|b| b.to_string().contains(&later));
    stage.until("the later one is read", all).await;
    signal(child.id(), "TERM");
    let ended = ended(child).await;
    assert_eq!((ended.code, ended.count("records")), (Some(0), 37), "{ended:?}");
    for says in [
        format!("topic {later} cannot be read: it does not exist; waiting for it"),
        format!("topic {vanishing} cannot be read any more"),
        format!("topic {later} now exists, with 1 partitions"),
    ] {
        assert!(ended.stderr.contains(&says), "{says}: {ended:?}");
    }
}

fn matching(stage: &Stage, pattern: &str, arguments: &[&str]) -> Command {
    let mut command = sluice();
    command
        .args(["trigger", "--summary", "json", "--function", &function(), "--bootstrap"])
        .args([&bootstrap(), "--group", &stage.group, "--topics-regex", pattern])
        .args(arguments)
        .env("SCRIPT_DIRECTORY", &stage.directory);
    command
}

#[tokio::test]
async fn a_pattern_takes_topics_that_are_there_and_that_come_and_no_letters() {
    let stage = Stage::new(1).await;
    let (dead, failed) = (stage.another("dead", 1).await, stage.another("failed", 1).await);
    let pattern = format!("{}.*", stage.topic);
    let on_failure = format!("kafka://{failed}");
    let arguments = [&OFTEN[..], &["--on-failure", &on_failure]].concat();
    let mut command = matching(&stage, &pattern, &arguments);
    command.env("SLUICE_ERRORS_DEADLETTERQUEUE_TOPIC_NAME", &dead);
    let child = command.spawn().expect("the command starts");
    for own in [&dead, &failed] {
        send(&stage, own, 3).await;
    }
    stage.fill(0, 10, plain).await;
    stage.until("it reads", async |s| s.committed().await == [(0, 10)].into()).await;
    let later = stage.another("later", 1).await;
    send(&stage, &later, 4).await;
    let noted = async |s: &Stage| s.batches().iter().any(|b| b.to_string().contains(&later));
    stage.until("the later one is read", noted).await;
    signal(child.id(), "TERM");
    let ended = ended(child).await;
    assert_eq!((ended.code, ended.count("records")), (Some(0), 14), "{ended:?}");
    assert!(ended.stderr.contains(&format!("topic {later} now exists")), "{ended:?}");
}

#[tokio::test]
async fn a_drain_by_a_pattern_ends_and_one_that_matches_nothing_says_so() {
    let stage = Stage::new(1).await;
    stage.fill(0, 10, plain).await;
    let drained = run(matching(&stage, &stage.topic, &["--once"])).await;
    assert_eq!((drained.code, drained.count("records")), (Some(0), 10), "{drained:?}");
    let nothing = run(matching(&stage, &format!("no-{}", stage.topic), &["--once"])).await;
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
    assert!(nothing.stderr.contains("no topic matches no-trigger-"), "{nothing:?}");
    let wrong = run(matching(&stage, "a(", &[])).await;
    assert!(wrong.stderr.contains("--topics-regex is not a regular expression"), "{wrong:?}");
}
