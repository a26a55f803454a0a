//! `sluice trigger`: the outcomes of batches.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use krafka::producer::Record;

use crate::process::{ended, run, signal};
use crate::stage::{Stage, offsets, plain};

/// Plain values, except record `at`, which has a script.
fn scripted(at: i64, script: &'static str) -> impl Fn(i64) -> String {
    move |number| if number == at { script.to_owned() } else { plain(number) }
}

#[tokio::test]
async fn a_topic_is_drained_exactly_and_committed() {
    let stage = Stage::new(3).await;
    for partition in 0..3 {
        stage.fill(partition, 1000, plain).await;
    }
    let ended = run(stage.trigger(&["--once", "--batch-size", "150"])).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(stage.received(), BTreeMap::from([0, 1, 2].map(|p| (p, offsets(1000)))));
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 1000), (1, 1000), (2, 1000)]));
    assert!(stage.batches().iter().all(|b| b["received"].as_array().map(Vec::len) <= Some(150)));
    assert_eq!(ended.count("records"), 3000);
    assert_eq!(ended.count("written"), 3000);
    let batches = stage.batches().len() as u64;
    assert_eq!(ended.count("batches"), batches);
    assert_eq!(ended.count("lettered"), batches);
    assert_eq!(ended.count("filtered"), 2 * batches);

    let again = run(stage.trigger(&["--once"])).await;
    assert_eq!((again.code, again.count("records")), (Some(0), 0), "{again:?}");
}

#[tokio::test]
async fn partitions_are_spread_over_processes() {
    let stage = Stage::new(4).await;
    for partition in 0..4 {
        stage.fill(partition, 300, plain).await;
    }
    let mut command = stage.trigger(&["--once", "--concurrency", "4"]);
    let ended = run({
        command.env("SCRIPT_PAUSE", "300");
        command
    })
    .await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(stage.received(), BTreeMap::from([0, 1, 2, 3].map(|p| (p, offsets(300)))));
    let files = std::fs::read_dir(&stage.directory).expect("our directory");
    let processes: BTreeSet<String> = files
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".batch")?.split_once('-')?.1.to_owned()))
        .collect();
    assert_eq!(processes.len(), 4, "{processes:?}");
}

/// Reads a topic whose record 40 has `script`, in batches of 25, and checks that its whole batch
/// was sent again and everything else once.
async fn is_retried(script: &'static str, retries: u64, arguments: &[&str], says: &str) {
    let stage = Stage::new(1).await;
    stage.fill(0, 100, scripted(40, script)).await;
    let mut all = vec!["--once", "--batch-size", "25"];
    all.extend(arguments);
    let ended = run(stage.trigger(&all)).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(stage.received(), BTreeMap::from([(0, offsets(100))]), "{ended:?}");
    assert_eq!(ended.count("retries"), retries, "{ended:?}");
    assert_eq!(ended.count("batches"), 4, "{ended:?}");
    assert!(ended.stderr.contains(says), "{ended:?}");
    assert!(ended.stderr.contains("partition 0 offsets 25 to 49 failed"), "{ended:?}");
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 100)]));
}

#[tokio::test]
async fn a_batch_that_fails_is_sent_again_whole() {
    is_retried(r#"{"do":"fail","times":2}"#, 2, &[], "told to fail").await;
}

#[tokio::test]
async fn a_function_that_crashes_is_started_again() {
    is_retried(r#"{"do":"crash","times":2}"#, 2, &[], "the function crashed: exit status: 9").await;
}

#[tokio::test]
async fn a_function_that_hangs_is_killed() {
    let arguments = ["--timeout", "1s"];
    is_retried(r#"{"do":"hang","times":1}"#, 1, &arguments, "it did not answer within 1s").await;
}

#[tokio::test]
async fn item_failures_settle_what_lies_before_them() {
    let stage = Stage::new(2).await;
    stage.fill(0, 100, scripted(40, r#"{"do":"give-back","times":2}"#)).await;
    stage.fill(1, 10, plain).await;
    let arguments = ["--once", "--batch-size", "200"];
    let ended = run(stage.trigger(&arguments)).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let twice = [offsets(100), (40..100).collect(), (40..100).collect()].concat();
    assert_eq!(stage.received(), BTreeMap::from([(0, twice), (1, offsets(10))]), "{ended:?}");
    assert_eq!((ended.count("records"), ended.count("retries")), (110, 2), "{ended:?}");
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 100), (1, 10)]));
}

#[tokio::test]
async fn item_failures_are_success_only_where_that_is_asked_for() {
    let stage = Stage::new(1).await;
    stage.fill(0, 10, scripted(4, r#"{"do":"give-back","times":1}"#)).await;
    let ended = run(stage.trigger(&["--once", "--report-batch-item-failures=false"])).await;
    assert_eq!((ended.code, ended.count("records"), ended.count("retries")), (Some(0), 10, 0));
    assert!(ended.stderr.contains("--report-batch-item-failures"), "{ended:?}");
}

#[tokio::test]
async fn draining_leaves_what_it_gives_up_uncommitted() {
    let stage = Stage::new(2).await;
    stage.fill(0, 100, scripted(40, r#"{"do":"fail","times":3}"#)).await;
    stage.fill(1, 60, plain).await;
    let arguments = ["--once", "--batch-size", "20", "--max-retries", "2"];
    let ended = run(stage.trigger(&arguments)).await;
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!((ended.count("given_up"), ended.count("retries")), (20, 2), "{ended:?}");
    assert!(ended.stderr.contains("partition 0 offsets 40 to 59 (not committed)"), "{ended:?}");
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 40), (1, 60)]), "{ended:?}");

    let next = run(stage.trigger(&["--once"])).await;
    assert_eq!((next.code, next.count("records")), (Some(0), 60), "{next:?}");
    assert_eq!(stage.received(), BTreeMap::from([(0, offsets(100)), (1, offsets(60))]));
}

#[tokio::test]
async fn following_skips_what_it_gives_up() {
    let stage = Stage::new(1).await;
    stage.fill(0, 100, scripted(40, r#"{"do":"fail","times":2}"#)).await;
    let child = stage.trigger(&["--batch-size", "20", "--max-retries", "1"]).spawn();
    let child = child.expect("the command starts");
    stage.until("the rest is committed", async |s| s.committed().await == [(0, 100)].into()).await;
    signal(child.id(), "TERM");
    let ended = ended(child).await;
    assert_eq!((ended.code, ended.count("given_up")), (Some(1), 20), "{ended:?}");
    assert!(ended.stderr.contains("offsets 40 to 59 (skipped)"), "{ended:?}");
    assert_eq!(stage.received()[&0], [offsets(40), (60..100).collect()].concat());
}

#[tokio::test]
async fn an_empty_topic_is_drained_at_once() {
    let stage = Stage::new(2).await;
    let ended = run(stage.trigger(&["--once"])).await;
    assert_eq!((ended.code, ended.count("records")), (Some(0), 0), "{ended:?}");
}

/// A run that ends while it joins must leave the group, which would otherwise wait for the whole
/// session timeout.
#[tokio::test]
async fn a_drain_that_finds_nothing_does_not_hold_up_the_next_member() {
    let stage = Stage::new(1).await;
    for round in 1..=6 {
        let ended = run(stage.trigger(&["--once"])).await;
        assert_eq!((ended.code, ended.count("records")), (Some(0), 0), "{ended:?}");
        stage.fill(0, 1, plain).await;
        let start = Instant::now();
        let ended = run(stage.trigger(&["--once", "--session-timeout", "45s"])).await;
        assert_eq!((ended.code, ended.count("records")), (Some(0), 1), "{round}: {ended:?}");
        assert!(start.elapsed() < Duration::from_secs(30), "{round}: {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn offsets_without_records_do_not_stall_a_drain() {
    let stage = Stage::new(1).await;
    let producer = stage.kafka.producer().build_transactional(&stage.topic).await;
    let producer = producer.expect("a transactional producer");
    for (value, committed) in [("first", true), ("never", false), ("second", true), ("not", false)]
    {
        producer.begin().expect("begun");
        let _ = producer.send(Record::new(&stage.topic, value)).await.expect("sent");
        let ended = if committed { producer.commit().await } else { producer.abort().await };
        ended.expect("ended");
    }
    producer.close().await.expect("closed");
    let ended = run(stage.trigger(&["--once"])).await;
    assert_eq!((ended.code, ended.count("records")), (Some(0), 2), "{ended:?}");
    // Four records and four markers: the aborted records are never seen.
    assert_eq!(stage.received(), BTreeMap::from([(0, vec![0, 4])]));
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 8)]));
}

#[tokio::test]
async fn a_record_larger_than_an_event_is_given_up() {
    let stage = Stage::new(1).await;
    let admin = stage.kafka.admin();
    let wide = krafka::admin::NewTopic::new(format!("{}-wide", stage.topic), 1, 1)
        .expect("a valid topic")
        .with_config("max.message.bytes", "8000000");
    for (_, created) in admin.create_topics([wide], Default::default()).await.expect("created") {
        created.expect("created");
    }
    let wide = format!("{}-wide", stage.topic);
    let producer = stage.kafka.producer().max_request_size(8_000_000).build().await;
    let producer = producer.expect("a producer");
    for size in [10, 4_700_000, 4_800_000, 10] {
        let _ = producer.send(Record::new(&wide, vec![b'x'; size])).await.expect("written");
    }
    producer.close().await.expect("closed");
    let mut command = stage.trigger(&["--once"]);
    let ended = run({
        command.args(["--topics", &wide]);
        command
    })
    .await;
    assert_eq!((ended.code, ended.count("records")), (Some(1), 2), "{ended:?}");
    assert!(ended.stderr.contains("offsets 2 to 2 (not committed)"), "{ended:?}");
}

#[tokio::test]
async fn what_cannot_work_is_said_in_one_sentence() {
    let stage = Stage::new(1).await;
    let mut command = stage.trigger(&["--once"]);
    let ended = run({
        command.args(["--topics", "no-such-topic"]);
        command
    })
    .await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("topic no-such-topic cannot be used"), "{ended:?}");

    let mut command = stage.trigger(&[]);
    let ended = run({
        command.env("SCRIPT_INIT", "crash");
        command
    })
    .await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("did not start: exit status: 3: the table `orders`"),
        "{ended:?}"
    );

    let ended = run(stage.trigger(&["--kafka", "sasl.mechanisms=PLAIN"])).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("did you mean kafka.sasl.mechanism?"), "{ended:?}");
}
