//! The walk over JSON, with `serde_json` as the oracle.

use proptest::prelude::*;
use sluice_bridge::json::Scanner;
use sluice_bridge::json::value::Value;

fn accepts(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.value().and_then(|_| scanner.end()).is_ok()
}

#[test]
fn refuses_what_is_not_json() {
    for text in [
        "",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "[,1]",
        "{\"a\" 1}",
        "01",
        "1.",
        "-",
        "+1",
        ".5",
        "1e",
        "tru",
        "nul",
        "\"\n\"",
        "\"\\x\"",
        "\"\\u12\"",
        "1 2",
        "{}}",
        "[1 2]",
        "{1:2}",
        "'a'",
    ] {
        assert!(!accepts(text), "{text} was accepted");
    }
}

#[test]
fn keeps_digits_and_nesting() {
    let mut scanner = Scanner::new(r#" {"a": 123456789012345678901234567890.10, "b":[{}]} "#);
    let mut members = scanner.object().unwrap();
    assert_eq!(members.key(&mut scanner).unwrap().unwrap().as_written(), "a");
    let number = scanner.value().unwrap();
    assert_eq!(number, Value::Number("123456789012345678901234567890.10"));
    assert_eq!(members.key(&mut scanner).unwrap().unwrap().as_written(), "b");
    assert_eq!(scanner.value().unwrap(), Value::Array("[{}]"));
    assert!(members.key(&mut scanner).unwrap().is_none());
    scanner.end().unwrap();
}

#[test]
fn nesting_is_bounded() {
    assert!(accepts(&("[".repeat(128) + &"]".repeat(128))));
    assert!(!accepts(&("[".repeat(100_000) + &"]".repeat(100_000))));
}

proptest! {
    /// Whatever `serde_json` says of a text, we say.
    #[test]
    fn agrees_with_serde_json(text in r#"[\[\]{}:,"\\a-fnrtu0-9.eE+\- \n]{0,24}"#) {
        prop_assert_eq!(accepts(&text), serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok());
    }
}
