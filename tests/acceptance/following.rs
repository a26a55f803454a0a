//! `sluice send --follow`: what became of one record, through a real trigger and function.

use sluice_tests::road::{Road, sluice};
use sluice_tests::run::{Run, Running};
use sluice_tests::services;
use sluice_tests::target::Target;

const COLUMNS: &str = "id int PRIMARY KEY";

/// Sends a value and follows it, in the road's group and topics for letters.
async fn follow(road: &Road, value: &str, timeout: &str) -> Run {
    let file = road.file("record", value);
    let mut command = sluice();
    command
        .args(["send", "--bootstrap", &services::kafka(), "--topic", &road.name])
        .args(["--follow", "--group", &road.name, "--timeout", timeout])
        .args(["--dead-letter-topic", &format!("{},{}", road.dead, road.errors)])
        .arg(file);
    Running::start(command, None).ended().await
}

async fn a_record_that_is_written_is_settled(target: Target) {
    let road = Road::to(target, "settled", 3, COLUMNS).await;
    let running = road.start(&[]);
    let run = follow(&road, r#"{"id":1}"#, "30s").await;
    assert_eq!((run.code, road.rows().await), (Some(0), 1), "{run:#?}");
    let [place, fate] = run.stdout.lines().collect::<Vec<_>>().try_into().expect("two lines");
    assert!(place.starts_with(&format!("{}-", road.name)) && place.ends_with("@0"), "{place}");
    assert!(fate.starts_with("settled"), "{fate}");
    running.stop().await.assert_settled();
}

async fn a_record_that_is_lettered_tells_its_own_reason(target: Target) {
    let road = Road::to(target, "lettered", 1, COLUMNS).await;
    // A letter from before is not this record's, nor is one that comes with it.
    road.send_values([r#"{"colour":"hush"}"#]).await;
    let running = road.start(&[]);
    services::until("the first letter is there", async || road.count(&road.dead).await == 1).await;
    road.send_values([r#"{"size":"hush"}"#]).await;
    let run = follow(&road, r#"{"id":"hush"}"#, "30s").await;
    assert_eq!((run.code, road.rows().await), (Some(1), 0), "{run:#?}");
    let fate = run.stdout.lines().nth(1).expect("a fate");
    assert!(fate.starts_with(&format!("lettered to {}-0@0: ", road.errors)), "{fate}");
    assert!(fate.contains("column \"id\"") && !fate.contains("hush"), "{fate}");
    let run = follow(&road, r#"{"weight":1}"#, "30s").await;
    let fate = run.stdout.lines().nth(1).expect("a fate");
    assert!(fate.starts_with(&format!("lettered to {}-0@2: ", road.dead)), "{fate}");
    assert!(fate.contains("`weight`"), "{fate}");
    running.stop().await.assert_settled();
}

async fn a_record_nobody_reads_still_waits(target: Target) {
    let road = Road::to(target, "waits", 1, COLUMNS).await;
    let run = follow(&road, r#"{"id":1}"#, "2500ms").await;
    assert_eq!(run.code, Some(3), "{run:#?}");
    assert!(run.stderr.contains("waits: the group has not committed an offset"), "{run:#?}");
    road.drain(&[]).await.assert_settled();
    road.send_values([r#"{"id":2}"#, r#"{"id":3}"#]).await;
    let run = follow(&road, r#"{"id":4}"#, "300ms").await;
    assert_eq!(run.code, Some(3), "{run:#?}");
    let behind = "still waits: the group is at offset 1, 2 records before it";
    assert!(run.stderr.contains(behind), "{run:#?}");
}

async fn a_topic_for_letters_that_is_missing_is_named_before_anything_is_sent(target: Target) {
    let road = Road::to(target, "unsent", 1, COLUMNS).await;
    road.delete_topic(&road.errors).await;
    let run = follow(&road, r#"{"id":1}"#, "1s").await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:#?}");
    assert!(run.stderr.contains(&road.errors), "{run:#?}");
    assert_eq!(road.count(&road.name).await, 0);
}

sluice_tests::on_each_target! {
    a_record_that_is_written_is_settled,
    a_record_that_is_lettered_tells_its_own_reason,
    a_record_nobody_reads_still_waits,
    a_topic_for_letters_that_is_missing_is_named_before_anything_is_sent,
}
