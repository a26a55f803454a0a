//! Function Compute's events in `tests/events`, each record as one line, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::fs;
use std::path::PathBuf;

use bumpalo::Bump;
use sluice_bridge::event::EventForm;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::event::record::Record;
use sluice_bridge::options::encoding::Encoding;

fn file(name: &str) -> Vec<u8> {
    let events = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/events");
    fs::read(events.join(format!("function-compute-{name}.json"))).unwrap()
}

/// `topic/partition@offset timestamp key value headers`, where `-` is "none".
fn line(record: &Record<'_>) -> String {
    let Record { topic, partition, offset, key, value, .. } = record;
    let bytes = |bytes: Option<&[u8]>| {
        bytes.map_or("-".to_owned(), |bytes| format!("'{}'", String::from_utf8_lossy(bytes)))
    };
    let timestamp = record.timestamp.map_or("-".to_owned(), |millis| millis.to_string());
    let headers = record.headers.to_vec();
    let header =
        |(name, value): &(String, Option<Vec<u8>>)| format!("{name}={}", bytes(value.as_deref()));
    let headers: Vec<String> = headers.iter().map(header).collect();
    let (key, value) = (bytes(*key), bytes(*value));
    format!("{topic}/{partition}@{offset} {timestamp} {key} {value} [{}]", headers.join(" "))
}

fn form(value: Encoding) -> EventForm {
    EventForm::FunctionCompute { key: Encoding::Text, value }
}

fn lines(value: Encoding, body: &[u8]) -> Result<Vec<String>, String> {
    let arena = Bump::new();
    let mut event = Incoming::of(form(value), body, &arena);
    let event = event.whole().map_err(|wrong| wrong.to_string())?;
    assert_eq!(event.bootstrap_servers, None);
    Ok(event.records.iter().map(line).collect())
}

fn one(members: &str) -> String {
    format!(r#"[{{"specversion":"1.0","data":{{"topic":"t","partition":0,"offset":1{members}}}}}]"#)
}

/// The value of one record.
#[track_caller]
fn value(encoding: Encoding, written: &str) -> String {
    let body = one(&format!(r#","value":{written}"#));
    let [line] = <[String; 1]>::try_from(lines(encoding, body.as_bytes()).unwrap()).unwrap();
    line.strip_prefix("t/0@1 - - ").unwrap().strip_suffix(" []").unwrap().to_owned()
}

#[test]
fn cloud_events_as_objects_and_as_strings() {
    let expected = [
        r#"orders/7@25 1655952591589 'k' '{"id":1}' []"#,
        r#"orders/2@4 1655952591600 - '{"id":2}' []"#,
        "orders/7@26 1655952591700 'ü' '{\"name\":\"line\n\\\"quoted\\\" ü\"}' []",
    ];
    assert_eq!(lines(Encoding::Text, &file("cloud-events")).unwrap(), expected);
    assert_eq!(lines(Encoding::Text, &file("strings")).unwrap(), expected);
}

#[test]
fn records_without_an_envelope() {
    assert_eq!(
        lines(Encoding::Text, &file("raw")).unwrap(),
        [
            r#"orders/7@25 1655952591589 'k' '{"id":1}' []"#,
            "orders/2@4 1655952591600 - - []",
            "orders/7@26 1655952591700 'ü' '' [trace='aü' text='ü' none=- \
             RecordHeader(key = a, value = [49])=- {\n          \"keyBuffer\": {\n            \"hb\": [\n              49\n            ]\n          }\n        }=-]",
        ]
    );
    assert_eq!(
        lines(Encoding::Text, &file("connector")).unwrap(),
        [r#"orders/0@524 1605510190000 'k' '{"id":1}' []"#, "orders/0@525 1605510190001 - - []"]
    );
}

#[test]
fn one_element_may_stand_alone_and_elements_may_be_of_any_form() {
    let record = r#"{"offset":3,"topic":"t","partition":0}"#;
    let event = format!(r#" {{"data":{record},"specversion":"1.0","key":7}} "#);
    let text = serde_json::to_string(&event).unwrap();
    for body in [record, &event, &text] {
        assert_eq!(lines(Encoding::Text, body.as_bytes()).unwrap(), ["t/0@3 - - - []"], "{body}");
    }
    let mixed = format!("[{record},{text},\n{event}]");
    assert_eq!(lines(Encoding::Text, mixed.as_bytes()).unwrap().len(), 3);
    let topics =
        r#"[{"topic":"a","partition":0,"offset":1},{"topic":"b","partition":0,"offset":1}]"#;
    let both = ["a/0@1 - - - []", "b/0@1 - - - []"];
    assert_eq!(lines(Encoding::Text, topics.as_bytes()).unwrap(), both);
    assert_eq!(lines(Encoding::Text, b"[]").unwrap(), [""; 0]);
}

#[test]
fn a_value_is_what_the_option_says() {
    use Encoding::{Base64, Json, Text};
    assert_eq!(value(Text, r#""{\"id\":1}""#), r#"'{"id":1}'"#);
    assert_eq!(value(Text, r#"{"id": 1}"#), r#"'{"id": 1}'"#);
    assert_eq!(value(Text, "1.50"), "'1.50'");
    assert_eq!(value(Text, r#""a""#), "'a'");
    assert_eq!(value(Json, r#""a""#), r#"'"a"'"#);
    assert_eq!(value(Json, "[1, 2]"), "'[1, 2]'");
    assert_eq!(value(Base64, r#""eyJpZCI6MX0=""#), r#"'{"id":1}'"#);
    assert_eq!(value(Base64, r#""Pz8\/""#), "'???'");
    assert_eq!(value(Text, r#""Pz8/""#), "'Pz8/'");
    for encoding in [Text, Json, Base64] {
        assert_eq!(value(encoding, "null"), "-");
    }
    assert_eq!((value(Text, r#""""#), value(Base64, r#""""#)), ("''".to_owned(), "''".to_owned()));
    let keyed = one(r#","key":"eyI=","value":"x""#);
    let form = EventForm::FunctionCompute { key: Base64, value: Text };
    let arena = Bump::new();
    let mut event = Incoming::of(form, keyed.as_bytes(), &arena);
    assert_eq!(event.whole().unwrap().records[0].key, Some(&b"{\""[..]));
}

#[test]
fn timestamps_are_numbers_or_strings() {
    let timestamp = |written: &str| {
        let body = one(&format!(r#","timestamp":{written}"#));
        lines(Encoding::Text, body.as_bytes()).map(|lines| lines[0].clone())
    };
    assert_eq!(timestamp("1655952591589").unwrap(), "t/0@1 1655952591589 - - []");
    assert_eq!(timestamp(r#""1655952591589""#).unwrap(), "t/0@1 1655952591589 - - []");
    assert_eq!(timestamp("-1").unwrap(), "t/0@1 - - - []");
    assert_eq!(timestamp("null").unwrap(), "t/0@1 - - - []");
    assert!(timestamp(r#""2022""#).is_ok());
    for wrong in [r#""yesterday""#, r#""""#, "1.5", "true", "{}"] {
        assert!(timestamp(wrong).unwrap_err().contains("`timestamp` is n"), "{wrong}");
    }
}

/// Lambda's event is none here, and the other way round.
#[test]
fn what_is_not_an_event_says_why() {
    let lambda = r#"{"eventSource":"aws:kafka","records":{"t-0":[]}}"#;
    let record = r#"{"topic":"t","partition":0,"offset":1}"#;
    let inner = format!(r#"["{{\"topic\":\"t\",\"partition\":0}}"{}"#, "]");
    let cases = [
        ("", "an object was expected (at byte 0)"),
        (" \n", "an object was expected"),
        ("<html><body>502</body></html>", "an object was expected"),
        ("null", "an object was expected"),
        ("7", "an object was expected"),
        (r#""text""#, "an object was expected, in the text of a string (at byte 6)"),
        ("[1,2]", "an object was expected (at byte 1)"),
        ("[[]]", "an object was expected"),
        ("[null]", "an object was expected"),
        ("{}", "an element has no `topic`"),
        (lambda, "an element has no `topic`"),
        (&format!("[{record},7]"), "an object was expected"),
        (&format!("[{record}"), "the text ends inside an object or an array"),
        (&format!("[{record},"), "an object was expected"),
        (&format!("[{record}]x"), "text after the value"),
        (&format!("{record}{record}"), "text after the value"),
        (&inner, "an element has no `offset`, in the text of a string"),
        (r#"[{"data":7}]"#, "an object was expected"),
        (r#"[{"data":{"topic":"t","offset":1}}]"#, "an element has no `partition`"),
        (
            r#"[{"data":{"topic":"t","partition":"0","offset":1}}]"#,
            "`partition` is not a number, and a JSON string is there",
        ),
        (r#"[{"topic":"t","partition":2147483648,"offset":1}]"#, "an element has no `partition`"),
        (
            r#"[{"topic":7,"partition":0,"offset":1}]"#,
            "a string was expected, and a JSON number is there",
        ),
        (r#"[{"topic":"t","partition":0,"offset":1.0}]"#, "`offset` is not a 64-bit integer"),
        (
            r#"[{"topic":"t","partition":0,"offset":1,"overflowFlag":true}]"#,
            "its value was too large for the event",
        ),
        (
            r#"[{"topic":"t","partition":0,"offset":1,"overflowFlag":"no"}]"#,
            "`overflowFlag` is neither true nor false",
        ),
        (
            r#"[{"topic":"t","partition":0,"offset":1,"headers":7}]"#,
            "headers must be a list, or an object",
        ),
        (
            r#"[{"topic":"t","partition":0,"offset":1,"headers":{"headers":{}}}]"#,
            "headers must be a list, or an object",
        ),
        (r#"[{"topic":"t","partition":0,"offset":1,"headers":["\ud800"]}]"#, "lone surrogate"),
    ];
    for (body, words) in cases {
        let wrong = lines(Encoding::Text, body.as_bytes()).unwrap_err();
        assert!(wrong.contains(words) && wrong.contains("not a Kafka event"), "{body}: {wrong}");
    }
    let base64 = |written: &str| {
        lines(Encoding::Base64, one(&format!(r#","value":{written}"#)).as_bytes()).unwrap_err()
    };
    assert!(base64(r#""a""#).contains("`value` is not base64"));
    assert!(
        base64("{}").contains("`value` is neither base64 nor null, and a JSON object is there")
    );
    let not_text = lines(Encoding::Text, b"[\xff]").unwrap_err();
    assert!(not_text.contains("it is not UTF-8 (at byte 1)"), "{not_text}");
}

#[test]
fn it_is_read_as_far_as_asked() {
    let body = file("cloud-events");
    let arena = Bump::new();
    let mut event = Incoming::of(form(Encoding::Text), &body[..body.len() - 3], &arena);
    let counts: Vec<usize> =
        [0, 1, 2, 3].map(|count| event.read(count).unwrap().records.len()).into();
    assert_eq!(counts, [0, 1, 2, 3]);
    let wrong = event.read(4).unwrap_err();
    assert_eq!(event.whole().unwrap_err(), wrong, "what is wrong stays");
    let alone = br#"{"topic":"t","partition":0,"offset":1}"#;
    let mut event = Incoming::of(form(Encoding::Text), alone, &arena);
    assert_eq!(event.read(1).unwrap().records.len(), 1);
    assert_eq!(event.whole().unwrap().records.len(), 1);
}

/// What a function is given at most in one invocation.
#[test]
fn a_record_of_32_megabytes_is_one_record() {
    let long = "1234567890".repeat(6) + "ü\\n";
    let body = one(&format!(r#","value":"{}""#, long.repeat(512 * 1024)));
    assert!(body.len() > 32 * 1024 * 1024);
    let arena = Bump::new();
    let mut event = Incoming::of(form(Encoding::Text), body.as_bytes(), &arena);
    let value = event.whole().unwrap().records[0].value.unwrap();
    assert_eq!((value.len(), &value[60..63]), (63 * 512 * 1024, "ü\n".as_bytes()));
}
