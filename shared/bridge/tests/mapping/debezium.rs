//! Debezium's change events, full and flattened, with and without their schemas.

use crate::{check, tombstone, value};

const UPSERT: crate::Options<'_> =
    &[("insert.mode", "upsert"), ("pk.mode", "record_key"), ("delete.enabled", "true")];
const BY_VALUE: crate::Options<'_> = &[
    ("insert.mode", "upsert"),
    ("pk.mode", "record_value"),
    ("delete.enabled", "true"),
    ("value.format", "debezium"),
];
const SOURCE: &str =
    r#""source":{"version":"3.1","connector":"postgresql","name":"shop","ts_ms":1,"table":"t"}"#;

fn event(op: &str, before: &str, after: &str) -> String {
    format!(
        r#"{{"before":{before},"after":{after},{SOURCE},"transaction":null,"op":"{op}","ts_ms":1767225600123}}"#
    )
}

#[test]
fn the_after_image_is_the_row() {
    for op in ["c", "u", "r"] {
        let text = event(op, "null", r#"{"id":1,"v":"x"}"#);
        check(&[], "id v", value(&text), "id=1 v='x'");
        check(&[("value.format", "debezium")], "id v", value(&text), "id=1 v='x'");
        check(UPSERT, "*id v", value(&text).key(r#"{"id":1}"#), "id=1 v='x'");
        check(BY_VALUE, "*id v", value(&text), "id=1 v='x'");
    }
}

#[test]
fn a_delete_deletes_where_deletes_are_on() {
    let text = event("d", r#"{"id":1,"v":null}"#, "null");
    check(&[], "id v", value(&text), "filtered");
    check(UPSERT, "*id v", value(&text).key(r#"{"id":1}"#), "delete id=1");
    check(BY_VALUE, "*id v", value(&text), "delete id=1");
    check(UPSERT, "*id v", value(&text), "refused: Mapping: the key field `id` is missing");
    // The tombstone that follows it.
    check(UPSERT, "*id v", tombstone(r#"{"id":1}"#), "delete id=1");
    check(BY_VALUE, "*id v", tombstone(r#"{"id":1}"#), "filtered");
    let nothing = event("d", "null", "null");
    check(BY_VALUE, "*id v", value(&nothing), "refused: Mapping: the key field `id` is missing");
}

/// All columns are the key: nothing but the image before tells which row it was.
#[test]
fn an_update_that_changes_its_key_is_refused() {
    let why = "refused: Mapping: the update changes the key's field `b`";
    let changed = event("u", r#"{"a":1,"b":"x"}"#, r#"{"a":1,"b":"y"}"#);
    check(BY_VALUE, "*a *b", value(&changed), why);
    check(&[BY_VALUE, &[("insert.mode", "update")]].concat(), "*a *b", value(&changed), why);
    // No column of the key changes, or it is not told what it was.
    check(BY_VALUE, "*a b", value(&changed), "a=1 b='y'");
    for before in ["null", "{}", r#"{"a":1}"#, r#"{"a":1,"b":null}"#, r#"{"a":1,"b":"y"}"#] {
        let kept = event("u", before, r#"{"a":1,"b":"y"}"#);
        check(BY_VALUE, "*a *b", value(&kept), "a=1 b='y'");
    }
    let unsent = event("u", r#"{"b":"__debezium_unavailable_value"}"#, r#"{"a":1,"b":"y"}"#);
    check(BY_VALUE, "*a *b", value(&unsent), "a=1 b='y'");
    // Nobody wants rows to go, or the record's own key tells it.
    check(
        &[BY_VALUE, &[("delete.enabled", "false")]].concat(),
        "*a *b",
        value(&changed),
        "a=1 b='y'",
    );
    let keyed = value(&changed).key(r#"{"a":1,"b":"y"}"#);
    check(UPSERT, "*a *b", keyed, "a=1 b='y'");
}

#[test]
fn what_is_not_about_a_row_is_filtered() {
    check(BY_VALUE, "*id", value(&event("t", "null", "null")), "filtered");
    let message = format!(
        r#"{{"op":"m","ts_ms":1,{SOURCE},"transaction":null,"message":{{"prefix":"a","content":"Y29u"}}}}"#
    );
    check(BY_VALUE, "*id", value(&message), "filtered");
    check(UPSERT, "*id", value(&message).key(r#"{"prefix":"a"}"#), "filtered");
}

#[test]
fn odd_events_are_refused() {
    let refused = |text: &str, why: &str| {
        check(BY_VALUE, "*id", value(text), &format!("refused: Value: the value: {why}"));
    };
    refused(&event("c", "null", "null"), "the change event has no `after`");
    refused(
        &event("x", "null", "null"),
        "the operation of the change event is not c, r, u, d, t or m",
    );
    check(BY_VALUE, "*id", value("{"), "refused: Value: the value is not JSON");
    check(BY_VALUE, "*id", value(r#"{"id":1}}"#), "refused: Value: the value is not JSON");
}

#[test]
fn plain_records_that_look_alike_stay_plain() {
    let plain =
        |text: &str, expected: &str| check(&[], "op before after source", value(text), expected);
    plain(r#"{"op":"c","before":1,"after":2}"#, "op='c' before=1 after=2");
    plain(r#"{"op":"copy","after":{},"source":{}}"#, "op='copy' after={} source={}");
    plain(r#"{"op":"c","source":{}}"#, "op='c' source={}");
    check(
        &[],
        "op source message",
        value(r#"{"op":"m","source":"x","message":{}}"#),
        "op='m' source='x' message={}",
    );
    plain(r#"{"op":"\"op\""}"#, "op='\"op\"'");
}

#[test]
fn flattened_events_are_read() {
    for options in [UPSERT, BY_VALUE] {
        let put = |text: &str| value(text).key(r#"{"id":1}"#);
        check(options, "*id v", put(r#"{"id":1,"v":2,"__deleted":"false"}"#), "id=1 v=2");
        check(options, "*id v", put(r#"{"id":1,"v":2,"__deleted":false,"__op":"u"}"#), "id=1 v=2");
        check(options, "*id v", put(r#"{"id":1,"v":null,"__deleted":"true"}"#), "delete id=1");
        check(
            options,
            "*id __op __deleted",
            put(r#"{"id":1,"__op":"u","__lsn":7,"__deleted":"false"}"#),
            "id=1 __op='u' __deleted='false'",
        );
    }
    check(BY_VALUE, "*id v", value(r#"{"id":1,"v":2}"#), "id=1 v=2");
    check(BY_VALUE, "*id v", value(r#"{"id":1,"v":2,"__op":"d"}"#), "delete id=1");
    check(BY_VALUE, "*id v", value(r#"{"id":1,"w":2}"#), "refused: Mapping: the key `w` has no");
}

#[test]
fn a_column_for_the_mark_keeps_the_row() {
    let gone = r#"{"id":1,"v":2,"__deleted":"true","__op":"d"}"#;
    check(&[], "id v", value(gone), "filtered");
    check(&[], "id v __deleted", value(gone), "id=1 v=2 __deleted='true'");
    check(&[], "id v __DELETED", value(gone), "id=1 v=2 __DELETED='true'");
    check(&[], "id v __op", value(gone), "id=1 v=2 __op='d'");
    check(
        &[("fields.mapping", "__deleted:gone")],
        "id v gone",
        value(gone),
        "id=1 v=2 gone='true'",
    );
    check(&[("fields.exclude.list", "__deleted")], "id v __deleted", value(gone), "filtered");
    check(BY_VALUE, "*id v __deleted", value(gone), "delete id=1");
    let full = event("d", r#"{"id":1}"#, "null");
    check(&[], "id __deleted", value(&full), "filtered");
}

#[test]
fn what_the_source_did_not_send_again_is_absent() {
    let placeholders = [
        r#""__debezium_unavailable_value""#,
        r#""X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==""#,
        r#""{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}""#,
        r#"{"__debezium_unavailable_value":"__debezium_unavailable_value"}"#,
        r#"["__debezium_unavailable_value"]"#,
        r#"["b68a35a7-17ad-35b3-af2a-ae46edb4545a"]"#,
        "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,108,117,101]",
    ];
    for placeholder in placeholders {
        let row = format!(r#"{{"id":1,"doc":{placeholder},"v":2}}"#);
        check(BY_VALUE, "*id doc v", value(&event("u", "null", &row)), "id=1 v=2");
        check(UPSERT, "*id doc v", value(&event("u", "null", &row)).key(r#"{"id":1}"#), "id=1 v=2");
        check(BY_VALUE, "*id doc v", value(&row), "id=1 v=2");
    }
}

#[test]
fn schemas_reach_into_the_images() {
    let image = |name: &str| {
        format!(
            r#"{{"type":"struct","optional":true,"name":"t.Value","field":"{name}","fields":[{{"type":"int32","optional":false,"field":"id"}},{{"type":"int64","optional":true,"name":"io.debezium.time.MicroTimestamp","version":1,"field":"at"}},{{"type":"string","optional":true,"field":"doc"}}]}}"#
        )
    };
    let source =
        r#"{"type":"struct","field":"source","fields":[{"type":"string","field":"table"}]}"#;
    let schema = format!(
        r#"{{"type":"struct","name":"t.Envelope","fields":[{},{},{source},{{"type":"string","field":"op"}}]}}"#,
        image("before"),
        image("after")
    );
    let text = |op: &str, before: &str, after: &str| {
        format!(
            r#"{{"schema":{schema},"payload":{{"before":{before},"after":{after},"source":{{"table":"t"}},"op":"{op}"}}}}"#
        )
    };
    let put = text("u", "null", r#"{"id":1,"at":1000000,"doc":"__debezium_unavailable_value"}"#);
    let row = "id=1 at='1970-01-01T00:00:01Z'";
    check(&[], "id at doc", value(&put), row);
    check(BY_VALUE, "*id at doc", value(&put), row);
    let gone = text("d", r#"{"id":1,"at":null,"doc":null}"#, "null");
    check(BY_VALUE, "*id at doc", value(&gone), "delete id=1");
    let bent = text("c", "null", r#"{"id":"1"}"#);
    check(
        BY_VALUE,
        "*id",
        value(&bent),
        "refused: Value: the field `id` of the value is declared as int32",
    );
}
