//! The events in `tests/events`, each record as one line: what a person reads there is what
//! [`Event::decode`] must find.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::fs;
use std::path::PathBuf;

use aws_lambda_events::kafka::{KafkaEvent, KafkaRecord};
use base64_simd::STANDARD;
use bumpalo::Bump;
use proptest::prelude::*;
use sluice_bridge::event::Event;
use sluice_bridge::event::record::Record;
use sluice_testkit::{EventBuilder, RecordBuilder};

fn file(name: &str) -> Vec<u8> {
    let events = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/events");
    fs::read(events.join(name)).unwrap()
}

/// `topic/partition@offset timestamp key value headers`, where `-` is "none".
fn line(record: &Record<'_>) -> String {
    let Record { topic, partition, offset, key, value, .. } = record;
    let bytes = |bytes: Option<&[u8]>| {
        bytes.map_or("-".to_owned(), |bytes| format!("'{}'", bytes.escape_ascii()))
    };
    let timestamp = record.timestamp.map_or("-".to_owned(), |millis| millis.to_string());
    let headers: Vec<String> = record
        .headers
        .to_vec()
        .iter()
        .map(|(name, value)| format!("{name}={}", bytes(value.as_deref())))
        .collect();
    let (key, value) = (bytes(*key), bytes(*value));
    format!("{topic}/{partition}@{offset} {timestamp} {key} {value} [{}]", headers.join(" "))
}

#[track_caller]
fn check(body: &[u8], expected: &[&str]) {
    let arena = Bump::new();
    let event = Event::decode(body, &arena).unwrap();
    let lines: Vec<String> = event.records.iter().map(line).collect();
    assert_eq!(lines, expected);
}

#[test]
fn msk_with_two_partitions() {
    check(
        &file("msk.json"),
        &[
            r#"orders/0@15 1545084650987 'recordKey' '{\"id\":1}' [trace='abc']"#,
            r#"orders/0@16 1545084650988 'recordKey' '{\"id\":2}' []"#,
            r#"orders/1@7 1545084651000 'other' '{\"id\":3}' [trace='def' source='shop']"#,
        ],
    );
}

/// `shop.orders-eu-1` is a topic, and it is partition 1 of `shop.orders-eu`.
#[test]
fn self_managed_with_hyphenated_topics() {
    check(
        &file("self-managed.json"),
        &[
            r#"shop.orders-eu-1/0@100 1767225600000 - '{\"id\":1}' []"#,
            r#"shop.orders-eu-1/12@0 1767225600000 - '{\"id\":2}' []"#,
            r#"shop.orders-eu/1@9223372036854775807 1767225600000 - '{\"id\":3}' []"#,
        ],
    );
}

#[test]
fn null_absent_and_empty_keys_and_values() {
    check(
        &file("null-absent-empty.json"),
        &[
            "orders/0@0 1767225600000 - '{}' []",
            "orders/0@1 1767225600000 - '{}' []",
            "orders/0@2 1767225600000 '' '{}' []",
            "orders/0@3 1767225600000 'k' - []",
            "orders/0@4 1767225600000 'k' - []",
            "orders/0@5 1767225600000 'k' '' []",
            r"orders/0@6 1767225600000 '\x00\xff\x80' '\xfb\xff\xfe' []",
        ],
    );
}

#[test]
fn header_bytes_signed_and_unsigned() {
    let every: Vec<u8> = (128..=255).chain(0..=255).collect();
    let every = format!("orders/0@0 1767225600000 - - [every='{}']", every.escape_ascii());
    check(
        &file("header-bytes.json"),
        &[
            &every,
            r"orders/0@1 1767225600000 - - [name='\xc3\xbc' name='\xc3\xbc' name=- empty='' naïve='!']",
            "orders/0@2 1767225600000 - - []",
            "orders/0@3 1767225600000 - - []",
        ],
    );
}

#[test]
fn timestamps_that_no_broker_knows() {
    check(
        &file("timestamps.json"),
        &[
            "orders/0@0 - - '{}' []",
            "orders/0@1 0 - '{}' []",
            "orders/0@2 - - '{}' []",
            "orders/0@3 - - '{}' []",
            "orders/0@4 1767225600001 - '{}' []",
        ],
    );
}

#[test]
fn schema_metadata_and_unknown_members() {
    let expected = [r#"orders/0@0 1767225600000 '1' '{\"id\":1}' []"#];
    check(&file("schema-registry.json"), &expected);
}

/// The event to try a connector with by hand: topic `orders`, three good orders.
#[test]
fn three_orders() {
    let (body, arena) = (file("orders.json"), Bump::new());
    let records = Event::decode(&body, &arena).unwrap().records;
    let orders = records.iter().map(|record| {
        let order: serde_json::Value = serde_json::from_slice(record.value.unwrap()).unwrap();
        assert_eq!(record.topic, "orders");
        assert_eq!(record.key.unwrap(), order["id"].to_string().as_bytes());
        let mut fields: Vec<String> = order.as_object().unwrap().keys().cloned().collect();
        fields.sort();
        assert_eq!(fields, ["amount", "created_at", "currency", "customer", "id", "note"]);
        order["id"].as_u64().unwrap()
    });
    assert_eq!(orders.collect::<Vec<_>>(), [1001, 1002, 1003]);
}

#[test]
fn bootstrap_servers_are_kept() {
    let arena = Bump::new();
    let body = file("self-managed.json");
    let event = Event::decode(&body, &arena).unwrap();
    let servers = "kafka-1.example.com:9092,kafka-2.example.com:9092";
    assert_eq!(event.bootstrap_servers, Some(servers));
}

/// The runtime's own model of the event agrees on every event it can read.
///
/// Of the others it refuses unsigned or null headers and missing or negative timestamps; it
/// reads about every second timestamp one millisecond low, which is allowed for here.
#[test]
fn aws_lambda_events_agrees() {
    let files = ["msk", "self-managed", "null-absent-empty", "schema-registry", "orders"];
    for name in files {
        let (body, arena) = (file(&format!("{name}.json")), Bump::new());
        let ours = Event::decode(&body, &arena).unwrap();
        let model: KafkaEvent = serde_json::from_slice(&body).unwrap();
        assert_eq!(ours.bootstrap_servers, model.bootstrap_servers.as_deref(), "{name}");
        let theirs: usize = model.records.values().map(Vec::len).sum();
        assert_eq!(ours.records.len(), theirs, "{name}");
        for record in &ours.records {
            let partition = format!("{}-{}", record.topic, record.partition);
            let mut same = model.records[&partition].iter();
            agree(record, same.find(|model| model.offset == record.offset).unwrap());
        }
    }
    for name in ["header-bytes", "timestamps"] {
        let refused = serde_json::from_slice::<KafkaEvent>(&file(&format!("{name}.json")));
        assert!(refused.is_err(), "the model now reads {name}.json: compare it, too");
    }
}

fn agree(ours: &Record<'_>, model: &KafkaRecord) {
    let decode =
        |text: &Option<String>| text.as_ref().map(|text| STANDARD.decode_to_vec(text).unwrap());
    assert_eq!(Some(ours.topic), model.topic.as_deref());
    assert_eq!(i64::from(ours.partition), model.partition);
    assert_eq!(ours.key.map(<[u8]>::to_vec), decode(&model.key));
    assert_eq!(ours.value.map(<[u8]>::to_vec), decode(&model.value));
    let late = ours.timestamp.unwrap() - model.timestamp.timestamp_millis();
    assert!((0..=1).contains(&late), "{late} ms apart");
    let headers = model.headers.iter().flatten();
    let headers = headers.map(|(name, bytes)| {
        (name.clone(), Some(bytes.iter().map(|byte| byte.cast_unsigned()).collect()))
    });
    assert_eq!(ours.headers.to_vec(), headers.collect::<Vec<(String, Option<Vec<u8>>)>>());
}

/// What the builder writes is what the decoder reads, at the size Lambda allows at most.
#[test]
fn six_megabytes() {
    const LIMIT: usize = 6 * 1024 * 1024;
    let value = "x".repeat(300);
    let mut event = EventBuilder::msk();
    let mut records = 0;
    while records * 600 < LIMIT - 600 {
        let number = records.to_string();
        let record = event.next("orders", (records % 7) as i32).key(&number).value(&value);
        event = event.record(record.header("n", Some(number.as_bytes())));
        records += 1;
    }
    let body = event.build();
    assert!((LIMIT - LIMIT / 10..LIMIT).contains(&body.len()), "{} bytes", body.len());
    let arena = Bump::new();
    let decoded = Event::decode(&body, &arena).unwrap();
    assert_eq!(decoded.records.len(), records);
    for record in &decoded.records {
        let number = record.offset as usize * 7 + record.partition as usize;
        assert_eq!(record.key, Some(number.to_string().as_bytes()));
        assert_eq!(record.value, Some(value.as_bytes()));
        assert_eq!(record.headers.to_vec(), [("n".to_owned(), record.key.map(<[u8]>::to_vec))]);
    }
}

/// Every shape the builder knows comes out as it went in.
#[test]
fn the_builder_builds_what_was_asked_for() {
    let at = |offset| RecordBuilder::new("a\"b-1", 3, offset);
    let event = EventBuilder::self_managed()
        .record(at(0).absent_key().absent_value().absent_headers().timestamp(-1))
        .record(at(1).key("").value("").null_headers().timestamp(0))
        .record(at(2).header("h", Some(&[0, 127, 128, 255])).header("h", None))
        .record(at(3).member("valueSchemaMetadata", r#"{"value":"no"}"#));
    let expected = [
        r#"a"b-1/3@0 - - - []"#,
        r#"a"b-1/3@1 0 '' '' []"#,
        r#"a"b-1/3@2 1767225600000 - - [h='\x00\x7f\x80\xff' h=-]"#,
        r#"a"b-1/3@3 1767225600000 - - []"#,
    ];
    check(&event.build(), &expected);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A damaged event is refused, or it is still JSON to others, too; nothing panics.
    #[test]
    fn damage_is_survived(
        name in prop::sample::select(vec!["msk", "null-absent-empty", "header-bytes", "timestamps"]),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut body = file(&format!("{name}.json"));
        for (place, byte) in places {
            let place = place.index(body.len());
            body[place] = byte;
        }
        let arena = Bump::new();
        if let Ok(event) = Event::decode(&body, &arena) {
            let lines = event.records.iter().map(line).count();
            prop_assert_eq!(lines, event.records.len());
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&body).is_ok());
        }
    }
}
