//! Declared defaults are short for more, but not for more than memory holds.

use crate::{check, value};

/// What comes of `sent` as the field `a`, declared so.
#[track_caller]
fn field(schema: &str, sent: &str, expected: &str) {
    let text = format!(
        r#"{{"schema":{{"type":"struct","fields":[{{"field":"a",{schema}}}]}},"payload":{{"a":{sent}}}}}"#
    );
    check(&[("value.format", "json-envelope")], "a", value(&text), expected);
}

/// Each level would double what the one below it becomes.
#[test]
fn a_default_stands_for_itself() {
    let mut items = r#"{"type":"int32"}"#.to_owned();
    for _ in 0..60 {
        items = format!(r#"{{"type":"array","items":{items},"default":[null,null]}}"#);
    }
    let schema = &items[1..items.len() - 1];
    field(
        schema,
        "null",
        "refused: Value: the value: field `a`: a default depends on other defaults",
    );
    let schema = r#""type":"array","items":{"type":"int32","optional":true},"default":[1,null]"#;
    field(schema, "null", "a=[1,null]");
    let inner = r#"{"field":"b","type":"int32","default":7}"#;
    let of = |default| format!(r#""type":"struct","fields":[{inner}],"default":{default}"#);
    field(&of(r#"{"b":8}"#), "null", r#"a={"b":8}"#);
    field(
        &of("{}"),
        "{}",
        "refused: Value: the value: field `a`: a default depends on other defaults",
    );
}

#[test]
fn a_long_default_does_not_add_up_without_end() {
    let items = format!(r#"{{"type":"string","default":"{}"}}"#, "x".repeat(20_000));
    let schema = format!(r#""type":"array","items":{items}"#);
    let nulls = vec!["null"; 2_000].join(",");
    field(&schema, &format!("[{nulls}]"), "refused: Value: the field `a[");
}
