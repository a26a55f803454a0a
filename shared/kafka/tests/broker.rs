//! The producer against real brokers, read back with kcat.

mod support;

use std::time::Duration;

use bytes::Bytes;
use sluice_kafka::{KafkaProducer, Message, Producer, SendError};
use support::{access, create, kcat, message, name, plain_brokers, within};
use tokio::time::Instant;

/// Every shape a key, value, header or timestamp can have, in one partition.
fn shapes(topic: &str) -> Vec<Message> {
    let plain = Message { timestamp: Some(1_545_084_650_987), ..message(topic, "value") };
    vec![
        Message { key: Some(Bytes::from_static(b"\x00\xff\x80")), ..plain.clone() },
        Message { key: None, value: Some(Bytes::from_static(b"\xc3\x28")), ..plain.clone() },
        Message { key: Some(Bytes::new()), value: Some(Bytes::new()), ..plain.clone() },
        Message { value: None, timestamp: Some(0), ..plain.clone() },
        Message {
            headers: vec![
                ("again".to_owned(), Some("one".into())),
                ("null".to_owned(), None),
                ("again".to_owned(), Some("two".into())),
                ("empty".to_owned(), Some(Bytes::new())),
                ("raw".to_owned(), Some(Bytes::from_static(b"\x80\xff"))),
            ],
            ..plain
        },
    ]
}

const SHAPES_AS_KCAT_SEES_THEM: &[u8] = b"\
    1545084650987 3 \x00\xff\x80 5 value \n\
    1545084650987 -1  2 \xc3\x28 \n\
    1545084650987 0  0  \n\
    0 3 key -1  \n\
    1545084650987 3 key 5 value again=one,null=NULL,again=two,empty=,raw=\x80\xff\n";

#[tokio::test]
async fn bytes_come_back_the_same_from_every_broker() {
    for servers in plain_brokers() {
        let topic = name("shapes");
        create(&servers, &topic, 1, &[]).await;
        let mut producer = KafkaProducer::new(access(&servers, &[]));
        let results = producer.send(&shapes(&topic), within(20)).await;
        assert_eq!(results, vec![Ok(()); 5], "{servers}");
        let read = kcat(&servers, &topic, "%T %K %k %S %s %h\n");
        assert_eq!(
            read.escape_ascii().to_string(),
            SHAPES_AS_KCAT_SEES_THEM.escape_ascii().to_string(),
            "{servers}"
        );
    }
}

#[tokio::test]
async fn messages_of_one_key_keep_their_order_in_one_partition() {
    let servers = support::exported("TEST_KAFKA");
    let topic = name("order");
    create(&servers, &topic, 4, &[]).await;
    let messages: Vec<_> = (0..5_000).map(|n| message(&topic, &format!("{n:0200}"))).collect();
    let results = KafkaProducer::new(access(&servers, &[])).send(&messages, within(30)).await;
    assert_eq!(results, vec![Ok(()); messages.len()]);

    let read = String::from_utf8(kcat(&servers, &topic, "%p %s\n")).expect("text");
    let (partitions, values): (Vec<_>, Vec<_>) =
        read.lines().map(|line| line.split_once(' ').expect("two fields")).unzip();
    assert!(partitions.iter().all(|partition| *partition == partitions[0]));
    let sent: Vec<_> = (0..5_000).map(|n| format!("{n:0200}")).collect();
    assert_eq!(values, sent);
}

#[tokio::test]
async fn a_missing_topic_is_named_at_once_and_not_remembered() {
    for servers in plain_brokers() {
        let (missing, there) = (name("missing"), name("there"));
        create(&servers, &there, 1, &[]).await;
        let mut producer = KafkaProducer::new(access(&servers, &[]));

        let started = Instant::now();
        let found = producer.check_topic(&missing, within(60)).await;
        let expected = format!("topic {missing} does not exist at {servers}");
        assert!(found.as_ref().is_err_and(|error| error.to_string().starts_with(&expected)));
        let both = [message(&missing, "one"), message(&there, "two")];
        let results = producer.send(&both, within(60)).await;
        assert!(matches!(&results[..], [Err(SendError::TopicMissing(_)), Ok(())]), "{results:?}");
        assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());

        create(&servers, &missing, 1, &[]).await;
        let mut found = producer.check_topic(&missing, within(20)).await;
        let patience = within(20);
        // A cluster needs a moment until all its brokers know a change.
        while found.is_err() && Instant::now() < patience {
            found = producer.check_topic(&missing, within(20)).await;
        }
        assert_eq!(found, Ok(()), "{servers}");
        assert_eq!(producer.send(&both, within(20)).await, vec![Ok(()); 2], "{servers}");
        assert_eq!(kcat(&servers, &missing, "%s\n"), b"one\n");
        assert_eq!(kcat(&servers, &there, "%s\n"), b"two\ntwo\n");
    }
}

#[tokio::test]
async fn only_the_message_that_is_too_large_is_refused() {
    for servers in plain_brokers() {
        let topic = name("large");
        create(&servers, &topic, 1, &[("max.message.bytes", "2000")]).await;
        // The small messages together are also larger than the topic accepts in one batch.
        let mut messages: Vec<_> = (0..20).map(|n| message(&topic, &format!("{n:0500}"))).collect();
        messages[7].value = Some(vec![b'x'; 5_000].into());
        let mut producer = KafkaProducer::new(access(&servers, &[]));
        for _ in 0..2 {
            let results = producer.send(&messages, within(30)).await;
            for (n, result) in results.iter().enumerate() {
                let large =
                    matches!(result, Err(SendError::TooLarge(text)) if text.contains(&topic));
                assert!(
                    if n == 7 { large } else { *result == Ok(()) },
                    "{servers} {n}: {result:?}"
                );
            }
        }
        let huge = Message { value: Some(vec![b'x'; 40 << 20].into()), ..messages[0].clone() };
        let results = producer.send(&[huge], within(20)).await;
        assert!(matches!(&results[..], [Err(SendError::TooLarge(_))]), "{servers}: {results:?}");
        messages[7].value = None;
        assert_eq!(producer.send(&messages[7..8], within(20)).await, [Ok(())]);
        let read = String::from_utf8(kcat(&servers, &topic, "%S\n")).expect("text");
        assert_eq!(read.lines().filter(|size| *size == "500").count(), 38);
        assert_eq!(read.lines().filter(|size| *size == "-1").count(), 1);
    }
}

#[tokio::test]
async fn only_the_message_with_an_impossible_timestamp_is_refused() {
    let servers = support::exported("TEST_KAFKA");
    let topic = name("future");
    create(&servers, &topic, 1, &[("message.timestamp.after.max.ms", "60000")]).await;
    let far = Message { timestamp: Some(9_999_999_999_999), ..message(&topic, "far") };
    let messages = [message(&topic, "one"), far, message(&topic, "two")];
    let results = KafkaProducer::new(access(&servers, &[])).send(&messages, within(20)).await;
    assert!(matches!(&results[..], [Ok(()), Err(SendError::Refused(_)), Ok(())]), "{results:?}");
}

#[tokio::test]
async fn a_compacted_topic_refuses_what_has_no_key_and_says_so() {
    for servers in plain_brokers() {
        let topic = name("compacted");
        create(&servers, &topic, 1, &[("cleanup.policy", "compact")]).await;
        let keyless = Message { key: None, ..message(&topic, "two") };
        let messages = [message(&topic, "one"), keyless, message(&topic, "three")];
        let results = KafkaProducer::new(access(&servers, &[])).send(&messages, within(20)).await;
        let [Ok(()), Err(SendError::Refused(text)), Ok(())] = &results[..] else {
            panic!("{servers}: {results:?}")
        };
        assert!(text.contains("without a key") && text.contains(&topic), "{text}");
    }
}

#[tokio::test]
async fn a_dead_port_is_an_error_within_the_deadline() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let servers = closed.local_addr().expect("an address").to_string();
    drop(closed);
    let mut producer = KafkaProducer::new(access(&servers, &[]));
    let started = Instant::now();
    let results = producer.send(&[message("any", "one"), message("any", "two")], within(3)).await;
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    for result in results {
        let error = result.expect_err("nobody listens");
        assert!(matches!(&error, SendError::Unavailable(_)), "{error}");
        assert!(error.to_string().contains(&servers), "{error}");
    }
}

#[tokio::test]
async fn a_port_that_never_answers_is_an_error_at_the_deadline() {
    // The connection is never accepted: it opens, but there is no answer.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let servers = silent.local_addr().expect("an address").to_string();
    let started = Instant::now();
    let found = KafkaProducer::new(access(&servers, &[])).check_topic("any", within(2)).await;
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    let expected = format!("kafka at {servers} did not answer before the deadline");
    assert_eq!(found, Err(SendError::Unavailable(expected)));
}

#[tokio::test]
async fn no_broker_at_all_says_what_to_set() {
    let mut producer = KafkaProducer::new(access("", &[]));
    let error = producer.check_topic("any", within(2)).await.expect_err("nowhere to go");
    assert_eq!(error.to_string(), "no broker is known: set kafka.bootstrap.servers");
}
