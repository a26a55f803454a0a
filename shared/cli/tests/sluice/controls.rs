//! `sluice trigger`: Lambda's error handling controls, filters, the start of a group.

use std::collections::BTreeMap;

use krafka::producer::Record;
use serde_json::{Value, json};

use crate::endpoint::{get, line_with};
use crate::process::{ended, exported, run, signal};
use crate::stage::{Stage, now_millis, offsets, plain};

/// Plain values, except record `at`, which always fails.
fn failing(at: i64) -> impl Fn(i64) -> String {
    move |number| {
        if number == at { r#"{"do":"fail","times":999}"#.to_owned() } else { plain(number) }
    }
}

#[tokio::test]
async fn bisecting_isolates_a_record_and_its_destination_receives_it() {
    let stage = Stage::new(2).await;
    let failed = stage.another("failed", 1).await;
    stage.fill(0, 16, failing(5)).await;
    stage.fill(1, 16, plain).await;
    let destination = format!("kafka://{failed}");
    let arguments = ["--once", "--batch-size", "16", "--bisect", "--max-retries", "1"];
    let mut command = stage.trigger(&arguments);
    command.args(["--on-failure", &destination]);
    let ended = run(command).await;
    assert_eq!((ended.code, ended.count("given_up")), (Some(1), 1), "{ended:?}");
    assert_eq!(ended.count("records"), 31, "{ended:?}");
    assert!(ended.stderr.contains("offsets 5 to 5 (sent to the on-failure"), "{ended:?}");
    let good = offsets(16).into_iter().filter(|offset| *offset != 5).collect::<Vec<_>>();
    assert_eq!(stage.received(), BTreeMap::from([(0, good), (1, offsets(16))]), "{ended:?}");
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 16), (1, 16)]));

    let envelopes = stage.read(&failed, 1).await;
    let envelope: Value = serde_json::from_slice(&envelopes[0].1).expect("JSON");
    let context = &envelope["requestContext"];
    assert_eq!(context["condition"], "RetryAttemptsExhausted");
    // The whole batch, 8, 4 and 2 records, and the record itself twice.
    assert_eq!(context["approximateInvokeCount"], 6, "{envelope}");
    assert_eq!(envelope["KafkaBatchInfo"]["recordInfo"]["offset"], "5");
    let event = Stage::shape(&envelope["payload"]);
    assert_eq!(event, [(format!("{}-0", stage.topic), vec![5])]);
}

#[tokio::test]
async fn an_envelope_keeps_the_key_and_the_event() {
    let stage = Stage::new(1).await;
    let failed = stage.another("failed", 1).await;
    let producer = stage.kafka.producer().build().await.expect("a producer");
    for key in ["a", "b"] {
        let record = Record::new(&stage.topic, r#"{"do":"fail","times":9}"#).key(key);
        let _ = producer.send(record).await.expect("written");
    }
    producer.close().await.expect("closed");
    let destination = format!("kafka://{failed}");
    let mut command = stage.trigger(&["--once", "--max-retries", "0"]);
    command.args(["--on-failure", &destination]);
    let ended = run(command).await;
    assert_eq!((ended.code, ended.count("given_up")), (Some(1), 2), "{ended:?}");
    let envelopes = stage.read(&failed, 2).await;
    for ((key, envelope), (wanted, offset)) in envelopes.iter().zip([("a", "0"), ("b", "1")]) {
        assert_eq!(key.as_deref(), Some(wanted.as_bytes()));
        let envelope: Value = serde_json::from_slice(envelope).expect("JSON");
        assert_eq!(envelope["KafkaBatchInfo"]["recordInfo"]["offset"], offset);
        assert_eq!(envelope["KafkaBatchInfo"]["batchSize"], 1);
        assert_eq!(envelope["responseContext"]["functionError"], "Unhandled");
        assert_eq!(envelope["payload"]["eventSource"], "SelfManagedKafka");
    }
}

#[tokio::test]
async fn records_too_old_are_given_up_unsent() {
    let stage = Stage::new(1).await;
    let failed = stage.another("failed", 1).await;
    let producer = stage.kafka.producer().build().await.expect("a producer");
    for (number, age) in [(0, 3_600_000), (1, 3_600_000), (2, 0)] {
        let mut record = Record::new(&stage.topic, plain(number));
        record.timestamp = Some(now_millis() - age);
        let _ = producer.send(record).await.expect("written");
    }
    producer.close().await.expect("closed");
    let destination = format!("kafka://{failed}");
    let mut command = stage.trigger(&["--once", "--max-record-age", "60s"]);
    command.args(["--on-failure", &destination]);
    let ended = run(command).await;
    assert_eq!((ended.count("records"), ended.count("given_up")), (1, 2), "{ended:?}");
    assert_eq!(stage.received(), BTreeMap::from([(0, vec![2])]));
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 3)]));
    for (_, envelope) in stage.read(&failed, 2).await {
        let envelope: Value = serde_json::from_slice(&envelope).expect("JSON");
        assert_eq!(envelope["requestContext"]["condition"], "RecordAgeExceeded");
        assert_eq!(envelope["requestContext"]["approximateInvokeCount"], 0);
        assert_eq!(envelope["responseContext"], Value::Null);
    }
}

#[tokio::test]
async fn a_record_above_the_payload_limit_goes_to_the_destination() {
    let stage = Stage::new(1).await;
    let failed = stage.another("failed", 1).await;
    let size = |number| if number == 1 { 5000 } else { 10 };
    stage.fill(0, 3, |number| "x".repeat(size(number))).await;
    let destination = format!("kafka://{failed}");
    let mut command = stage.trigger(&["--once", "--payload-limit", "2000"]);
    command.args(["--on-failure", &destination]);
    let ended = run(command).await;
    assert_eq!((ended.count("records"), ended.count("given_up")), (2, 1), "{ended:?}");
    assert_eq!(stage.received(), BTreeMap::from([(0, vec![0, 2])]));
    let envelopes = stage.read(&failed, 1).await;
    let envelope: Value = serde_json::from_slice(&envelopes[0].1).expect("JSON");
    assert_eq!(envelope["requestContext"]["condition"], "MaximumPayloadSizeExceeded");
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 3)]));
}

#[tokio::test]
async fn filters_hold_records_back_and_commit_them() {
    let mut stage = Stage::new(2).await;
    stage.fill(0, 100, plain).await;
    stage.fill(1, 100, |_| r#"{"number":-1}"#.into()).await;
    let few = r#"{"value":{"number":[{"numeric":["<",3]},98]}}"#;
    let one = r#"{"value":{"number":[{"numeric":["=",50]}]}}"#;
    let none = r#"{"value":{"number":[{"numeric":["<",-1]}]}}"#;
    let ended = run(stage.trigger(&["--once", "--filter", none])).await;
    assert_eq!((ended.count("records"), ended.count("filtered_out")), (0, 200), "{ended:?}");
    assert_eq!(stage.committed().await, BTreeMap::from([(0, 100), (1, 100)]));

    stage.group.push_str("-again");
    let ended = run(stage.trigger(&["--once", "--filter", few, "--filter", one])).await;
    assert_eq!((ended.count("records"), ended.count("filtered_out")), (105, 95), "{ended:?}");
    assert_eq!(stage.received(), BTreeMap::from([(0, vec![0, 1, 2, 50, 98]), (1, offsets(100))]));
}

#[tokio::test]
async fn a_group_may_start_at_a_time() {
    let stage = Stage::new(3).await;
    let producer = stage.kafka.producer().build().await.expect("a producer");
    let start = 1_795_169_730_000;
    for (partition, number, timestamp) in
        [(0, 0, start - 2), (0, 1, start), (0, 2, start + 5), (1, 0, start - 1)]
    {
        let mut record = Record::new(&stage.topic, plain(number)).partition(partition);
        record.timestamp = Some(timestamp);
        let _ = producer.send(record).await.expect("written");
    }
    let child = stage
        .trigger(&["--starting-position", "at-timestamp=2026-11-20T11:15:30+01:00"])
        .spawn()
        .expect("the command starts");
    let both = BTreeMap::from([(0, 3), (1, 1), (2, 0)]);
    stage.until("the group has its positions", async |s| s.committed().await == both).await;
    let _ = producer.send(Record::new(&stage.topic, plain(9)).partition(1)).await.expect("written");
    producer.close().await.expect("closed");
    stage.until("the new record", async |s| s.committed().await[&1] == 2).await;
    signal(child.id(), "TERM");
    let ended = ended(child).await;
    assert_eq!((ended.code, ended.count("records")), (Some(0), 3), "{ended:?}");
    assert_eq!(stage.received(), BTreeMap::from([(0, vec![1, 2]), (1, vec![1])]));

    // Committed offsets have priority over the starting position.
    let again = run(stage.trigger(&["--once", "--starting-position", "at-timestamp=0"])).await;
    assert_eq!(again.count("records"), 0, "{again:?}");
}

#[tokio::test]
async fn on_demand_mode_sends_a_failed_batch_until_it_succeeds() {
    let stage = Stage::new(1).await;
    stage
        .fill(0, 10, |number| {
            if number == 4 { r#"{"do":"fail","times":6}"#.to_owned() } else { plain(number) }
        })
        .await;
    let child = stage.trigger(&["--mode", "on-demand"]).spawn().expect("the command starts");
    stage.until("it is settled", async |s| s.committed().await == [(0, 10)].into()).await;
    signal(child.id(), "TERM");
    let settled = ended(child).await;
    assert_eq!((settled.code, settled.count("retries")), (Some(0), 6), "{settled:?}");
    assert_eq!(settled.count("given_up"), 0, "{settled:?}");
    assert_eq!(stage.received(), BTreeMap::from([(0, offsets(10))]));

    for control in [
        &["--bisect"][..],
        &["--max-retries", "3"],
        &["--max-record-age", "60"],
        &["--on-failure", "kafka://x"],
        &["--report-batch-item-failures"],
    ] {
        let mut command = stage.trigger(&["--mode", "on-demand"]);
        command.args(control);
        let refused = run(command).await;
        assert_eq!(refused.code, Some(2), "{refused:?}");
        let says = format!("{} exists only in provisioned mode", control[0]);
        assert!(refused.stderr.contains(&says), "{refused:?}");
    }
}

#[tokio::test]
async fn a_destination_that_cannot_be_is_refused_at_start() {
    let stage = Stage::new(1).await;
    for (destination, says) in [
        (format!("kafka://{}", stage.topic), "failed records would be read again"),
        ("kafka://no-such-topic".to_owned(), "no-such-topic does not exist"),
        ("arn:aws:sqs:eu-west-1:1:q".to_owned(), "must look like kafka://topic"),
    ] {
        let mut command = stage.trigger(&["--once"]);
        command.args(["--on-failure", &destination]);
        let ended = run(command).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(says), "{ended:?}");
    }
}

#[tokio::test]
async fn metrics_tell_what_becomes_of_records() {
    let stage = Stage::new(2).await;
    stage.fill(0, 10, failing(4)).await;
    let filter = r#"{"value":{"number":[{"anything-but":[7]}]}}"#;
    let alternative = r#"{"value":{"do":[{"exists":true}]}}"#;
    let mut command = stage.trigger(&["--max-retries", "0", "--metrics", "127.0.0.1:0"]);
    command.args(["--filter", filter, "--filter", alternative, "--batch-size", "10"]);
    let mut child = command.spawn().expect("the command starts");
    let address = line_with(&mut child, "metrics on http://").await;
    let address =
        address.rsplit("http://").next().expect("an address").trim_end_matches("/metrics");
    let (topic, group) = (stage.topic.clone(), stage.group.clone());
    let named = |name: &str, partition: i32| {
        format!(r#"{name}{{connector="{group}",topic="{topic}",partition="{partition}"}}"#)
    };
    stage.until("the first is given up", async |s| s.committed().await.get(&0) == Some(&10)).await;
    stage.fill(1, 30, plain).await;
    let all = BTreeMap::from([(0, 10), (1, 30)]);
    stage.until("everything is committed", async |s| s.committed().await == all).await;
    let wanted = [
        (named("sluice_given_up_records_total", 0), 9),
        (named("sluice_filtered_records_total", 0), 1),
        (named("sluice_records_total", 1), 29),
        (named("sluice_filtered_records_total", 1), 1),
        (named("sluice_lag_records", 1), 0),
        (named("sluice_in_flight_records", 1), 0),
        (format!(r#"sluice_function_written_rows_total{{connector="{group}"}}"#), 29),
    ];
    stage
        .until("the metrics say so", async |_| {
            let text = get(address, "/metrics").await;
            wanted.iter().all(|(name, value)| text.lines().any(|l| l == format!("{name} {value}")))
        })
        .await;
    assert_eq!(get(address, "/healthz").await, "ok\n");
    signal(child.id(), "TERM");
    assert_eq!(ended(child).await.count("filtered_out"), 2);
}

#[tokio::test]
async fn sasl_and_tls_lead_to_the_topic() {
    let stage = Stage::new(1).await;
    stage.fill(0, 20, plain).await;
    let failed = stage.another("failed", 1).await;
    let destination = format!("kafka://{failed}");
    let bootstrap = exported("TEST_KAFKA_SASL_SSL");
    let mut command = stage.trigger_at(&bootstrap, &["--once", "--on-failure", &destination]);
    command.env("A_PASSWORD", "sluice-secret");
    for option in [
        "security.protocol=SASL_SSL",
        "sasl.mechanism=SCRAM-SHA-512",
        "sasl.username=sluice",
        "sasl.password=${env:A_PASSWORD}",
        &format!("ssl.ca.location={}", exported("TEST_KAFKA_CA")),
    ] {
        command.args(["--kafka", option]);
    }
    let ended = run(command).await;
    assert_eq!((ended.code, ended.count("records")), (Some(0), 20), "{ended:?}");
    let event: Value = serde_json::from_slice(
        &std::fs::read(stage.directory.join("last-event.json")).expect("an event"),
    )
    .expect("JSON");
    assert_eq!(event["bootstrapServers"], json!(bootstrap));
}
