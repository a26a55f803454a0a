//! The scanner and `serde_json` say the same of any text: whether it is JSON, and what it holds.

use serde_json::value::RawValue;
use sluice_bridge::json::Scanner;
use sluice_bridge::json::value::Value;

use crate::oracle::{self, COMPARED_DEPTH};

/// # Panics
/// The law does not hold of these bytes.
pub fn holds(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut scanner = Scanner::new(text);
    let ours = scanner.value().and_then(|value| scanner.end().map(|()| value));
    if oracle::depth(text) > COMPARED_DEPTH {
        return;
    }
    let theirs: Result<&RawValue, _> = serde_json::from_str(text);
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => same(ours, theirs),
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("we say {ours:?}, serde_json {theirs:?}"),
    }
}

fn same(ours: Value<'_>, theirs: &RawValue) {
    let written = theirs.get();
    match ours {
        Value::Null => assert_eq!(written, "null"),
        Value::Bool(truth) => assert_eq!(written, truth.to_string()),
        Value::Number(digits) => assert_eq!(written, digits),
        Value::Text(raw) => {
            assert_eq!(written, format!("\"{}\"", raw.as_written()));
            assert_eq!(raw.to_text().ok(), oracle::text(theirs));
        }
        Value::Object(text) => {
            assert_eq!(written, text);
            same_members(text, theirs);
        }
        Value::Array(text) => {
            assert_eq!(written, text);
            same_items(text, theirs);
        }
    }
}

fn same_members(text: &str, theirs: &RawValue) {
    let mut scanner = Scanner::new(text);
    let mut members = scanner.object().expect("it is an object");
    let mut ours = Vec::new();
    while let Some(key) = members.key(&mut scanner).expect("it was read once") {
        ours.push((key, scanner.value().expect("it was read once")));
    }
    scanner.end().expect("nothing follows");
    let theirs = oracle::members(theirs).expect("it is an object to both");
    assert_eq!(ours.len(), theirs.len(), "members of {text}");
    for ((key, value), (name, raw)) in ours.into_iter().zip(theirs) {
        assert_eq!(key.to_text().ok(), name.text);
        assert_eq!(key.as_written().contains('\\'), name.escaped);
        same(value, raw);
    }
}

fn same_items(text: &str, theirs: &RawValue) {
    let mut scanner = Scanner::new(text);
    let mut items = scanner.array().expect("it is an array");
    let theirs = oracle::items(theirs).expect("it is an array to both");
    let mut count = 0;
    while items.more(&mut scanner).expect("it was read once") {
        same(scanner.value().expect("it was read once"), theirs[count]);
        count += 1;
    }
    assert_eq!(count, theirs.len(), "items of {text}");
    scanner.end().expect("nothing follows");
}
