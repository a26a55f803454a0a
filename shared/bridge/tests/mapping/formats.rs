//! How bytes are read: JSON that keeps every digit, or text.

use crate::{check, tombstone, value};

#[test]
fn absent_null_and_a_value_are_three_things() {
    let record = value(r#"{"b":null,"c":"","d":0,"e":false,"f":"null"}"#);
    check(&[], "a b c d e f", record, "b=null c='' d=0 e=false f='null'");
    check(&[], "a", value("{}"), "");
}

#[test]
fn numbers_keep_every_digit() {
    for number in [
        "9223372036854775808",
        "-0",
        "0.10",
        "12345678901234567890123456789012345678",
        "1234567890123456789012345678.0123456789",
        "1E+400",
        "-1e-7",
    ] {
        check(&[], "n", value(&format!(r#"{{"n":{number}}}"#)), &format!("n={number}"));
    }
}

#[test]
fn text_is_unescaped() {
    check(
        &[],
        "s",
        value(r#"{"s":"\"\\\/\b\f\n\r\t\u00fc\ud83e\udd80ü"}"#),
        "s='\"\\/\u{8}\u{c}\n\r\tü🦀ü'",
    );
}

#[test]
fn white_space_around_is_nothing() {
    check(&[], "a", value(" \r\n\t{ \"a\" :\t1 } \n"), "a=1");
}

#[test]
fn string_values_go_to_the_column_value() {
    let text = [("value.format", "string")];
    check(&text, "id value", value("{not json"), "value='{not json'");
    check(&text, "id VALUE", value(""), "VALUE=''");
    let to = |mapping| [("value.format", "string"), ("fields.mapping", mapping)];
    check(&to("value:line"), "line", value("a b"), "line='a b'");
    check(&to("$:line,$offset:n"), "line n", value("a b"), "line='a b' n=42");
}

#[test]
fn keys_are_read_as_their_format_says() {
    let key = |format, key: &str, expected: &str| {
        let options = [("key.format", format), ("fields.mapping", "$key:k")];
        check(&options, "k", value("{}").key(key), expected);
    };
    key("auto", "7", "k='7'");
    key("auto", "true", "k='true'");
    key("auto", "\"a\\u0062\"", "k='ab'");
    key("auto", r#"{"a":1}"#, r#"k={"a":1}"#);
    key("auto", "{a}", "k='{a}'");
    key("auto", "[1]", "k='[1]'");
    key("json", "7", "k=7");
    key("json", "[1]", "k=[1]");
    key("json", "abc", "refused: Key: the record's key is not JSON");
    key("string", "\"a\"", "k='\"a\"'");
    key("string", r#"{"a":1}"#, r#"k='{"a":1}'"#);
}

#[test]
fn a_key_that_nobody_asks_for_is_not_read() {
    let put = value(r#"{"a":1}"#).key([0xff]);
    check(&[("key.format", "json")], "a", put, "a=1");
    check(&[], "a", tombstone("{"), "filtered");
}
