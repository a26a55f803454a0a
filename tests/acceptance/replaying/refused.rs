//! Letters that their destination refuses for good: named and left, and the others go on in order.

use krafka::producer::Record;
use sluice_tests::pipeline::Pipeline;

use super::{COLUMNS, replay_from, report, told};

/// A letter of Kafka Connect.
fn letter(to: &str, source: &str, offset: usize, value: String) -> Record {
    Record::new(to, value)
        .key(format!("k{offset}"))
        .timestamp(1_700_000_000_000)
        .header("__connect.errors.topic", source.to_owned())
        .header("__connect.errors.partition", "0")
        .header("__connect.errors.offset", offset.to_string())
}

/// Topics that each refuse something, and letters of which the first ones hold some that they refuse. What is behind those
/// could be written at once, and must wait.
async fn refusing(what: &str, config: (&str, &str), bad: impl Fn(Record) -> Record) {
    let pipeline = Pipeline::new(what, 1, COLUMNS).await;
    let source = format!("{}_source", pipeline.name);
    pipeline.create_topic(&source, 1, &[config]).await;
    let is_bad = |offset: &usize| *offset < 20 && offset % 5 == 3;
    let letters = (0..60).map(|offset| {
        let letter = letter(&pipeline.dead, &source, offset, offset.to_string());
        if is_bad(&offset) { bad(letter) } else { letter }
    });
    pipeline.send_to(&pipeline.dead, letters).await;
    let run = replay_from(&pipeline, &pipeline.dead, &["--execute"]).await;
    let names = ["letters", "selected", "replayed", "left"];
    assert_eq!(told(&run, names), (Some(1), [60, 60, 56, 4]), "{run:#?}");
    let left = report(&run)["left_letters"].clone();
    let left = left.as_array().expect("a list");
    assert_eq!(left.len(), 4);
    assert_eq!(left[1]["record"], format!("{source}-0@8"));
    assert_eq!(left[1]["letter"], format!("{}-0@8", pipeline.dead));
    assert!(left[1]["reason"].as_str().expect("text").contains(&source), "{left:?}");
    let sent = async || {
        let records = pipeline.read(&source).await;
        let value =
            |value: &[u8]| String::from_utf8_lossy(value).parse::<usize>().expect("a number");
        records
            .iter()
            .map(|record| value(record.value.as_deref().expect("a value")))
            .collect::<Vec<_>>()
    };
    let good: Vec<usize> = (0..60).filter(|offset| !is_bad(offset)).collect();
    assert_eq!(sent().await, good, "the others, in order");
    let run = replay_from(&pipeline, &pipeline.dead, &["--execute"]).await;
    assert_eq!(told(&run, ["replayed", "done_before"]), (Some(0), [0, 60]), "{run:#?}");
    assert_eq!(sent().await, good, "and none twice");
    // The cause is gone: what was left is chosen by its place.
    let aside = format!("{}_aside", pipeline.name);
    pipeline.create_topic(&aside, 1, &[]).await;
    let rest = ["--execute", "--to", &aside, "--source-topic", &source, "--offsets", "8..8"];
    let run = replay_from(&pipeline, &pipeline.dead, &rest).await;
    assert_eq!(told(&run, ["replayed"]), (Some(0), [1]), "{run:#?}");
}

#[tokio::test]
async fn a_record_too_large() {
    let large = |mut record: Record| {
        record.value = Some("x".repeat(50_000).into());
        record
    };
    refusing("toolarge", ("max.message.bytes", "20000"), large).await;
}

#[tokio::test]
async fn a_record_without_a_key_for_a_compacted_topic() {
    let keyless = |mut record: Record| {
        record.key = None;
        record
    };
    refusing("compacted", ("cleanup.policy", "compact"), keyless).await;
}

#[tokio::test]
async fn a_record_of_a_time_that_its_topic_refuses() {
    let old = |record: Record| record.timestamp(1_000_000_000_000);
    // Between the other records' time and this one.
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let before = since.expect("after 1970").as_millis() as i64 - 1_600_000_000_000;
    refusing("tooold", ("message.timestamp.before.max.ms", &before.to_string()), old).await;
}

/// The topic of some is gone, and the name of another cannot be one.
#[tokio::test]
async fn a_topic_that_is_gone() {
    let pipeline = Pipeline::new("topicgone", 1, COLUMNS).await;
    let sources = [&*pipeline.name, "gone_for_good", "no such name!", &*pipeline.name];
    let letters = (0..40).map(|number| {
        letter(&pipeline.dead, sources[number % 4], number, format!(r#"{{"id":{number}}}"#))
    });
    pipeline.send_to(&pipeline.dead, letters).await;
    let run = replay_from(&pipeline, &pipeline.dead, &["--execute"]).await;
    assert_eq!(told(&run, ["replayed", "left"]), (Some(1), [20, 20]), "{run:#?}");
    assert!(run.stdout.contains("topic gone_for_good does not exist"), "{run:#?}");
    assert_eq!(pipeline.count(&pipeline.name).await, 20);
    let run = replay_from(&pipeline, &pipeline.dead, &["--execute"]).await;
    assert_eq!(told(&run, ["replayed", "done_before"]), (Some(0), [0, 40]), "{run:#?}");
    assert_eq!(pipeline.count(&pipeline.name).await, 20);
}
