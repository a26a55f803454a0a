//! What bodies become, and what is not an event.

use super::*;

fn refused(body: &str) -> String {
    Event::decode(body.as_bytes(), &Bump::new()).unwrap_err().to_string()
}

fn one(record: &str) -> String {
    format!(r#"{{"eventSource":"aws:kafka","records":{{"t-0":[{record}]}}}}"#)
}

#[test]
fn null_absent_and_empty_are_three_things() {
    let body = one(
        r#"{"topic":"t","partition":0,"offset":1,"timestamp":-1,"key":null,"value":"","headers":null},
           {"topic":"t","partition":0,"offset":2,"value":"eyJhIjoxfQ==","later":[{}]},
           {"offset":3,"partition":0,"topic":"t","timestamp":1545084650987,"key":"a2V5"}"#,
    );
    let arena = Bump::new();
    let records = Event::decode(body.as_bytes(), &arena).unwrap().records;
    assert_eq!((records[0].key, records[0].value), (None, Some(&b""[..])));
    assert_eq!((records[1].key, records[1].value), (None, Some(&b"{\"a\":1}"[..])));
    assert_eq!((records[2].key, records[2].value), (Some(&b"key"[..]), None));
    let timestamps: Vec<_> = records.iter().map(|record| record.timestamp).collect();
    assert_eq!(timestamps, [None, None, Some(1_545_084_650_987)]);
}

#[test]
fn an_escaped_slash_is_still_base64() {
    let body = one(r#"{"topic":"t","partition":0,"offset":1,"value":"Pz8\/"}"#);
    let arena = Bump::new();
    let event = Event::decode(body.as_bytes(), &arena).unwrap();
    assert_eq!(event.records[0].value, Some(&b"???"[..]));
}

#[test]
fn what_is_not_an_event_says_why() {
    assert!(refused("").contains("not a Kafka event"));
    assert!(refused("[]").contains("an object was expected"));
    assert!(refused(r#"{"Records":[]}"#).contains("no `records`"));
    assert!(refused(r#"{"records":{},"records":{}}"#).contains("`records` twice"));
    assert!(refused(&one(r#"{"partition":0,"offset":1}"#)).contains("no `topic`"));
    assert!(refused(&one(r#"{"topic":"t","partition":0}"#)).contains("no `offset`"));
    let record = |value: &str| one(&format!(r#"{{"topic":"t","partition":0,"offset":1,{value}}}"#));
    assert!(refused(&record(r#""value":"a""#)).contains("`value` is not base64"));
    assert!(refused(&record(r#""value":{}"#)).contains("neither base64 nor null"));
    assert!(refused(&record(r#""headers":{}"#)).contains("headers must be a list"));
    assert!(refused(&(one("") + "x")).contains("text after the value"));
}
