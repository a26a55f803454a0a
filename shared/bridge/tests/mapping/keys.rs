//! `pk.mode` and `pk.fields`: where a row's key comes from, and what a tombstone deletes.

use crate::{Options, check, tombstone, value};

const BY_KEY: Options<'_> =
    &[("insert.mode", "upsert"), ("pk.mode", "record_key"), ("delete.enabled", "true")];
const BY_VALUE: Options<'_> = &[("insert.mode", "upsert"), ("pk.mode", "record_value")];

fn with<'a>(options: Options<'a>, more: Options<'a>) -> Vec<(&'a str, &'a str)> {
    [options, more].concat()
}

#[test]
fn none_needs_nothing() {
    check(&[], "*id a", value(r#"{"a":1}"#), "a=1");
    check(&[], "a", value(r#"{"a":1}"#).key("k"), "a=1");
}

#[test]
fn kafka_is_the_records_place() {
    let kafka = [("pk.mode", "kafka"), ("insert.mode", "upsert")];
    check(
        &kafka,
        "*__connect_topic *__connect_partition *__connect_offset a",
        value(r#"{"a":1}"#),
        "__connect_topic='t' __connect_partition=3 __connect_offset=42 a=1",
    );
    let named = with(&kafka, &[("pk.fields", "tt,p,o")]);
    check(&named, "a *o *p *tt", value(r#"{"a":1}"#), "a=1 o=42 p=3 tt='t'");
    check(
        &kafka,
        "id",
        value("{}"),
        r#"unusable: table "t" has no column "__connect_topic", which pk.fields names"#,
    );
}

#[test]
fn record_key_is_one_value_or_fields_of_an_object() {
    check(BY_KEY, "*id a", value(r#"{"a":1}"#).key("7"), "id='7' a=1");
    check(BY_KEY, "*id a", value(r#"{"a":1}"#).key("\"x\""), "id='x' a=1");
    check(BY_KEY, "*id a", value(r#"{"a":1}"#).key(r#"{"id":7,"more":8}"#), "id=7 a=1");
    check(BY_KEY, "*x *y", value("{}").key(r#"{"y":2,"x":1}"#), "x=1 y=2");
    let fields = with(BY_KEY, &[("pk.fields", "b")]);
    check(&fields, "*a b", value(r#"{"a":1}"#).key("7"), "a=1 b='7'");
    check(&fields, "*a b", value(r#"{"a":1,"b":2}"#).key(r#"{"b":3}"#), "a=1 b=3");
}

#[test]
fn the_key_wins_over_the_values_own_field() {
    check(BY_KEY, "*id", value(r#"{"id":1}"#).key("2"), "id='2'");
}

/// An insert is not found by its key, yet what the value says of it must not vanish.
#[test]
fn a_record_without_the_key_does_not_lose_the_values_field() {
    let insert = [("pk.mode", "record_key")];
    for record in [value(r#"{"id":1}"#), value(r#"{"id":1}"#).key(r#"{"other":2}"#)] {
        let outcome = crate::outcome(&insert, "*id a", record);
        assert!(outcome == "id=1" || outcome.starts_with("refused:"), "`id` is lost: `{outcome}`");
    }
}

#[test]
fn the_mapping_renames_key_fields() {
    let renamed = with(BY_KEY, &[("fields.mapping", "id:order_id")]);
    check(&renamed, "*order_id", value("{}").key(r#"{"id":7}"#), "order_id=7");
    let named = with(&renamed, &[("pk.fields", "id")]);
    check(&named, "*order_id", value("{}").key(r#"{"id":7}"#), "order_id=7");
    let by_value = with(BY_VALUE, &[("fields.mapping", "id:order_id")]);
    check(&by_value, "*order_id a", value(r#"{"id":7,"a":1}"#), "order_id=7 a=1");
    let refused = "refused: Mapping: the key field `id` is missing";
    check(&by_value, "*order_id a", value(r#"{"a":1}"#), refused);
}

#[test]
fn record_value_is_the_rows_own_fields() {
    check(BY_VALUE, "*id a", value(r#"{"id":7,"a":1}"#), "id=7 a=1");
    check(
        BY_VALUE,
        "*id a",
        value(r#"{"a":1}"#),
        "refused: Mapping: the key field `id` is missing; rows are found by it",
    );
    check(
        BY_VALUE,
        "*id a",
        value(r#"{"id":null}"#),
        "refused: Mapping: the key field `id` is null; rows are found by it",
    );
    let fields = with(BY_VALUE, &[("pk.fields", "a,b")]);
    check(&fields, "a b", value(r#"{"a":1,"b":""}"#), "a=1 b=''");
    check(&fields, "a b", value(r#"{"a":1}"#), "refused: Mapping: the key field `b` is missing");
}

#[test]
fn an_insert_may_leave_its_key_to_the_target() {
    check(&[("pk.mode", "record_value")], "*id a", value(r#"{"a":1}"#), "a=1");
}

#[test]
fn a_tombstone_deletes_the_row_of_its_key() {
    check(BY_KEY, "a *id", tombstone("7"), "delete id='7'");
    check(BY_KEY, "*x *y a", tombstone(r#"{"x":1,"y":2}"#), "delete x=1 y=2");
    check(
        BY_KEY,
        "*x *y",
        tombstone(r#"{"x":1}"#),
        "refused: Mapping: the key field `y` is missing",
    );
    check(BY_KEY, "*id", crate::record(), "refused: Mapping: the key field `id` is missing");
    check(BY_KEY, "*id", crate::record().absent_value().key("7"), "delete id='7'");
    check(BY_VALUE, "*id", tombstone("7"), "filtered");
}

/// An empty value is no tombstone.
#[test]
fn an_empty_value_deletes_nothing() {
    check(BY_KEY, "*id", tombstone("7").value(""), "refused: Value: the value is not JSON");
}

#[test]
fn what_does_not_fit_the_table_is_said_at_once() {
    check(
        BY_KEY,
        "id",
        tombstone("7"),
        r#"unusable: table "t" has no primary key: add one, or set pk.fields to the columns of a unique index; without one, changes can only be appended (insert.mode=insert, pk.mode=none)"#,
    );
    let wrong = with(BY_KEY, &[("pk.fields", "idd")]);
    check(
        &wrong,
        "*id",
        tombstone("7"),
        r#"unusable: table "t" has no column "idd", which pk.fields names; did you mean "id"?"#,
    );
    let wrong = [("fields.mapping", "a:statsu")];
    check(
        &wrong,
        "id status",
        value("{}"),
        r#"unusable: table "t" has no column "statsu", which fields.mapping names; did you mean "status"?"#,
    );
}
