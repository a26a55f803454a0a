//! `sluice send --follow`: what became of one record, through a real trigger and function.

use sluice_tests::database::target::Target;
use sluice_tests::pipeline::{Pipeline, sluice};
use sluice_tests::run::{Run, Running};
use sluice_tests::services;

const COLUMNS: &str = "id int PRIMARY KEY";

/// Sends a value and follows it, in the pipeline's group and topics for letters.
async fn follow(pipeline: &Pipeline, value: &str, timeout: &str) -> Run {
    let file = pipeline.file("record", value);
    let mut command = sluice();
    command
        .args(["send", "--bootstrap", &services::kafka(), "--topic", &pipeline.name])
        .args(["--follow", "--group", &pipeline.name, "--timeout", timeout])
        .args(["--dead-letter-topic", &format!("{},{}", pipeline.dead, pipeline.errors)])
        .arg(file);
    Running::start(command, None).ended().await
}

async fn a_record_that_is_written_is_settled(target: Target) {
    let pipeline = Pipeline::to(target, "settled", 3, COLUMNS).await;
    let running = pipeline.start(&[]);
    let run = follow(&pipeline, r#"{"id":1}"#, "30s").await;
    assert_eq!((run.code, pipeline.rows().await), (Some(0), 1), "{run:#?}");
    let [place, fate] = run.stdout.lines().collect::<Vec<_>>().try_into().expect("two lines");
    assert!(place.starts_with(&format!("{}-", pipeline.name)) && place.ends_with("@0"), "{place}");
    assert!(fate.starts_with("settled"), "{fate}");
    running.stop().await.assert_settled();
}

async fn a_record_that_is_lettered_tells_its_own_reason(target: Target) {
    let pipeline = Pipeline::to(target, "lettered", 1, COLUMNS).await;
    // A letter from before is not this record's, nor is one that comes with it.
    pipeline.send_values([r#"{"colour":"hush"}"#]).await;
    let running = pipeline.start(&[]);
    services::until("the first letter is there", async || {
        pipeline.count(&pipeline.dead).await == 1
    })
    .await;
    pipeline.send_values([r#"{"size":"hush"}"#]).await;
    let run = follow(&pipeline, r#"{"id":"hush"}"#, "30s").await;
    assert_eq!((run.code, pipeline.rows().await), (Some(1), 0), "{run:#?}");
    let fate = run.stdout.lines().nth(1).expect("a fate");
    assert!(fate.starts_with(&format!("lettered to {}-0@0: ", pipeline.errors)), "{fate}");
    assert!(fate.contains("column \"id\"") && !fate.contains("hush"), "{fate}");
    let run = follow(&pipeline, r#"{"weight":1}"#, "30s").await;
    let fate = run.stdout.lines().nth(1).expect("a fate");
    assert!(fate.starts_with(&format!("lettered to {}-0@2: ", pipeline.dead)), "{fate}");
    assert!(fate.contains("`weight`"), "{fate}");
    running.stop().await.assert_settled();
}

async fn a_record_nobody_reads_still_waits(target: Target) {
    let pipeline = Pipeline::to(target, "waits", 1, COLUMNS).await;
    let run = follow(&pipeline, r#"{"id":1}"#, "2500ms").await;
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stderr.contains("waits: the group has not committed an offset"), "{run:#?}");
    pipeline.drain(&[]).await.assert_settled();
    pipeline.send_values([r#"{"id":2}"#, r#"{"id":3}"#]).await;
    let run = follow(&pipeline, r#"{"id":4}"#, "300ms").await;
    assert_eq!(run.code, Some(3), "{run:#?}");
    let behind = "still waits: the group is at offset 1, 2 records before it";
    assert!(run.stderr.contains(behind), "{run:#?}");
}

async fn a_topic_for_letters_that_is_missing_is_named_before_anything_is_sent(target: Target) {
    let pipeline = Pipeline::to(target, "unsent", 1, COLUMNS).await;
    pipeline.delete_topic(&pipeline.errors).await;
    let run = follow(&pipeline, r#"{"id":1}"#, "1s").await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:#?}");
    assert!(run.stderr.contains(&pipeline.errors), "{run:#?}");
    assert_eq!(pipeline.count(&pipeline.name).await, 0);
}

sluice_tests::on_each_target! {
    a_record_that_is_written_is_settled,
    a_record_that_is_lettered_tells_its_own_reason,
    a_record_nobody_reads_still_waits,
    a_topic_for_letters_that_is_missing_is_named_before_anything_is_sent,
}
