//! Faults of a broker, simulated by krafka's broker in this process.

mod support;

use std::time::Duration;

use krafka::error::ErrorCode;
use krafka::testing::{ApiKey, Control, FakeBroker};
use sluice_kafka::{KafkaProducer, Message, Producer, SendError};
use support::{access, message, within};
use tokio::time::{Instant, sleep, timeout};

async fn broker() -> (FakeBroker, KafkaProducer) {
    let broker = FakeBroker::start().await.expect("a broker in this process");
    broker.create_topic("events", 1);
    let producer = KafkaProducer::new(access(&broker.bootstrap_servers(), &[]));
    (broker, producer)
}

async fn send(producer: &mut KafkaProducer, value: &str, seconds: u64) -> Result<(), SendError> {
    producer.send(&[message("events", value)], within(seconds)).await.remove(0)
}

fn written(broker: &FakeBroker) -> Vec<String> {
    let records = broker.all_records("events").expect("the log");
    let value = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    records.iter().map(|record| value(record.value.as_deref().unwrap_or_default())).collect()
}

#[tokio::test]
async fn a_lost_acknowledgement_writes_once() {
    let (broker, mut producer) = broker().await;
    broker.on_once(ApiKey::Produce, |_| Control::ApplyThen(Box::new(Control::Disconnect)));
    assert_eq!(send(&mut producer, "once", 20).await, Ok(()));
    assert_eq!(broker.request_count(ApiKey::Produce), 2, "asked twice");
    assert_eq!(written(&broker), ["once"]);
}

#[tokio::test]
async fn the_connection_is_used_again_after_success_and_after_a_bad_message() {
    let (broker, mut producer) = broker().await;
    assert_eq!(send(&mut producer, "one", 20).await, Ok(()));
    broker.on_once(ApiKey::Produce, |_| Control::Error(ErrorCode::MessageTooLarge));
    let error = send(&mut producer, "large", 20).await.expect_err("too large");
    assert!(matches!(error, SendError::TooLarge(_)), "{error}");
    let headers = vec![("h".to_owned(), None); 10_001];
    let crowded = Message { headers, ..message("events", "crowded") };
    let results = producer.send(&[crowded], within(20)).await;
    assert!(matches!(&results[..], [Err(SendError::Refused(_))]), "{results:?}");
    let error = producer.check_topic("nowhere", within(20)).await.expect_err("no such topic");
    assert!(matches!(error, SendError::TopicMissing(_)), "{error}");
    assert_eq!(send(&mut producer, "two", 20).await, Ok(()));
    assert_eq!(broker.request_count(ApiKey::InitProducerId), 1);
}

#[tokio::test]
async fn missing_rights_are_told_apart_and_granted_ones_noticed() {
    let (broker, mut producer) = broker().await;
    for (api, code, named) in [
        (ApiKey::Produce, ErrorCode::TopicAuthorizationFailed, "topic events"),
        (ApiKey::InitProducerId, ErrorCode::ClusterAuthorizationFailed, "grant IdempotentWrite"),
    ] {
        broker.on(api, move |_| Control::Error(code));
        let error = send(&mut producer, "lost", 20).await.expect_err("no right");
        assert!(matches!(error, SendError::Unauthorized(_)), "{error}");
        assert!(error.to_string().contains(named), "{error}");
        broker.clear_hooks();
    }
    assert_eq!(send(&mut producer, "kept", 20).await, Ok(()));
    assert_eq!(written(&broker), ["kept"]);
}

#[tokio::test]
async fn a_fenced_producer_is_replaced() {
    let (broker, mut producer) = broker().await;
    broker.on(ApiKey::Produce, |_| Control::Error(ErrorCode::InvalidProducerEpoch));
    let error = send(&mut producer, "lost", 20).await.expect_err("fenced");
    assert!(matches!(error, SendError::Unavailable(_)), "{error}");
    broker.clear_hooks();
    assert_eq!(send(&mut producer, "kept", 20).await, Ok(()));
    assert_eq!(broker.request_count(ApiKey::InitProducerId), 2, "a new identity");
    assert_eq!(written(&broker), ["kept"]);
}

#[tokio::test]
async fn what_misses_the_deadline_is_said_so_and_not_sent_later() {
    let (broker, mut producer) = broker().await;
    broker.on_once(ApiKey::Produce, |_| Control::Delay(Duration::from_secs(2)));
    // More than one request: the second waits for the answer to the first.
    let long =
        |value: &str| Message { value: Some(value.repeat(50_000).into()), ..message("events", "") };
    let started = Instant::now();
    let results = producer.send(&[long("one"), long("two")], within(1)).await;
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    let text = format!(
        "kafka at {} did not acknowledge a message for topic events before the deadline",
        broker.bootstrap_servers()
    );
    assert_eq!(results, vec![Err(SendError::Unavailable(text)); 2]);

    // The request that was sent is written late. The requests after it are not written.
    while written(&broker).is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(send(&mut producer, "three", 20).await, Ok(()));
    let starts: Vec<_> = written(&broker).iter().map(|value| value[..3].to_owned()).collect();
    assert_eq!(starts, ["one", "thr"]);
}

#[tokio::test]
async fn a_broker_that_comes_back_is_found_again() {
    let (broker, mut producer) = broker().await;
    assert_eq!(send(&mut producer, "one", 20).await, Ok(()));
    let node = *broker.request_nodes(ApiKey::Produce).first().expect("a node that was asked");
    broker.crash(node);
    let error = send(&mut producer, "lost", 2).await.expect_err("nobody there");
    assert!(matches!(error, SendError::Unavailable(_)), "{error}");
    broker.restart(node);
    assert_eq!(send(&mut producer, "two", 20).await, Ok(()));
    assert_eq!(written(&broker), ["one", "two"]);
}

#[tokio::test]
async fn a_call_that_is_dropped_half_way_spoils_nothing() {
    let (broker, mut producer) = broker().await;
    assert_eq!(send(&mut producer, "one", 20).await, Ok(()));
    broker.on_once(ApiKey::Produce, |_| Control::Silence);
    let dropped = timeout(Duration::from_millis(200), send(&mut producer, "dropped", 20)).await;
    assert!(dropped.is_err());
    assert_eq!(send(&mut producer, "two", 20).await, Ok(()));
    assert_eq!(broker.request_count(ApiKey::InitProducerId), 2, "on a connection of its own");
}

#[tokio::test]
async fn a_topic_that_was_deleted_is_missed_by_name() {
    let (broker, mut producer) = broker().await;
    assert_eq!(send(&mut producer, "one", 20).await, Ok(()));
    assert!(broker.delete_topic("events"));
    let error = send(&mut producer, "lost", 2).await.expect_err("gone");
    assert!(error.to_string().contains("topic events"), "{error}");
    let error = send(&mut producer, "lost", 2).await.expect_err("still gone");
    assert!(matches!(error, SendError::TopicMissing(_)), "{error}");
    broker.create_topic("events", 1);
    assert_eq!(send(&mut producer, "two", 20).await, Ok(()));
    assert_eq!(written(&broker), ["two"]);
}
