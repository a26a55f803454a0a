//! `sluice trigger` if the log does not have the committed offset of the group.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use krafka::consumer::{OffsetAndMetadata, TopicPartition};
use serde_json::{Value, json};

use crate::process::{Ended, bootstrap, ended, run, signal, sluice};
use crate::stage::{Stage, offsets, plain};

/// Commits `offset` for the group, as another tool would do.
async fn move_to(stage: &Stage, offset: i64) {
    let place = TopicPartition::new(stage.topic.as_str(), 0);
    let admin = stage.kafka.admin();
    let moved =
        admin.alter_consumer_group_offsets(&stage.group, [(place, offset)], Default::default());
    assert!(moved.await.expect("an answer").values().all(Result::is_ok));
}

/// A topic of 10 records, and a group at offset 1000.
async fn beyond() -> Stage {
    let stage = Stage::new(1).await;
    stage.fill(0, 10, plain).await;
    move_to(&stage, 1000).await;
    stage
}

async fn lag(stage: &Stage, arguments: &[&str]) -> Ended {
    let mut command: Command = sluice();
    command.arg("lag").args(["--bootstrap", &bootstrap(), "--group", &stage.group]);
    command.args(arguments);
    run(command).await
}

const BEYOND: &str = "partition 0: the group's offset 1000 is beyond the end of the log; the log \
                      holds offsets 0 to 9; ";

#[tokio::test]
async fn an_offset_beyond_the_end_is_told_and_the_starting_position_decides() {
    let stage = beyond().await;
    let told = lag(&stage, &["--fail-above", "5000"]).await;
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.stdout.contains("10 behind"), "{told:?}");
    assert!(told.stdout.contains("offset 1000 is beyond the end of the log"), "{told:?}");
    let told = lag(&stage, &["--output", "json"]).await;
    let told: Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(told["partitions"][0]["out_of_range"], json!("beyond-end"), "{told}");
    assert_eq!(told["lag"], json!(10), "{told}");

    let read = run(stage.trigger(&["--once"])).await;
    assert_eq!((read.code, read.count("records"), read.count("out_of_range")), (Some(0), 10, 1));
    assert!(read.stderr.contains(&format!("{BEYOND}reading continues at offset 0")), "{read:?}");
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 10)]));
    assert_eq!(stage.received(), BTreeMap::from([(0, offsets(10))]));
}

#[tokio::test]
async fn a_rule_that_reads_nothing_is_no_success() {
    let stage = beyond().await;
    let read = run(stage.trigger(&["--once", "--starting-position", "latest"])).await;
    assert_eq!((read.code, read.count("records")), (Some(1), 0), "{read:?}");
    assert!(read.stderr.contains(&format!("{BEYOND}reading continues at offset 10")), "{read:?}");
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 10)]));
}

#[tokio::test]
async fn a_partition_can_stop_where_its_offset_is_lost() {
    let stage = beyond().await;
    let read = run(stage.trigger(&["--once", "--on-offset-out-of-range", "stop"])).await;
    assert_eq!((read.code, read.count("records")), (Some(1), 0), "{read:?}");
    assert!(read.stderr.contains(&format!("{BEYOND}the partition stops")), "{read:?}");
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 1000)]));
}

/// There is nothing to read, and nothing of the lost records is passed over in silence.
#[tokio::test]
async fn an_offset_that_an_empty_log_does_not_have_is_told() {
    for (offset, stops, lost) in [(4, false, 6), (4, true, 6), (4000, false, 0)] {
        let stage = Stage::new(1).await;
        stage.fill(0, 10, plain).await;
        move_to(&stage, offset).await;
        let gone = [(TopicPartition::new(stage.topic.as_str(), 0), 10)];
        let deleted = stage.kafka.admin().delete_records(gone, Default::default()).await;
        assert!(deleted.expect("an answer").values().all(Result::is_ok));
        let rule = if stops { "stop" } else { "starting-position" };
        let read = run(stage.trigger(&["--once", "--on-offset-out-of-range", rule])).await;
        let counts = ["out_of_range", "lost", "records"].map(|name| read.count(name));
        assert_eq!(counts, [1, lost, 0], "{read:?}");
        assert_eq!(read.code, Some(i32::from(stops)), "{read:?}");
        let committed = if stops { offset } else { 10 };
        assert_eq!(stage.committed().await, BTreeMap::from([(0, committed)]), "{read:?}");
    }
}

#[tokio::test]
async fn an_offset_of_an_open_transaction_is_none_beyond_the_end() {
    let stage = Stage::new(1).await;
    stage.fill(0, 5, plain).await;
    let producer = stage.kafka.producer().build_transactional(&stage.topic).await;
    let producer = producer.expect("a transactional producer");
    producer.begin().expect("begun");
    let record = krafka::producer::Record::new(&stage.topic, "open").partition(0);
    let _ = producer.send(record).await.expect("sent");
    move_to(&stage, 6).await;
    let read = run(stage.trigger(&["--once"])).await;
    assert_eq!((read.code, read.count("out_of_range")), (Some(0), 0), "{read:?}");
    producer.abort().await.expect("aborted");
    producer.close().await.expect("closed");
}

/// Large records: a slow reader has only a few of them in memory.
fn large(number: i64) -> String {
    format!(r#"{{"number":{number},"pad":"{}"}}"#, "x".repeat(20_000))
}

#[tokio::test]
async fn retention_that_overtakes_a_reader_is_counted() {
    const ALL: u64 = 400;
    let stage = Stage::new(1).await;
    stage.fill(0, ALL as i64, large).await;
    let mut command = stage.trigger(&["--batch-size", "5"]);
    let child = command.env("SCRIPT_PAUSE", "100").spawn().expect("the command starts");
    stage.until("it has begun", async |stage| !stage.batches().is_empty()).await;
    let gone = [(TopicPartition::new(stage.topic.as_str(), 0), 390)];
    let deleted = stage.kafka.admin().delete_records(gone, Default::default()).await;
    assert!(deleted.expect("an answer").values().all(Result::is_ok));
    stage.until("the end", async |s| s.committed().await == [(0, 400)].into()).await;
    signal(child.id(), "TERM");
    let ended = ended(child).await;
    let (records, lost) = (ended.count("records"), ended.count("lost"));
    assert!(lost > 0 && records + lost == ALL, "{records} {lost} {ended:?}");
    assert!(ended.stderr.contains("to 389 were deleted"), "{ended:?}");
}

/// A topic of 30 records is deleted while it is read, and created again with `count` records: all
/// are read, also if there are more than before.
async fn is_read_again(count: i64, arguments: &[&str]) {
    is_read_again_after(count, arguments, |_, _| {}).await;
}

/// The same; `around` gets the process before the topic is deleted (`STOP`) and after the new one
/// is filled (`CONT`).
async fn is_read_again_after(count: i64, arguments: &[&str], around: impl Fn(u32, &str)) {
    let stage = Stage::new(1).await;
    stage.fill(0, 30, plain).await;
    let mut all = vec!["--metadata-max-age", "3s"];
    all.extend(arguments);
    let child = stage.trigger(&all).spawn().expect("the command starts");
    stage.until("it has read", async |s| s.committed().await == [(0, 30)].into()).await;
    let before = stage.received().get(&0).cloned().unwrap_or_default();
    around(child.id(), "STOP");
    stage.make_again(1).await;
    stage.fill(0, count, plain).await;
    around(child.id(), "CONT");
    let again = [before, offsets(count)].concat();
    stage.until("it reads on", async |s| s.received().get(&0) == Some(&again)).await;
    stage.until("it commits", async |s| s.committed().await == [(0, count)].into()).await;
    signal(child.id(), "TERM");
    let ended = ended(child).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("deleted and created again"), "{ended:?}");
}

#[tokio::test]
async fn a_topic_that_is_deleted_and_made_again_is_read_from_its_beginning() {
    is_read_again(10, &[]).await;
}

#[tokio::test]
async fn a_topic_made_again_may_be_longer_than_the_one_before() {
    is_read_again(50, &[]).await;
}

/// The trigger does not run meanwhile: its next fetch finds the new topic, and no fetch was late
/// before that.
#[tokio::test]
async fn a_topic_may_be_made_again_between_two_fetches() {
    is_read_again_after(50, &[], signal).await;
}

#[tokio::test]
async fn a_topic_made_again_is_new_to_a_group_that_began_at_the_end() {
    is_read_again(10, &["--starting-position", "latest"]).await;
}

/// A run with `--once` over a topic of 200 records. The topic is changed once the run has begun, and
/// the run sees nothing before the change is complete.
async fn ends_although(change: impl AsyncFn(&Stage)) -> (Stage, Ended) {
    let stage = Stage::new(2).await;
    stage.fill(0, 200, plain).await;
    let mut command = stage.trigger(&["--once", "--batch-size", "10", "--metadata-max-age", "1s"]);
    let child = command.env("SCRIPT_PAUSE", "100").spawn().expect("the command starts");
    stage.until("it has begun", async |stage| !stage.batches().is_empty()).await;
    signal(child.id(), "STOP");
    change(&stage).await;
    signal(child.id(), "CONT");
    let ended = ended(child).await;
    (stage, ended)
}

#[tokio::test]
async fn a_run_that_drains_ends_with_the_topic_that_is_made_again() {
    for count in [0, 20, 250] {
        let again = async |stage: &Stage| {
            stage.make_again(2).await;
            stage.fill(1, count, plain).await;
        };
        let (stage, ended) = ends_although(again).await;
        assert_eq!(ended.code, Some(1), "records of the deleted topic are missing: {ended:?}");
        assert!(ended.stderr.contains("deleted and created again"), "{ended:?}");
        let read = stage.received().remove(&1).unwrap_or_default();
        assert_eq!(read, offsets(count), "{ended:?}");
    }
}

#[tokio::test]
async fn a_run_that_drains_does_not_wait_for_a_deleted_topic() {
    let (_, ended) = ends_although(async |stage| stage.delete(&stage.topic).await).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("is given up: not all of its records"), "{ended:?}");
}

/// The coordinator deletes the offsets of a deleted topic; but a late commit, or a cluster that was
/// restored, can have them.
#[tokio::test]
async fn an_offset_of_another_topic_of_the_same_name_is_none() {
    let stage = Stage::new(1).await;
    stage.fill(0, 30, plain).await;
    assert_eq!(run(stage.trigger(&["--once"])).await.count("records"), 30);
    let place = TopicPartition::new(stage.topic.as_str(), 0);
    let admin = stage.kafka.admin();
    let committed = admin.list_consumer_group_offsets(&stage.group, Default::default()).await;
    let metadata = committed.expect("offsets")[&place].clone().expect("an offset").metadata;
    let metadata = metadata.expect("our own metadata");

    stage.make_again(1).await;
    stage.fill(0, 40, plain).await;
    let kafka = krafka::Kafka::builder(bootstrap()).connect().await.expect("the broker answers");
    let consumer = kafka.consumer(&stage.group).enable_auto_commit(false).build().await;
    let consumer = consumer.expect("a consumer");
    consumer.subscribe([&stage.topic]).await.expect("subscribed");
    let joined = async |_: &Stage| {
        consumer.poll(Duration::from_millis(100)).await.expect("polled");
        !consumer.assignment().await.is_empty()
    };
    stage.until("it has joined", joined).await;
    let late = OffsetAndMetadata::with_metadata(30, metadata);
    consumer.commit_offsets([(place, late)]).await.expect("committed");
    consumer.close().await.expect("closed");
    let told = lag(&stage, &[]).await;
    assert!(told.stdout.contains("40 behind"), "{told:?}");
    assert!(told.stdout.contains("belongs to a deleted topic"), "{told:?}");

    let read = run(stage.trigger(&["--once"])).await;
    assert_eq!((read.code, read.count("records")), (Some(0), 40), "{read:?}");
    assert!(read.stderr.contains("offset 30 belongs to the deleted topic"), "{read:?}");
}
