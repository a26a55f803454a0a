//! `auto` decides each record as `serde_json` and the documentation decide it: the row is the one
//! that the format it should have seen gives.
//!
//! What is meant to be different: what makes a format is not looked for in a member whose name is
//! written with escapes.

use serde_json::value::RawValue;
use sluice_bridge::map::mapper::Fate;
use sluice_bridge::model::cell::Cell;

use crate::mapping::{Choice, with_row};
use crate::oracle::{self, COMPARED_DEPTH};

/// Connect's types (`org.apache.kafka.connect.json.JsonSchema`).
const TYPES: [&str; 14] = [
    "boolean", "int8", "int16", "int32", "int64", "float", "float32", "double", "float64",
    "string", "bytes", "array", "map", "struct",
];

/// A key and a value with a NUL between them; without one there is no key.
///
/// # Panics
/// The law does not hold of these bytes.
pub fn holds(data: &[u8]) {
    let (key, value) = match data.iter().position(|byte| *byte == 0) {
        Some(at) => (Some(&data[..at]), &data[at + 1..]),
        None => (None, data),
    };
    let Some(of_value) = std::str::from_utf8(value).ok().and_then(value_format) else { return };
    let of_key = key.map_or(Some("string"), |key| key_format(std::str::from_utf8(key).ok()?));
    let Some(of_key) = of_key else { return };
    let by_itself = outcome(["auto", "auto"], key, value);
    assert_eq!(by_itself, outcome([of_value, of_key], key, value), "{of_value}, {of_key}");
}

/// The fate, but not the words of a refusal, and the row.
fn outcome(
    [value_format, key_format]: [&str; 2],
    key: Option<&[u8]>,
    value: &[u8],
) -> Option<(Option<Fate>, Vec<String>)> {
    let chosen: Choice<'_> = &[
        ("value.format", value_format),
        ("key.format", key_format),
        ("fields.unknown", "ignore"),
        ("fields.mapping", "$key:a,$key.id:doc"),
        ("delete.enabled", "true"),
        ("insert.mode", "upsert"),
        ("pk.mode", "record_key"),
        ("pk.fields", "id"),
    ];
    let mut outcome = None;
    with_row(chosen, key, Some(value), |fate, row| {
        let row = if fate.is_ok() { row } else { &[] };
        let row = row.iter().map(|cell: &Cell<'_>| format!("{cell:?}")).collect();
        outcome = Some((fate.as_ref().ok().copied(), row));
    });
    outcome
}

fn value_format(text: &str) -> Option<&'static str> {
    let Some(whole) = read(text)? else { return Some("json") };
    let content = if is_envelope(whole) { oracle::member(whole, "payload")? } else { whole };
    Some(match (is_change(content), is_envelope(whole)) {
        (true, _) => "debezium",
        (false, true) => "json-envelope",
        (false, false) => "json",
    })
}

/// Other keys than objects and strings are text, and so is what only looks like one.
fn key_format(text: &str) -> Option<&'static str> {
    let begins = text.trim_ascii_start().starts_with(['{', '"']);
    Some(match read(text)? {
        Some(whole) if is_envelope(whole) => "json-envelope",
        Some(_) if begins => "json",
        _ => "string",
    })
}

/// `Some(None)` is no JSON; `None` what is not to be compared.
fn read(text: &str) -> Option<Option<&RawValue>> {
    if oracle::depth(text) > COMPARED_DEPTH || text.contains("\\u") {
        return None;
    }
    Some(serde_json::from_str(text).ok())
}

fn is_envelope(raw: &RawValue) -> bool {
    let word = oracle::member(raw, "schema").and_then(|schema| oracle::member_text(schema, "type"));
    oracle::members(raw).is_some_and(|members| members.len() == 2)
        && oracle::member(raw, "payload").is_some()
        && word.is_some_and(|word| TYPES.contains(&word.as_str()))
}

/// Debezium's, in full, or flattened with the mark of a delete.
fn is_change(raw: &RawValue) -> bool {
    let has_image =
        oracle::member(raw, "before").is_some() || oracle::member(raw, "after").is_some();
    let operation = oracle::member_text(raw, "op");
    let operation = operation.is_some_and(|op| ["c", "r", "u", "d", "t", "m"].contains(&&*op));
    let source = oracle::member(raw, "source").is_some_and(|source| source.get().starts_with('{'));
    let deleted = oracle::member(raw, "__deleted").map(RawValue::get);
    let marked = matches!(deleted, Some("true" | "false" | "\"true\"" | "\"false\""));
    has_image && operation && source || marked
}
