//! JSON in its two forms: a value stays the kind it is.

use super::{Server, Stored, check};

#[test]
fn json() {
    let cells = [
        ("null", Stored("∅")),
        ("true", Stored("true")),
        ("1.50", Stored("1.50")),
        ("1e400", Stored("1e400")),
        ("\"text\"", Stored("\"text\"")),
        ("\"{\\\"a\\\":1}\"", Stored("\"{\\\"a\\\":1}\"")),
        ("\"q\\\" b\\\\ n\\n \\u0000\"", Stored("\"q\\\" b\\\\ n\\u000a \\u0000\"")),
        ("{\"b\": 1, \"a\": [null]}", Stored("{\"b\": 1, \"a\": [null]}")),
        ("[]", Stored("[]")),
    ];
    check("json", "json", &cells);
}

#[test]
fn jsonb() {
    let cells = [
        ("null", Stored("∅")),
        ("false", Stored("false")),
        ("1.50", Stored("1.50")),
        ("9007199254740993", Stored("9007199254740993")),
        ("\"text\"", Stored("\"text\"")),
        ("{\"b\": 1, \"a\": [null]}", Stored("{\"a\": [null], \"b\": 1}")),
        ("[1,\"ü🦀\"]", Stored("[1, \"ü🦀\"]")),
        ("\"se\\u0000cret\"", Server("22P05")),
        ("{\"k\":\"\\ud800\"}", Server("22P02")),
        ("1e200000", Server("22003")),
    ];
    check("jsonb", "jsonb", &cells);
}
