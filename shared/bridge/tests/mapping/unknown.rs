//! `fields.unknown`: what becomes of a key without a column.

use crate::{Options, check, value};

const GATHER: Options<'_> = &[("fields.unknown", "column:rest")];

#[test]
fn by_default_it_is_refused_with_what_to_do() {
    check(
        &[],
        "id",
        value(r#"{"id":1,"extra":2}"#),
        "refused: Mapping: the key `extra` has no column in table \"t\": add the column, name it in fields.mapping or fields.exclude.list, or set fields.unknown",
    );
}

#[test]
fn it_may_be_left_out() {
    check(&[("fields.unknown", "ignore")], "id", value(r#"{"id":1,"extra":2}"#), "id=1");
}

#[test]
fn it_may_be_gathered() {
    let put = |record: &str, expected: &str| check(GATHER, "id rest", value(record), expected);
    put(r#"{"id":1}"#, "id=1");
    put(r#"{"x":1,"id":2,"y":{"z":[true, null]}}"#, r#"id=2 rest={"x":1,"y":{"z":[true, null]}}"#);
    put(r#"{"a\"\\\u0001b":"c\"d","ü":null}"#, r#"rest={"a\"\\\u0001b":"c\"d","ü":null}"#);
    put(
        r#"{"n":123456789012345678901234567890.10}"#,
        r#"rest={"n":123456789012345678901234567890.10}"#,
    );
}

/// Of two that differ in case, the one whose column is taken is gathered like any other.
#[test]
fn a_key_whose_column_is_taken_is_unknown() {
    check(GATHER, "id rest", value(r#"{"ID":2,"id":1}"#), r#"id=1 rest={"ID":2}"#);
}

/// The gathering column is a column: a record may name it, and must not lose what it says.
#[test]
fn a_key_of_the_gathering_column_is_not_lost() {
    check(GATHER, "id rest", value(r#"{"rest":{"a":1}}"#), r#"rest={"a":1}"#);
    let both = crate::outcome(GATHER, "id rest", value(r#"{"rest":{"a":1},"b":2}"#));
    let kept =
        both.starts_with("refused:") || (both.contains("\"a\":1") && both.contains("\"b\":2"));
    assert!(kept, "what the record says of `rest` is lost: {both}");
}

#[test]
fn the_gathering_column_must_be_there() {
    let unusable = r#"unusable: table "t" has no column "rest", which fields.unknown names"#;
    check(GATHER, "id", value("{}"), unusable);
}
