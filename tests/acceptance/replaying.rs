//! `sluice replay`: letters of every kind back to where they came from, counted, and not twice. Where
//! no function takes part, no database does.

mod interrupted;
mod order;
mod refused;

use bytes::Bytes;
use krafka::producer::Record;
use serde_json::Value;
use sluice_tests::database::refusal::Refusal;
use sluice_tests::database::target::Target;
use sluice_tests::kafka::letter::Letter;
use sluice_tests::pipeline::traffic::value_of;
use sluice_tests::pipeline::{Pipeline, sluice};
use sluice_tests::run::{Run, Running};
use sluice_tests::services::{self, binary};
use tokio::process::Command;

/// An amount of 100 and more is refused, until the constraint goes.
const COLUMNS: &str = "id int PRIMARY KEY, amount int, CONSTRAINT small CHECK (amount < 100)";

fn command(pipeline: &Pipeline, from: &str, arguments: &[&str]) -> Command {
    let mut command = sluice();
    command
        .args(["replay", "--bootstrap", &services::kafka(), "--summary", "json"])
        .args(["--from", from])
        .args(arguments)
        .envs(pipeline.options());
    command
}

/// Replays letters of the topics for letters.
async fn replay(pipeline: &Pipeline, arguments: &[&str]) -> Run {
    replay_from(pipeline, &format!("{},{}", pipeline.dead, pipeline.errors), arguments).await
}

async fn replay_from(pipeline: &Pipeline, from: &str, arguments: &[&str]) -> Run {
    Running::start(command(pipeline, from, arguments), None).ended().await
}

/// Numbers of a report, after its exit code.
fn told<const N: usize>(run: &Run, names: [&str; N]) -> (Option<i32>, [u64; N]) {
    (run.code, names.map(|name| run.count(name)))
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("no report: {run:#?}"))
}

fn amount(id: usize, amount: usize) -> Record {
    value_of(format!(r#"{{"id":{id},"amount":{amount}}}"#))
        .key(format!("key-{id}"))
        .timestamp(1_700_000_000_000 + id as i64)
        .header("trace", "one")
        .null_header("trace")
        .header("bytes", &b"\xff\x00"[..])
}

/// A hundred records, every other of which the table refuses.
async fn half_refused(target: Target, what: &str) -> Pipeline {
    let pipeline = Pipeline::to(target, what, 3, COLUMNS).await;
    pipeline.send((0..100).map(|id| amount(id, if id % 2 == 0 { id } else { 100 + id }))).await;
    pipeline.drain(&[]).await.assert_settled();
    assert_eq!((pipeline.rows().await, pipeline.count(&pipeline.errors).await), (50, 50));
    pipeline
}

async fn widen(pipeline: &Pipeline) {
    pipeline.sql(&format!("ALTER TABLE {} DROP CONSTRAINT small", pipeline.name)).await;
}

/// What a record is, wherever it is.
type Content = (Option<Bytes>, Option<Bytes>, i64, Vec<(String, Option<Bytes>)>);

fn content(letter: &Letter) -> Content {
    let mut headers = letter.headers.clone();
    headers.retain(|(name, _)| !name.starts_with("__"));
    (letter.key.clone(), letter.value.clone(), letter.timestamp, headers)
}

async fn letters_come_back_and_each_failure_counts_once(target: Target) {
    let pipeline = half_refused(target, "returned").await;
    let plan = replay(&pipeline, &[]).await;
    assert_eq!(told(&plan, ["selected", "letters", "replayed"]), (Some(0), [50, 50, 0]));
    let reasons = &report(&plan)["reasons"];
    let reason = &reasons[0];
    assert_eq!(
        (reason["code"].as_str(), reason["stage"].as_str()),
        (Some(Refusal::Check.code(target)), Some("TASK_PUT"))
    );
    assert_eq!(reasons.as_array().expect("a list").len(), 1, "{plan:#?}");
    assert_eq!(reason["letters"], 50);
    assert_eq!(pipeline.count(&pipeline.name).await, 100, "nothing was sent");

    // Too early: the ten fail again.
    let few = replay(&pipeline, &["--execute", "--limit", "10"]).await;
    assert_eq!(told(&few, ["selected", "replayed"]), (Some(0), [10, 10]), "{few:#?}");
    pipeline.drain(&[]).await.assert_settled();
    assert_eq!((pipeline.rows().await, pipeline.count(&pipeline.errors).await), (50, 60));
    let plan = replay(&pipeline, &[]).await;
    let names = ["selected", "failed_again", "done_before", "repeated"];
    assert_eq!(told(&plan, names), (Some(0), [40, 10, 10, 0]), "{plan:#?}");

    widen(&pipeline).await;
    let rest = replay(&pipeline, &["--execute"]).await;
    assert_eq!(told(&rest, ["replayed", "failed_again"]), (Some(0), [40, 10]), "{rest:#?}");
    let again = replay(&pipeline, &["--execute"]).await;
    assert_eq!(told(&again, ["replayed", "failed_again"]), (Some(0), [0, 10]), "{again:#?}");
    let twice = ["--execute", "--replayed", "1"];
    let again = replay(&pipeline, &twice).await;
    assert_eq!(told(&again, ["replayed", "failed_again"]), (Some(0), [10, 0]), "{again:#?}");
    assert_eq!(told(&replay(&pipeline, &twice).await, ["replayed"]), (Some(0), [0]));
    pipeline.drain(&[]).await.assert_settled();
    assert_eq!((pipeline.rows().await, pipeline.count(&pipeline.errors).await), (100, 60));
    assert_eq!(pipeline.count(&pipeline.name).await, 160);

    let records = pipeline.read(&pipeline.name).await;
    let by_key = |key: &str| {
        let is_it = |record: &&Letter| record.key.as_deref() == Some(key.as_bytes());
        records.iter().filter(is_it).collect::<Vec<_>>()
    };
    for id in (1..100).step_by(2) {
        let same = by_key(&format!("key-{id}"));
        let origin = format!("{}-{}@{}", pipeline.name, same[0].partition, same[0].offset);
        for (replays, record) in same.iter().enumerate().skip(1) {
            assert_eq!(content(record), content(same[0]), "byte for byte");
            assert_eq!(record.partition, same[0].partition);
            assert_eq!(record.reason("__sluice.replayed.count"), replays.to_string());
            assert_eq!(record.reason("__sluice.replayed.origin"), origin);
            let letter = record.reason("__sluice.replayed.letter");
            assert!(letter.starts_with(&format!("{}-0@", pipeline.errors)), "{letter}");
            assert!(!record.reasons().contains("errors.exception"), "{}", record.reasons());
        }
    }
}

async fn conditions_choose_and_another_topic_may_take_them(target: Target) {
    let pipeline = half_refused(target, "chosen").await;
    pipeline.send_values([r#"{"colour":1}"#, "no json"]).await;
    pipeline.drain(&[]).await.assert_settled();
    let aside = format!("{}_aside", pipeline.name);
    pipeline.create_topic(&aside, 1, &[]).await;
    let code = Refusal::Check.code(target);
    let cases: [(&[&str], u64); 9] = [
        (&[], 52),
        (&["--stage", "transformation"], 1),
        (&["--stage", "TRANSFORMATION", "--stage", "VALUE_CONVERTER"], 2),
        (&["--code", code], 50),
        (&["--reason", "`colour`"], 1),
        (&["--source-topic", "elsewhere"], 0),
        // A letter has its own time: the records are of 2023.
        (&["--until", "1700000000060"], 0),
        (&["--since", "1h"], 52),
        (&["--offsets", "0..100000", "--partition", "0,1,2", "--code", code], 50),
    ];
    for (conditions, count) in cases {
        let run = replay(&pipeline, conditions).await;
        let counts = told(&run, ["selected", "filtered_out", "letters"]);
        assert_eq!(counts, (Some(0), [count, 52 - count, 52]), "{conditions:?}");
    }
    let run = replay(&pipeline, &["--to", &aside, "--stage", "VALUE_CONVERTER", "--execute"]).await;
    assert_eq!(told(&run, ["replayed"]), (Some(0), [1]), "{run:#?}");
    let [record] = pipeline.read(&aside).await.try_into().expect("one record");
    assert_eq!(record.value.as_deref(), Some(&b"no json"[..]));

    for wrong in [&pipeline.errors, "missing"] {
        let run = replay(&pipeline, &["--to", wrong]).await;
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:#?}");
        assert!(run.stderr.contains(wrong), "{run:#?}");
    }
}

#[tokio::test]
async fn letters_of_kafka_connect_are_enough_and_what_is_none_stays() {
    let pipeline = Pipeline::new("connect", 4, COLUMNS).await;
    let letter = |offset: &str, value: Option<&'static str>| {
        let record = Record::new(&pipeline.dead, value.unwrap_or_default())
            .key(format!("k{offset}"))
            .timestamp(1_700_000_000_000)
            .header("own", "1")
            .header("__connect.errors.topic", pipeline.name.clone())
            .header("__connect.errors.partition", "3")
            .header("__connect.errors.offset", offset.to_owned())
            .null_header("__connect.errors.exception.message");
        if value.is_some() { record } else { record.without_value() }
    };
    let gone = |offset: &str, topic: &str| {
        letter(offset, Some("{}")).header("__connect.errors.topic", topic.to_owned())
    };
    let records = [
        letter("5", Some(r#"{"id":1}"#)),
        Record::new(&pipeline.dead, "no letter"),
        letter("6", None),
        letter("5", Some(r#"{"id":1}"#)),
        letter("7", None).header("__sluice.errors.value.omitted.bytes", "2000000"),
        gone("8", &pipeline.dead),
    ];
    pipeline.send_to(&pipeline.dead, records).await;
    let run = replay(&pipeline, &["--execute"]).await;
    let names = ["replayed", "not_letters", "repeated", "letters"];
    assert_eq!(told(&run, names), (Some(1), [2, 1, 1, 5]), "{run:#?}");
    assert_eq!(report(&run)["stuck"], serde_json::json!({"omitted": 1, "circle": 1}));
    let records = pipeline.read(&pipeline.name).await;
    let sent: Vec<_> =
        records.iter().map(|r| (r.partition, r.key.clone(), r.value.clone())).collect();
    let bytes = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
    assert_eq!(sent, [(3, bytes("k5"), bytes(r#"{"id":1}"#)), (3, bytes("k6"), None)]);
    assert_eq!(records[0].own_headers(), [("own", Some(&b"1"[..]))]);

    pipeline.send_to(&pipeline.dead, [letter("9", Some("{}")), gone("10", "missing")]).await;
    let run = replay(&pipeline, &["--execute"]).await;
    assert_eq!(told(&run, ["replayed", "left"]), (Some(1), [1, 1]), "{run:#?}");
    let left = &report(&run)["left_letters"][0];
    assert_eq!(left["record"], "missing-3@10");
    assert_eq!(left["reason"], "topic missing does not exist");
    let run = replay(&pipeline, &["--execute", "--source-topic", &pipeline.name]).await;
    assert_eq!(run.count("replayed"), 3, "its own conditions, its own progress: {run:#?}");
}

async fn what_lambda_gave_up_goes_through_the_function(target: Target) {
    let mut pipeline = Pipeline::to(target, "envelopes", 2, COLUMNS).await;
    for option in ["errors.deadletterqueue.topic.name", "errors.data.topic.name"] {
        pipeline.unset(option);
    }
    pipeline.set("errors.tolerance", "none");
    let failed = format!("{}_failed", pipeline.name);
    pipeline.create_topic(&failed, 1, &[]).await;
    pipeline.send((0..20).map(|id| amount(id, 95 + id))).await;
    let given_up = ["--bisect", "--max-retries", "0", "--on-failure", &format!("kafka://{failed}")];
    let run = pipeline.drain(&given_up).await;
    assert_eq!((pipeline.rows().await, run.count("given_up")), (5, 15), "{run:#?}");

    let function = binary(target.connector());
    let through = ["--function", &*function.to_string_lossy(), "--execute", "--max-retries", "1"];
    let run = replay_from(&pipeline, &failed, &through).await;
    assert_eq!(told(&run, ["replayed"]), (Some(1), [0]), "{run:#?}");
    let first_batch = run.count("given_back");
    assert!((1..=15).contains(&first_batch), "{run:#?}");
    widen(&pipeline).await;
    let run = replay_from(&pipeline, &failed, &through).await;
    assert_eq!(told(&run, ["replayed", "done_before"]), (Some(0), [15, 0]), "{run:#?}");
    assert_eq!(report(&run)["function"]["written"], 15);
    assert_eq!((pipeline.rows().await, pipeline.count(&pipeline.name).await), (20, 20));
    let run = replay_from(&pipeline, &failed, &through).await;
    assert_eq!(told(&run, ["replayed", "done_before"]), (Some(0), [0, 15]), "{run:#?}");
    // Into the topic they are records of their own, and an insert meets its row.
    let run = replay_from(&pipeline, &failed, &["--execute", "--reason", "RetryAttempts"]).await;
    assert_eq!(told(&run, ["replayed"]), (Some(0), [15]), "{run:#?}");
    assert_eq!(pipeline.count(&pipeline.name).await, 35);
}

async fn a_function_that_letters_again_keeps_the_mark_and_where_it_began(target: Target) {
    let pipeline = half_refused(target, "marked").await;
    let function = binary(target.connector());
    let through = ["--function", &*function.to_string_lossy(), "--execute", "--batch-size", "7"];
    let run = replay(&pipeline, &through).await;
    assert_eq!(told(&run, ["replayed"]), (Some(0), [50]), "{run:#?}");
    assert_eq!(report(&run)["function"]["lettered"], 50);
    assert_eq!(pipeline.count(&pipeline.errors).await, 100);
    let run = replay(&pipeline, &["--again", through[0], through[1]]).await;
    assert_eq!(told(&run, ["selected", "failed_again"]), (Some(0), [50, 50]), "{run:#?}");
    widen(&pipeline).await;
    let run = replay(&pipeline, &[&through[..], &["--replayed", "1"]].concat()).await;
    assert_eq!(told(&run, ["replayed"]), (Some(0), [50]), "{run:#?}");
    assert_eq!((pipeline.rows().await, pipeline.count(&pipeline.errors).await), (100, 100));
}

#[tokio::test]
async fn a_time_that_moves_chooses_for_no_replay() {
    let pipeline = Pipeline::new("moving", 1, COLUMNS).await;
    let run = replay(&pipeline, &["--execute", "--since", "2h"]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:#?}");
    assert!(run.stderr.contains("use a fixed time, --since 20"), "{run:#?}");
    assert_eq!(replay(&pipeline, &["--since", "2h"]).await.code, Some(0));
}

sluice_tests::on_each_target! {
    letters_come_back_and_each_failure_counts_once,
    conditions_choose_and_another_topic_may_take_them,
    what_lambda_gave_up_goes_through_the_function,
    a_function_that_letters_again_keeps_the_mark_and_where_it_began,
}
