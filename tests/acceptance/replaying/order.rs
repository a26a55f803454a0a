//! Records come back in the order of their partition, wherever their letters lie.

use std::collections::HashSet;

use krafka::producer::Record;
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::Pipeline;
use sluice_tests::pipeline::traffic::value_of;
use sluice_tests::services::binary;

use super::{replay, replay_from, report, told};

const COLUMNS: &str = "id int PRIMARY KEY, amount int, CONSTRAINT small CHECK (amount < 100)";

/// What a topic of one partition holds, in its order.
async fn amounts(pipeline: &Pipeline) -> Vec<i64> {
    let value = |value: &[u8]| serde_json::from_slice::<serde_json::Value>(value).expect("JSON");
    let records = pipeline.read(&pipeline.name).await;
    records
        .iter()
        .map(|record| value(record.value.as_deref().expect("a value"))["amount"].as_i64())
        .map(|amount| amount.expect("a number"))
        .collect()
}

/// Without a key a letter goes to any partition, and each process takes another.
async fn keyless_records_of_one_row(target: Target) {
    let mut pipeline = Pipeline::to(target, "keyless", 1, COLUMNS).await.upserting();
    let spread = format!("{}_spread", pipeline.name);
    pipeline.create_topic(&spread, 8, &[]).await;
    pipeline.set("errors.deadletterqueue.topic.name", &spread);
    pipeline.unset("errors.data.topic.name");
    for amount in 300..306 {
        pipeline.send_values([format!(r#"{{"id":1,"amount":{amount}}}"#)]).await;
        pipeline.drain(&[]).await.assert_settled();
    }
    let letters = pipeline.read(&spread).await;
    let partitions: HashSet<_> = letters.iter().map(|letter| letter.partition).collect();
    assert!(letters.len() == 6 && partitions.len() > 1, "{partitions:?}");
    pipeline.sql(&format!("ALTER TABLE {} DROP CONSTRAINT small", pipeline.name)).await;

    let run = replay_from(&pipeline, &spread, &["--execute"]).await;
    assert_eq!(told(&run, ["replayed"]), (Some(0), [6]), "{run:#?}");
    let expected: Vec<_> = (300..306).chain(300..306).collect();
    assert_eq!(amounts(&pipeline).await, expected);
    let function = binary(target.connector());
    let through = ["--function", &*function.to_string_lossy(), "--execute", "--batch-size", "4"];
    let run = replay_from(&pipeline, &spread, &through).await;
    assert_eq!(told(&run, ["replayed"]), (Some(0), [6]), "{run:#?}");
    assert_eq!(pipeline.column("SELECT amount FROM TABLE").await, ["305"]);
}

/// The older value is refused by the table, the newer cannot be mapped: their letters are in two
/// topics, and either may be named first.
async fn letters_of_one_key_in_both_topics(target: Target) {
    for (what, swap) in [("both", false), ("swapped", true)] {
        let pipeline = Pipeline::to(target, what, 1, COLUMNS).await.upserting();
        let records = [
            r#"{"id":1,"amount":100,"colour":1}"#,
            r#"{"id":1,"amount":101}"#,
            r#"{"id":1,"amount":102,"colour":1}"#,
            r#"{"id":1,"amount":103}"#,
        ];
        pipeline.send(records.map(|text| value_of(text).key("1"))).await;
        pipeline.drain(&["--batch-size", "1"]).await.assert_settled();
        let (dead, errors) = pipeline.letters().await;
        assert_eq!((dead.len(), errors.len()), (2, 2));
        pipeline.sql(&format!("ALTER TABLE {} DROP CONSTRAINT small", pipeline.name)).await;
        pipeline.sql(&format!("ALTER TABLE {} ADD COLUMN colour int", pipeline.name)).await;
        let mut from = [pipeline.dead.as_str(), &pipeline.errors];
        if swap {
            from.reverse();
        }
        let from = from.join(",");
        let function = binary(target.connector());
        let through = ["--function", &*function.to_string_lossy(), "--execute"];
        let run = replay_from(&pipeline, &from, &through).await;
        assert_eq!(told(&run, ["replayed"]), (Some(0), [4]), "{run:#?}");
        assert_eq!(pipeline.column("SELECT amount FROM TABLE").await, ["103"]);
        let run = replay_from(&pipeline, &from, &["--execute"]).await;
        assert_eq!(told(&run, ["replayed"]), (Some(0), [4]), "{run:#?}");
        assert_eq!(amounts(&pipeline).await, [100, 101, 102, 103, 100, 101, 102, 103]);
    }
}

/// A letter of Kafka Connect, in a partition of the topic for letters.
fn letter(to: &str, partition: i32, (source, offset): (&str, usize)) -> Record {
    Record::new(to, format!(r#"{{"amount":{offset}}}"#))
        .partition(partition)
        .timestamp(1_700_000_000_000 + 10_000 * offset as i64)
        .header("__connect.errors.topic", source.to_owned())
        .header("__connect.errors.partition", "0")
        .header("__connect.errors.offset", offset.to_string())
}

/// What a run has sent is not sent again, and what it has not is still in order.
#[tokio::test]
async fn an_order_that_is_cut_goes_on_where_it_was() {
    let pipeline = Pipeline::new("cut", 1, COLUMNS).await;
    let spread = format!("{}_spread", pipeline.name);
    pipeline.create_topic(&spread, 4, &[]).await;
    let from = format!("{spread},{},{}", pipeline.dead, pipeline.errors);
    let place = |offset: usize| match offset * 7 % 6 {
        4 => (&pipeline.dead, 0),
        5 => (&pipeline.errors, 0),
        partition => (&spread, partition as i32),
    };
    // Backwards, so that no partition has them in order; one record has two letters.
    for offset in (0..60).rev() {
        let (topic, partition) = place(offset);
        pipeline.send_to(topic, [letter(topic, partition, (&pipeline.name, offset))]).await;
    }
    pipeline.send_to(&spread, [letter(&spread, 1, (&pipeline.name, 30))]).await;
    let mut sent = 0;
    for limit in ["1", "7", "20"] {
        let run = replay_from(&pipeline, &from, &["--execute", "--limit", limit]).await;
        let limit: u64 = limit.parse().expect("a number");
        let names = ["replayed", "done_before", "repeated", "later"];
        let expected = [limit, sent, 1, 60 - sent - limit];
        assert_eq!(told(&run, names), (Some(0), expected), "{run:#?}");
        sent += limit;
    }
    // New letters come after those that were there when the replay began.
    pipeline.send_to(&pipeline.dead, [letter(&pipeline.dead, 0, (&pipeline.name, 99))]).await;
    let plan = replay_from(&pipeline, &from, &[]).await;
    assert_eq!(told(&plan, ["selected", "done_before", "repeated"]), (Some(0), [33, 28, 1]));
    let run = replay_from(&pipeline, &from, &["--execute"]).await;
    assert_eq!(told(&run, ["replayed", "done_before"]), (Some(0), [33, 28]), "{run:#?}");
    let expected: Vec<i64> = (0..60).chain([99]).collect();
    assert_eq!(amounts(&pipeline).await, expected);
    let run = replay_from(&pipeline, &from, &["--execute"]).await;
    assert_eq!(told(&run, ["replayed", "done_before"]), (Some(0), [0, 62]), "{run:#?}");
    let run = replay_from(&pipeline, &from, &["--execute", "--again"]).await;
    assert_eq!(told(&run, ["replayed"]), (Some(0), [61]), "{run:#?}");
}

/// More letters than are put in order at once.
#[tokio::test]
async fn what_does_not_fit_is_taken_in_the_order_it_was_written() {
    let pipeline = Pipeline::new("windows", 1, COLUMNS).await;
    let spread = format!("{}_spread", pipeline.name);
    pipeline.create_topic(&spread, 3, &[]).await;
    let letters =
        (0..90).map(|offset| letter(&spread, (offset % 3) as i32, (&pipeline.name, offset)));
    pipeline.send_to(&spread, letters).await;
    let run = replay_from(&pipeline, &spread, &["--execute", "--window", "20"]).await;
    assert_eq!(told(&run, ["replayed"]), (Some(0), [90]), "{run:#?}");
    assert_eq!(amounts(&pipeline).await, (0..90).collect::<Vec<_>>());
    let run = replay_from(&pipeline, &spread, &["--execute", "--window", "20"]).await;
    assert_eq!(told(&run, ["replayed", "done_before"]), (Some(0), [0, 90]), "{run:#?}");
}

/// The letter of an old record is young, and the record is as old as it was when it comes back.
#[tokio::test]
async fn the_timestamp_comes_back_with_headers_that_look_like_reasons() {
    const WRITTEN: i64 = 1_500_000_000_000;
    let pipeline = Pipeline::new("old", 1, COLUMNS).await;
    let record = value_of("no json").key("1").timestamp(WRITTEN);
    let own = [("__connect.errors.topic", "theirs"), ("__sluice.errors.column", "mine")];
    let record = own.iter().fold(record, |record, (name, value)| record.header(*name, *value));
    pipeline.send([record]).await;
    pipeline.drain(&[]).await.assert_settled();
    let [letter] = pipeline.read(&pipeline.dead).await.try_into().expect("one letter");
    assert!(letter.timestamp > WRITTEN + 86_400_000, "brokers delete by it: {letter:?}");
    let run = replay(&pipeline, &["--execute"]).await;
    assert_eq!(told(&run, ["replayed"]), (Some(0), [1]), "{run:#?}");
    assert_eq!(report(&run)["reasons"][0]["source_topic"], pipeline.name);
    let [first, second] = pipeline.read(&pipeline.name).await.try_into().expect("two records");
    assert_eq!(second.timestamp, WRITTEN);
    assert_eq!(first.headers[..], second.headers[..2], "{second:?}");
}

sluice_tests::on_each_target! {
    keyless_records_of_one_row,
    letters_of_one_key_in_both_topics,
}
