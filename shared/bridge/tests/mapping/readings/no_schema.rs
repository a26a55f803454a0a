//! Change events without a schema: what a value means is not guessed, an option says it.

use super::{UPSERT, bare, with};
use crate::{check, tombstone, value};

#[test]
fn a_change_event_without_a_schema_is_not_guessed() {
    let refused = |column: &str, given: &str, option: &str| {
        let column = format!("*id c:{column}");
        let text = bare(&format!(r#"{{"id":1,"c":{given}}}"#));
        let outcome = crate::outcome(&[], &column, value(&text));
        assert!(outcome.starts_with("refused: Mapping: column \"c\""), "{outcome}");
        assert!(outcome.contains(option), "{outcome}");
        let flat = format!(r#"{{"id":1,"c":{given},"__deleted":"false"}}"#);
        assert_eq!(crate::outcome(&[], &column, value(&flat)), outcome, "flattened");
        let flat = format!(r#"{{"id":1,"c":{given}}}"#);
        let by_format = [("value.format", "debezium")];
        assert_eq!(crate::outcome(&by_format, &column, value(&flat)), outcome, "by its format");
    };
    refused("moments", "1709208000123456", "unix.precision");
    refused("moments", "0", "unix.precision");
    refused("numbers", r#""1234""#, "decimal.handling.mode");
    refused("numbers", r#""ANI=""#, "decimal.handling.mode");
    refused("numbers", r#""Infinity""#, "decimal.handling.mode");
    refused("bits", r#""1010""#, "schemas");
    refused("documents", r#""{\"a\": 1}""#, "json.text.columns");
    for (column, given, expected) in [
        ("moments", r#""2024-02-29T12:00:00Z""#, "'2024-02-29T12:00:00Z'"),
        ("numbers", r#""12.34""#, "'12.34'"),
        ("numbers", "12.34", "12.34"),
        ("text", r#""1234""#, "'1234'"),
        ("text", "7", "7"),
        ("documents", r#"{"a":1}"#, r#"{"a":1}"#),
        ("documents", "7", "7"),
        ("moments", "null", "null"),
    ] {
        let text = bare(&format!(r#"{{"c":{given}}}"#));
        check(&[], &format!("c:{column}"), value(&text), &format!("c={expected}"));
    }
    let text = bare(r#"{"at":7,"n":"1234","doc":"{\"a\": 1}","s":"x"}"#);
    let options = [
        ("unix.precision", "milliseconds"),
        ("decimal.handling.mode", "string"),
        ("json.text.columns", "*"),
    ];
    let columns = "at:moments n:numbers doc:documents s:text";
    check(&options, columns, value(&text), r#"at=7 n='1234' doc={"a": 1} s='x'"#);
    // Plain JSON keeps its meaning.
    let plain = value(r#"{"at":7,"n":"1234","doc":"{}"}"#);
    check(&[], "at:moments n:numbers doc:documents", plain, "at=7 n='1234' doc='{}'");
}

#[test]
fn nor_is_its_key() {
    let put = value(&bare(r#"{"v":1}"#)).key(r#"{"at":1709208000123456}"#);
    check(UPSERT, "*at:moments v", put.clone(), "refused: Mapping: column \"at\" is for dates");
    let known = with(UPSERT, &[("unix.precision", "microseconds")]);
    check(&known, "*at:moments v", put.clone(), "at=1709208000123456 v=1");
    let decimal = value(&bare(r#"{"v":1}"#)).key(r#"{"n":"1234"}"#);
    check(UPSERT, "*n:numbers v", decimal, "refused: Mapping: column \"n\" is for numbers");
    let gone = tombstone(r#"{"at":1709208000123456}"#);
    check(UPSERT, "*at:moments v", gone.clone(), "refused: Mapping: column \"at\" is for dates");
    check(&known, "*at:moments v", gone.clone(), "delete at=1709208000123456");
    let json = with(UPSERT, &[("value.format", "json")]);
    check(&json, "*at:moments v", gone, "delete at=1709208000123456");
    check(UPSERT, "*n:numbers v", tombstone(r#"{"n":"1234"}"#), "delete n='1234'");
    let mapped = [("fields.mapping", "$key.at:k")];
    check(&mapped, "k:moments v", put, "refused: Mapping: column \"k\" is for dates");
    let by_value = [
        ("pk.mode", "record_value"),
        ("insert.mode", "upsert"),
        ("delete.enabled", "true"),
        ("value.format", "debezium"),
    ];
    let deleted = r#"{"before":{"at":1709208000123456},"after":null,"source":{},"op":"d"}"#;
    check(&by_value, "*at:moments v", value(deleted), "refused: Mapping: column \"at\"");
}
