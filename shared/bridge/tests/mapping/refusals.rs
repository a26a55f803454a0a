//! Every refusal names what is wrong and where, and never quotes a value.

use crate::{Options, SECRET, check, record, tombstone, value};

#[track_caller]
fn refused(options: Options<'_>, columns: &str, record: sluice_testkit::RecordBuilder, why: &str) {
    check(options, columns, record, &format!("refused: {why}"));
}

#[test]
fn a_value_that_is_no_object() {
    let put = |text: &str, why: &str| refused(&[], "a", value(text), why);
    put(
        &format!("{{\"a\":\"{SECRET}\""),
        "Value: the value is not JSON: the text ends inside an object or an array (at byte 13)",
    );
    put(SECRET, "Value: the value is not JSON: a value was expected (at byte 0)");
    put(
        &format!("[\"{SECRET}\"]"),
        "Value: the value is a JSON array, not an object with a key for each column",
    );
    put(&format!("\"{SECRET}\""), "Value: the value is a JSON string, not an object");
    put("7", "Value: the value is a JSON number, not an object");
    put("null", "Value: the value is a JSON null, not an object");
    put("", "Value: the value is not JSON: the text ends where a value was expected (at byte 0)");
    put(
        &format!("{{\"a\":1}} {SECRET}"),
        "Value: the value is not JSON: text after the value (at byte 8)",
    );
    put(
        &format!("{{\"a\":{SECRET}}}"),
        "Value: the value is not JSON: a value was expected (at byte 5)",
    );
    put(
        &format!("{{\"a\":\"{SECRET}\\ud800\"}}"),
        "Value: the value is not text: a string has a lone surrogate",
    );
}

#[test]
fn frames_of_a_schema_registry_are_called_so() {
    let by_key = [("pk.mode", "record_key"), ("insert.mode", "upsert")];
    let framed = |text: &str| [&[0, 0, 0, 1, 2][..], text.as_bytes()].concat();
    for text in ["{}", "\u{2}", ""] {
        let why = "Value: the value has the format of a schema registry (schema 258)";
        refused(&[], "a", record().value(framed(text)), why);
        let why = "Key: the record's key has the format of a schema registry (schema 258)";
        refused(&by_key, "*id", value("{}").key(framed(text)), why);
    }
}

#[test]
fn bytes_that_are_no_text() {
    let bytes = [b"\xff", SECRET.as_bytes()].concat();
    refused(&[], "a", record().value(&bytes), "Value: the value is not UTF-8 text");
    refused(
        &[("value.format", "string")],
        "value",
        record().value(&bytes),
        "Value: the value is not UTF-8 text",
    );
    let by_key = [("pk.mode", "record_key"), ("insert.mode", "upsert")];
    refused(&by_key, "*id", value("{}").key(&bytes), "Key: the record's key is not UTF-8 text");
    let header = [("fields.mapping", "$header.h:a")];
    refused(
        &header,
        "a",
        value("{}").header("h", Some(&bytes)),
        "Mapping: the header `h` is not UTF-8 text",
    );
}

#[test]
fn a_key_that_does_not_fit() {
    let by_key = [("pk.mode", "record_key"), ("insert.mode", "upsert"), ("delete.enabled", "true")];
    refused(
        &by_key,
        "*a *b",
        tombstone(SECRET),
        "Key: the record's key is a single value, but the row's key has 2 fields (a, b)",
    );
    let json = [&by_key[..], &[("key.format", "json")]].concat();
    refused(
        &json,
        "*a",
        tombstone(SECRET),
        "Key: the record's key is not JSON: a value was expected (at byte 0)",
    );
    let lone = format!("\"{SECRET}\\ud800\"");
    refused(
        &json,
        "*a",
        tombstone(&lone),
        "Key: the record's key is not text: a string has a lone surrogate",
    );
}

#[test]
fn a_key_without_a_column() {
    let record = value(&format!(r#"{{"b":"{SECRET}"}}"#));
    refused(&[], "a", record, "Mapping: the key `b` has no column in table \"t\"");
    let both = value(&format!(r#"{{"A":"{SECRET}","ａ":1,"á":2}}"#));
    refused(&[], "a", both, "Mapping: the key `ａ` has no column");
}
