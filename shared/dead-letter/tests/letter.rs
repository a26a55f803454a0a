//! A letter: the record untouched, and beside it Kafka Connect's reasons, each name once.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use bumpalo::Bump;
use bytes::Bytes;
use proptest::prelude::*;
use sluice_bridge::event::Event;
use sluice_bridge::model::failure::{Cause, Failure, Stage};
use sluice_dead_letter::{Sender, letter};
use sluice_kafka::Message;
use sluice_testkit::event::TIMESTAMP as WRITTEN_AT;
use sluice_testkit::{EventBuilder, RecordBuilder};

/// Of KIP-298, in the order of its table.
const CONNECT: [&str; 10] = [
    "__connect.errors.topic",
    "__connect.errors.partition",
    "__connect.errors.offset",
    "__connect.errors.connector.name",
    "__connect.errors.task.id",
    "__connect.errors.stage",
    "__connect.errors.class.name",
    "__connect.errors.exception.class.name",
    "__connect.errors.exception.message",
    "__connect.errors.exception.stacktrace",
];

const TIMESTAMP: &str = "__sluice.errors.timestamp";

fn write(record: RecordBuilder, failure: &Failure, include_messages: bool) -> Message {
    let (body, arena) = (EventBuilder::msk().record(record).build(), Bump::new());
    let event = Event::decode(&body, &arena).unwrap();
    let sender = Sender { connector: "orders-sink".to_owned(), include_messages };
    letter(&sender, "dead", &event.records[0], failure)
}

fn failure(stage: Stage) -> Failure {
    let cause = Cause::mismatch("amount", "integer", "string", "no integer");
    let cause = Cause {
        code: Some("22P02".into()),
        detail: Some("invalid input: \"s3cret\"".into()),
        ..cause
    };
    Failure { record: 0, stage, cause, may_pass: false }
}

fn texts(headers: &[(String, Option<Bytes>)]) -> Vec<(&str, &str)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), str::from_utf8(value.as_ref().unwrap()).unwrap()))
        .collect()
}

#[test]
fn the_headers_are_connects_and_then_ours() {
    let record = RecordBuilder::new("a-b.c", 7, 1 << 40).value("x");
    let letter = write(record, &failure(Stage::Write), false);
    let message = "column \"amount\" is integer: no integer (22P02)";
    let trace = format!("sluice.RejectedRow: {message}");
    let values = [
        "a-b.c",
        "7",
        "1099511627776",
        "orders-sink",
        "0",
        "TASK_PUT",
        "sluice",
        "sluice.RejectedRow",
        message,
        &trace,
    ];
    let timestamp = WRITTEN_AT.to_string();
    let ours = [
        (TIMESTAMP, timestamp.as_str()),
        ("__sluice.errors.column", "amount"),
        ("__sluice.errors.code", "22P02"),
        ("__sluice.errors.expected", "integer"),
        ("__sluice.errors.given", "string"),
    ];
    let expected: Vec<_> = CONNECT.into_iter().zip(values).chain(ours).collect();
    assert_eq!(texts(&letter.headers), expected);
}

#[test]
fn stages_have_connects_names() {
    let cases = [
        (Stage::Key, "KEY_CONVERTER"),
        (Stage::Value, "VALUE_CONVERTER"),
        (Stage::Mapping, "TRANSFORMATION"),
        (Stage::Write, "TASK_PUT"),
    ];
    for (stage, name) in cases {
        let letter = write(RecordBuilder::new("t", 0, 0), &failure(stage), false);
        assert!(texts(&letter.headers).contains(&("__connect.errors.stage", name)));
    }
}

#[test]
fn what_is_not_known_is_not_said() {
    let cause =
        Failure { record: 0, stage: Stage::Value, cause: Cause::new("not json"), may_pass: false };
    let letter = write(RecordBuilder::new("t", 0, 0), &cause, true);
    let names: Vec<&str> = letter.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [&CONNECT[..], &[TIMESTAMP]].concat());
}

#[test]
fn the_targets_words_are_quoted_on_request_only() {
    let quotes = |include_messages| {
        let letter = write(RecordBuilder::new("t", 0, 0), &failure(Stage::Write), include_messages);
        let quoting =
            texts(&letter.headers).into_iter().filter(|(_, text)| text.contains("s3cret"));
        quoting.map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(quotes(false), Vec::<String>::new());
    assert_eq!(quotes(true), CONNECT[8..]);
}

#[test]
fn key_and_value_are_the_records_and_its_timestamp_is_in_a_header() {
    let odd = b"\x00\xff{";
    let none = RecordBuilder::new("t", 0, 0).absent_key().absent_value();
    let empty = RecordBuilder::new("t", 0, 0).key("").value("").timestamp(0);
    let cases = [
        (RecordBuilder::new("t", 0, 0).timestamp(-1), None, None, ""),
        (empty, Some(&b""[..]), Some(&b""[..]), "0"),
        (RecordBuilder::new("t", 0, 0).key(odd).value(odd).timestamp(7), Some(odd), Some(odd), "7"),
        (none.timestamp(7), None, None, "7"),
    ];
    for (record, key, value, timestamp) in cases {
        let letter = write(record, &failure(Stage::Value), false);
        assert_eq!((letter.key.as_deref(), letter.value.as_deref()), (key, value));
        // Brokers delete by the letter's timestamp, which is the time of sending.
        assert_eq!((letter.topic.as_str(), letter.timestamp), ("dead", None));
        assert!(texts(&letter.headers).contains(&(TIMESTAMP, timestamp)));
    }
}

/// The record that a letter is when somebody reads its topic, an hour later.
fn read(letter: &Message) -> RecordBuilder {
    let record = RecordBuilder::new("dead", 0, 9).timestamp(WRITTEN_AT + 3_600_000);
    letter
        .headers
        .iter()
        .fold(record, |record, (name, value)| record.header(name, value.as_deref()))
}

#[test]
fn a_letter_about_a_letter_has_each_reason_once_and_the_latest() {
    let mut first =
        write(RecordBuilder::new("t", 3, 4).header("h", None), &failure(Stage::Write), false);
    first.headers.push(("behind".to_owned(), None));
    let again = Failure {
        record: 0,
        stage: Stage::Mapping,
        cause: Cause::new("no column"),
        may_pass: false,
    };
    let second = write(read(&first), &again, false);
    assert_eq!(second.headers[..2], [("h".to_owned(), None), ("behind".to_owned(), None)]);
    let names: Vec<&str> = second.headers[2..].iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [&CONNECT[..], &[TIMESTAMP]].concat());
    let told = texts(&second.headers[2..]);
    let place: Vec<_> = told[..3].iter().map(|told| told.1).collect();
    assert_eq!(place, ["dead", "0", "9"]);
    let timestamp = WRITTEN_AT.to_string();
    assert_eq!(told[10], (TIMESTAMP, timestamp.as_str()), "the first record's");
}

/// A record that another program lettered, or that copies such headers, keeps them, and no reader
/// takes them for ours.
#[test]
fn reasons_of_others_are_kept_under_a_prefix() {
    let own: [(&str, Option<&[u8]>); 6] = [
        ("__connect.errors.topic", Some(b"elsewhere")),
        ("__sluice.errors.column", Some(b"mine")),
        ("__connect.errors.class.name", Some(b"org.apache.kafka.connect.json.JsonConverter")),
        ("__connect.errors.exception.message", None),
        ("__sluice.errors.timestamp", Some(b"1")),
        ("__sluice.own.x", Some(b"2")),
    ];
    let record = own
        .iter()
        .fold(RecordBuilder::new("t", 0, 0), |record, (name, value)| record.header(name, *value));
    let first = write(record, &failure(Stage::Write), false);
    let own = own.map(|(name, value)| (format!("__sluice.own.{name}"), value.map(Bytes::from)));
    assert_eq!(first.headers[..6], own);
    let timestamp = WRITTEN_AT.to_string();
    assert!(texts(&first.headers[6..]).contains(&(TIMESTAMP, timestamp.as_str())));
    // Only the reasons give way to new ones.
    let second = write(read(&first), &failure(Stage::Mapping), false);
    assert_eq!(second.headers[..6], own);
    assert_eq!(second.headers.len(), first.headers.len());
}

proptest! {
    /// Order, duplicates, nulls and empty values too.
    #[test]
    fn the_records_own_headers_stand_first_and_untouched(
        headers in prop::collection::vec(
            ("[a-z.\"\u{e9}]{0,3}", prop::option::of(prop::collection::vec(any::<u8>(), 0..4))),
            0..8,
        ),
    ) {
        let record = headers.iter().fold(RecordBuilder::new("t", 0, 0), |record, header| {
            record.header(&header.0, header.1.as_deref())
        });
        let letter = write(record, &failure(Stage::Write), false);
        let kept = letter.headers[..headers.len()].iter();
        let kept: Vec<_> = kept.map(|(n, v)| (n.clone(), v.as_ref().map(|v| v.to_vec()))).collect();
        prop_assert_eq!(kept, headers);
    }
}
