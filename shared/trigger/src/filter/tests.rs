//! Patterns against EventBridge's and Lambda's documented examples, and against mistakes.

use super::*;

fn filter(pattern: &str) -> Filter {
    Filter::parse(pattern).unwrap_or_else(|problem| panic!("{pattern}: {problem}"))
}

/// Whether `value` passes `{"value": pattern}`.
fn lets(pattern: &str, value: &str) -> bool {
    passes(&[filter(&format!(r#"{{"value":{pattern}}}"#))], Some(value.as_bytes()))
}

/// The example event of the guides of EventBridge and Ruler, with more fields.
const EVENT: &str = r#"{
    "time": "2017-10-02T16:24:49Z", "source": "aws.ec2", "empty": "", "nothing": null, "yes": true,
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000", "second"],
    "detail": {"c-count": 5, "d-count": 3, "x-limit": 301.8, "state": "running",
               "file": "dir/picture.png", "id": 9007199254740993},
    "employees": [{"first": "Anna", "last": "Smith"}, {"first": "Peter", "last": "Jones", "age": 7}],
    "none": [], "deep": [[1, 2], [3]]
}"#;

#[test]
fn documented_operators_match_and_miss() {
    for (pattern, expected) in [
        (r#"{"source": ["aws.ec2"]}"#, true),
        (r#"{"source": ["aws.s3", "aws.ec2"]}"#, true),
        (r#"{"source": ["aws.ec"]}"#, false),
        (r#"{"resources": ["second"]}"#, true),
        (r#"{"resources": ["third"]}"#, false),
        (r#"{"deep": [3]}"#, true),
        (r#"{"time": [{"prefix": "2017-10-02"}]}"#, true),
        (r#"{"source": [{"prefix": {"equals-ignore-case": "AWS."}}]}"#, true),
        (r#"{"source": [{"suffix": "ec2"}]}"#, true),
        (r#"{"source": [{"suffix": {"equals-ignore-case": "EC2"}}]}"#, true),
        (r#"{"source": [{"suffix": "EC2"}]}"#, false),
        (r#"{"source": [{"equals-ignore-case": "AWS.EC2"}]}"#, true),
        (r#"{"detail": {"file": [{"wildcard": "dir/*.png"}]}}"#, true),
        (r#"{"detail": {"file": [{"wildcard": "*.jpg"}]}}"#, false),
        (r#"{"detail": {"state": [{"anything-but": "initializing"}]}}"#, true),
        (r#"{"detail": {"state": [{"anything-but": ["stopped", "running"]}]}}"#, false),
        (r#"{"detail": {"c-count": [{"anything-but": [100, 5]}]}}"#, false),
        (r#"{"detail": {"c-count": [{"anything-but": "5"}]}}"#, true),
        (r#"{"detail": {"state": [{"anything-but": {"prefix": "init"}}]}}"#, true),
        (r#"{"detail": {"state": [{"anything-but": {"prefix": ["init", "run"]}}]}}"#, false),
        (r#"{"detail": {"file": [{"anything-but": {"suffix": ".png"}}]}}"#, false),
        (r#"{"detail": {"state": [{"anything-but": {"equals-ignore-case": "RUNNING"}}]}}"#, false),
        (r#"{"detail": {"file": [{"anything-but": {"wildcard": "*/lib/*"}}]}}"#, true),
        (r#"{"detail": {"c-count": [{"numeric": [">", 0, "<=", 5]}]}}"#, true),
        (r#"{"detail": {"c-count": [{"numeric": [">", 5]}]}}"#, false),
        (r#"{"detail": {"d-count": [{"numeric": ["<", 10]}]}}"#, true),
        (r#"{"detail": {"x-limit": [{"numeric": ["=", 3.018e2]}]}}"#, true),
        (r#"{"detail": {"state": [{"numeric": [">", 0]}]}}"#, false),
        (r#"{"detail": {"c-count": [5.0]}}"#, true),
        (r#"{"detail": {"id": [9007199254740993]}}"#, true),
        (r#"{"detail": {"id": [9007199254740992]}}"#, false),
        (r#"{"nothing": [null]}"#, true),
        (r#"{"empty": [""]}"#, true),
        (r#"{"empty": [null]}"#, false),
        (r#"{"source": [""]}"#, false),
        (r#"{"yes": [true]}"#, true),
        (r#"{"yes": ["true"]}"#, false),
        (r#"{"source": ["aws.ec2"], "detail": {"state": ["stopped"]}}"#, false),
    ] {
        assert_eq!(lets(pattern, EVENT), expected, "{pattern}");
    }
}

#[test]
fn a_field_exists_where_a_leaf_is() {
    for (pattern, expected) in [
        (r#"{"detail": {"c-count": [{"exists": true}]}}"#, true),
        (r#"{"detail": {"c-count": [{"exists": false}]}}"#, false),
        (r#"{"detail": {"e-count": [{"exists": false}]}}"#, true),
        (r#"{"nothing": [{"exists": true}]}"#, true),
        // Neither an object nor an empty list is a leaf.
        (r#"{"detail": [{"exists": true}]}"#, false),
        (r#"{"detail": [{"exists": false}]}"#, true),
        (r#"{"none": [{"exists": false}]}"#, true),
        (r#"{"no": {"such": {"thing": [{"exists": false}]}}}"#, true),
        (r#"{"no": {"such": [{"anything-but": "x"}]}}"#, false),
        (r#"{"no": [{"exists": false}], "source": ["aws.ec2"]}"#, true),
        // One element with the field is enough.
        (r#"{"employees": {"age": [{"exists": false}]}}"#, false),
        (r#"{"employees": {"height": [{"exists": false}]}}"#, true),
        (r#"{"detail": {"state": [{"exists": false}, "running"]}}"#, true),
    ] {
        assert_eq!(lets(pattern, EVENT), expected, "{pattern}");
    }
}

#[test]
fn the_fields_of_one_element_belong_together() {
    assert!(lets(r#"{"employees": {"first": ["Anna"], "last": ["Smith"]}}"#, EVENT));
    assert!(!lets(r#"{"employees": {"first": ["Anna"], "last": ["Jones"]}}"#, EVENT));
    assert!(lets(r#"{"a": [1]}"#, r#"[{"a": 2}, {"a": 1}]"#), "a list of objects is JSON too");
}

#[test]
fn or_joins_fields_and_nests() {
    let nested = r#"{"source": ["aws.ec2"], "$or": [
        {"metric": ["cpu"]},
        {"detail": {"c-count": [5], "$or": [{"d-count": [9]}, {"x-limit": [301.8]}]}}]}"#;
    assert!(lets(nested, EVENT));
    assert!(!lets(nested, &EVENT.replace("301.8", "1")));
    assert!(!lets(r#"{"$or": [{"a": [1]}, {"b": [1]}]}"#, r#"{"a": 2, "b": 3}"#));
    let top = filter(r#"{"$or": [{"value": {"a": [1]}}, {"value": {"b": [1]}}]}"#);
    assert!(passes(std::slice::from_ref(&top), Some(br#"{"b": 1}"#)));
    assert!(!passes(&[top], Some(br#"{"b": 2}"#)));
    assert!(lets(r#"{"$or": {"a": [1]}}"#, r#"{"$or": {"a": 1}}"#), "a field like others");
}

#[test]
fn several_filters_are_alternatives() {
    let filters = [filter(r#"{"value":{"a":[1]}}"#), filter(r#"{"value":{"b":[1]}}"#)];
    assert!(passes(&filters, Some(br#"{"b":1}"#)));
    assert!(!passes(&filters, Some(br#"{"c":1}"#)));
    assert!(passes(&[], Some(b"anything")));
}

#[test]
fn plain_text_has_patterns_of_its_own() {
    // The example of Lambda's guide: ignore the messages that are "error".
    let not_error = r#"[{"anything-but": ["error"]}]"#;
    assert!(!lets(not_error, "error"));
    assert!(lets(not_error, "Hello, this is a test."));
    assert!(lets(r#"["42"]"#, "42"), "a number alone is text");
    assert!(!lets(r#"["42"]"#, "43"));
}

#[test]
fn another_format_is_not_held_against_a_record() {
    assert!(lets(r#"{"a": [1]}"#, "plain text"));
    assert!(lets(r#"["error"]"#, r#"{"a": 1}"#));
    let json = [filter(r#"{"value":{"a":[1]}}"#)];
    assert!(passes(&json, Some(&[0xff, 0xfe])), "no UTF-8");
    assert!(passes(&json, None), "a tombstone");
}

#[test]
fn wildcards_and_their_escapes() {
    let like = |pattern: &str, text: &str| {
        let (pattern, text) = (Value::from(pattern), Value::from(text));
        lets(&format!(r#"{{"a":[{{"wildcard":{pattern}}}]}}"#), &format!(r#"{{"a":{text}}}"#))
    };
    for (pattern, yes, no) in [
        ("a*c", "abbc", "abcd"),
        ("*", "", "never"),
        ("ab*ba", "abba", "aba"),
        ("*b*b*", "abcb", "abc"),
        (r"\*a\\", r"*a\", "xa"),
        ("exact", "exact", "exactly"),
    ] {
        assert!(like(pattern, yes), "{pattern} {yes}");
        assert!(no == "never" || !like(pattern, no), "{pattern} {no}");
    }
}

#[test]
fn mistakes_are_named_where_they_are() {
    for (pattern, says) in [
        ("{", "must be JSON"),
        (r#"{"key": ["a"]}"#, "only the value"),
        (r#"{"value": {"a": [1]}, "key": ["a"]}"#, "only the value"),
        (r#"{"value": "a"}"#, "only the value"),
        (r#"{"value": {}}"#, "value: an empty object"),
        (r#"{"value": {"a": []}}"#, "value.a: an empty list"),
        (r#"{"value": {"a": {"b": "x"}}}"#, "value.a.b: write the value in a list"),
        (r#"{"value": {"a": [[1]]}}"#, "a list must not contain a list"),
        (r#"{"value": {"a": [{"prefx": "x"}]}}"#, "prefx is not an operator"),
        (r#"{"value": {"a": [{"prefix": "x", "suffix": "y"}]}}"#, "exactly one operator"),
        (r#"{"value": {"a": [{"prefix": 1}]}}"#, "prefix takes a text"),
        (r#"{"value": {"a": [{"exists": "no"}]}}"#, "true or false"),
        (r#"{"value": {"a": [{"numeric": ["<"]}]}}"#, "numeric takes"),
        (r#"{"value": {"a": [{"numeric": ["<", 5, ">", 1]}]}}"#, "numeric takes"),
        (r#"{"value": {"a": [{"numeric": [">", 5, "<", 1]}]}}"#, "numeric takes"),
        (r#"{"value": {"a": [{"numeric": ["=", 6e9]}]}}"#, "5e9"),
        (r#"{"value": {"a": [{"anything-but": ["x", 1]}]}}"#, "anything-but takes"),
        (r#"{"value": {"a": [{"anything-but": {"exists": true}}]}}"#, "anything-but takes"),
        (r#"{"value": {"a": [{"wildcard": "a**b"}]}}"#, "without two asterisks"),
        (r#"{"value": {"a": [{"wildcard": "a\\b"}]}}"#, "without two asterisks"),
    ] {
        let problem = Filter::parse(pattern).expect_err(pattern);
        assert!(problem.contains(says), "{pattern}: {problem}");
    }
}
