use std::time::SystemTime;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::destination::envelope::{self, Source};
use crate::event::batch::{Condition, Discard, Slice};

fn header(name: &str, value: &str) -> (String, Option<Bytes>) {
    (name.to_owned(), Some(Bytes::from(value.to_owned())))
}

fn record(headers: Headers, value: Option<&[u8]>) -> ConsumerRecord {
    let value = value.map(Bytes::copy_from_slice);
    let mut record = ConsumerRecord::new("dead", 2, 7, Some(Bytes::from_static(b"k")), value);
    record.headers = headers;
    record.timestamp = 1_000;
    record
}

fn one(record: &ConsumerRecord) -> Letter {
    let [letter] = read(record).try_into().expect("one letter");
    letter
}

#[test]
fn connects_headers_alone_are_a_letter() {
    let letter = one(&record(
        vec![
            header("trace", "1"),
            header("__connect.errors.topic", "a-b.c"),
            header("__connect.errors.partition", "3"),
            header("__connect.errors.offset", "1099511627776"),
            header("__connect.errors.stage", "VALUE_CONVERTER"),
            header("__connect.errors.exception.class.name", "org.apache.DataException"),
            ("__connect.errors.exception.message".to_owned(), None),
            header("trace", "2"),
        ],
        Some(b"\xff"),
    ));
    let origin = letter.origin.as_ref().map(RecordPosition::to_string);
    assert_eq!(origin.as_deref(), Some("a-b.c-3@1099511627776"));
    assert_eq!(letter.headers, [header("trace", "1"), header("trace", "2")]);
    assert_eq!(letter.details.reason.as_deref(), Some("org.apache.DataException"));
    assert_eq!(
        (letter.key.as_deref(), letter.value.as_deref()),
        (Some(&b"k"[..]), Some(&b"\xff"[..]))
    );
    assert_eq!((letter.timestamp, letter.position.to_string()), (Some(1_000), "dead-2@7".into()));
    assert!(letter.is_whole);
}

#[test]
fn sluices_headers_alone_are_a_letter_of_unknown_source() {
    let letter = one(&record(vec![header("__sluice.errors.column", "amount")], None));
    assert_eq!((letter.origin, letter.topic, letter.value), (None, None, None));
    assert_eq!(letter.details.column.as_deref(), Some("amount"));
}

#[test]
fn the_last_reason_counts() {
    let twice = ["first", "second"].map(|topic| header("__connect.errors.topic", topic));
    assert_eq!(one(&record(twice.to_vec(), None)).topic.as_deref(), Some("second"));
}

/// The record itself has headers of a reason, from another program or another letter.
#[test]
fn only_the_latest_reasons_are_the_letters() {
    let own = vec![
        header("__connect.errors.topic", "elsewhere"),
        header("__sluice.errors.column", "mine"),
        header("__sluice.errors.value.omitted.bytes", "9"),
        header("trace", "1"),
    ];
    let block = [
        header("__connect.errors.topic", "orders"),
        header("__connect.errors.partition", "3"),
        header("__connect.errors.offset", "4"),
        header("__sluice.errors.timestamp", "42"),
        header("behind", "2"),
    ];
    let letter = one(&record([own.clone(), block.to_vec()].concat(), None));
    assert_eq!(letter.origin.map(|origin| origin.to_string()).as_deref(), Some("orders-3@4"));
    assert_eq!(letter.headers, [own, vec![header("behind", "2")]].concat());
    assert_eq!((letter.details.column, letter.timestamp, letter.is_whole), (None, Some(42), true));
}

#[test]
fn a_letter_of_ours_gives_headers_their_names_back() {
    let own = ["__connect.errors.topic", "__sluice.own.x", "trace"].map(|name| header(name, "1"));
    let kept = [
        header("__sluice.own.__connect.errors.topic", "1"),
        header("__sluice.own.__sluice.own.x", "1"),
        header("trace", "1"),
    ];
    let block = [
        header("__connect.errors.topic", "orders"),
        header("__connect.errors.class.name", "sluice"),
    ];
    let letter = one(&record([&kept[..], &block].concat(), None));
    assert_eq!(letter.headers, own);
}

#[test]
fn a_record_without_a_timestamp_is_given_none() {
    let letter = one(&record(vec![header("__sluice.errors.timestamp", "")], None));
    assert_eq!((letter.timestamp, letter.written), (None, 1_000));
}

#[test]
fn a_letter_that_was_made_smaller_is_not_whole() {
    for name in ["value.omitted.bytes", "key.omitted.bytes", "headers.omitted"] {
        let name = format!("__sluice.errors.{name}");
        assert!(!one(&record(vec![header(&name, "9")], None)).is_whole, "{name}");
    }
    let letter = one(&record(vec![header("__sluice.errors.timestamp", "42")], None));
    assert_eq!((letter.timestamp, letter.written, letter.is_whole), (Some(42), 1_000, true));
}

#[test]
fn what_is_no_letter_is_none() {
    let envelope = json!({"requestContext": {"condition": "RetryAttemptsExhausted"}});
    for value in [
        Value::Null,
        json!({}),
        json!({"requestContext": {}, "payload": {"records": {}}}),
        envelope.clone(),
        json!({"requestContext": envelope["requestContext"], "payload": {"records": {"t-0": [1]}}}),
        json!({"requestContext": envelope["requestContext"], "payload": "not an event"}),
    ] {
        let value = value.to_string();
        assert_eq!(read(&record(vec![], Some(value.as_bytes()))).len(), 0, "{value}");
    }
    for value in [None, Some(&b""[..]), Some(b"{"), Some(b"\xff{}"), Some(b"[1]")] {
        assert_eq!(read(&record(vec![header("trace", "1")], value)).len(), 0, "{value:?}");
    }
}

#[test]
fn an_envelope_as_s3_has_it_may_hold_several_records() {
    let at = |partition, offset| json!({"topic": "t", "partition": partition, "offset": offset, "value": "eA=="});
    let payload = json!({"records": {"t-0": [at(0, 4), at(0, 5)], "t-1": [at(1, 9)]}}).to_string();
    let value = json!({"requestContext": {"condition": "RetriesExhausted"}, "payload": payload});
    let letters = read(&record(vec![], Some(value.to_string().as_bytes())));
    let places: Vec<_> =
        letters.iter().map(|l| l.origin.as_ref().expect("known").to_string()).collect();
    assert_eq!(places, ["t-0@4", "t-0@5", "t-1@9"]);
    assert!(letters.iter().all(|letter| letter.value.as_deref() == Some(b"x")));
    assert!(letters.iter().all(|letter| letter.position.offset == 7 && letter.key.is_none()));
}

fn bytes() -> impl Strategy<Value = Option<Bytes>> {
    prop::option::of(prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from))
}

proptest! {
    /// A record that our trigger has given up is read back unchanged.
    #[test]
    fn an_envelope_returns_its_record(
        (topic, partition, offset) in ("[a-z.-]{1,9}", 0..i32::MAX, 0..i64::MAX),
        timestamp in prop::option::of(0..i64::MAX),
        (key, value) in (bytes(), bytes()),
        headers in prop::collection::vec(("[ -~]{0,9}", bytes()), 0..4),
    ) {
        let mut original = ConsumerRecord::new(&*topic, partition, offset, key.clone(), value.clone());
        original.timestamp = timestamp.unwrap_or(-1);
        original.headers = headers.clone();
        let slice = Slice::new(partition, 0, vec![]);
        let discard = Discard {
            condition: Condition::RetryAttemptsExhausted, reason: String::new(), failures: 0,
        };
        let source = Source { bootstrap: "b:1", function_arn: "arn" };
        let written = envelope::write(&original, &slice, "r", &discard, source, SystemTime::UNIX_EPOCH);
        let letter = one(&record(vec![], Some(&written)));
        prop_assert_eq!(letter.origin, Some(RecordPosition { topic, partition, offset }));
        prop_assert_eq!((letter.key, letter.value, letter.headers), (key, value, headers));
        prop_assert_eq!(letter.timestamp, timestamp);
        prop_assert_eq!(letter.details.reason.as_deref(), Some("RetryAttemptsExhausted"));
    }

    #[test]
    fn no_bytes_are_too_odd(value in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read(&record(vec![], Some(&value))).is_empty());
    }
}
