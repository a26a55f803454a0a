//! Any key and value under any of the mapping's options become a row, or are refused. A row that is
//! found by its key has one. And under the plainest options, absent, null and a value come out
//! exactly as `serde_json` reads them, every digit too.

use std::sync::Arc;

use bumpalo::Bump;
use serde_json::value::RawValue;
use sluice_bridge::event::Event;
use sluice_bridge::map::mapper::{Fate, Mapper};
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::failure::Refusal;
use sluice_bridge::model::shape::Untyped;
use sluice_bridge::model::table::{Column, Table, TableName};
use sluice_bridge::options::Settings;
use sluice_bridge::options::rules::{InsertMode, OPTIONS, Rules};
use sluice_testkit::{EventBuilder, RecordBuilder};

use crate::oracle::{self, COMPARED_DEPTH};

/// The table's columns; the first is its key.
pub const COLUMNS: [&str; 8] = ["id", "n", "a", "b_x", "b_y", "doc", "value", "Id"];
/// The column the target computes.
pub(crate) const GENERATED: &str = "b_y";
/// How many bytes choose among [`CHOICES`].
pub const CHOOSERS: usize = CHOICES.len();

/// Options, each with values to choose from; the empty one leaves it out.
const CHOICES: [(&str, &[&str]); 9] = [
    ("value.format", &["json", "auto", "json-envelope", "debezium", "string"]),
    ("key.format", &["", "auto", "json", "json-envelope", "debezium", "string"]),
    ("fields.unknown", &["ignore", "error", "column:doc"]),
    ("flatten.delimiter", &["", "_", ".", "__"]),
    ("pk.mode", &["none", "record_key", "record_value", "kafka"]),
    ("insert.mode", &["insert", "upsert", "update"]),
    (
        "fields.mapping",
        &["", "$:doc", "$.b.x:b_x,$key:a,$offset:n", "$.a[1].c:a,$header.h:doc", "b:a"],
    ),
    ("pk.fields", &["", "id", "a,n", "id,a,n"]),
    ("delete.enabled", &["", "true", "false"]),
];

/// The bytes choose options, then come key and value with a NUL between them; without one there is
/// no key, and without any byte after the choosers no value.
///
/// # Panics
/// The law does not hold of these bytes.
pub fn holds(data: &[u8]) {
    let Some((choosers, data)) = data.split_at_checked(CHOOSERS) else { return };
    let chosen = CHOICES.iter().zip(choosers);
    let chosen: Vec<_> = chosen
        .map(|((name, values), choice)| (*name, values[usize::from(*choice) % values.len()]))
        .collect();
    let (key, value) = match data.iter().position(|byte| *byte == 0) {
        Some(at) => (Some(&data[..at]), Some(&data[at + 1..])),
        None => (None, Some(data).filter(|data| !data.is_empty())),
    };
    with_row(&chosen, key, value, |fate, row| {
        if choosers.iter().all(|choice| *choice == 0) {
            assert_plain(value, fate, row);
        }
    });
}

/// Options with their values.
pub(crate) type Choice<'c> = &'c [(&'c str, &'c str)];

/// Maps a record and shows what became of it, unless the options are refused.
///
/// # Panics
/// A second time something else becomes of it, or it is to be found by its key and has none.
pub(crate) fn with_row(
    chosen: Choice<'_>,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    show: impl FnOnce(&Result<Fate, Refusal>, &[Cell<'_>]),
) {
    let Some(rules) = rules(chosen) else { return };
    let table = table();
    let Ok(mut mapper) = Mapper::new(&rules, &table) else { return };
    let (body, arena) = (event(key, value), Bump::new());
    let event = Event::decode(&body, &arena).expect("it is an event");
    let mut row = vec![Cell::Absent; table.columns.len()];
    let fate = mapper.map(&event.records[0], &arena, &mut row);
    // Nothing of a record may stay behind for the next.
    let mut again = vec![Cell::Absent; table.columns.len()];
    let fate_again = mapper.map(&event.records[0], &arena, &mut again);
    assert_eq!(fate, fate_again);
    let is_row = matches!(fate, Ok(Fate::Put | Fate::Delete));
    assert!(!is_row || row == again, "{row:?} and then {again:?}");
    if is_row && rules.insert_mode != InsertMode::Insert {
        let keyed = mapper.key().iter().all(|column| row[*column].is_value());
        assert!(keyed && !mapper.key().is_empty(), "a row without its key: {row:?}");
    }
    show(&fate, &row);
}

fn rules(chosen: Choice<'_>) -> Option<Rules> {
    let pairs = chosen.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut settings = Settings::new(OPTIONS, pairs);
    let rules = Rules::from_settings(&mut settings);
    settings.check().ok().map(|()| rules)
}

fn table() -> Table {
    let column = |name: &str| Column {
        name: name.to_owned(),
        generated: name == GENERATED,
        ..Column::default()
    };
    let columns = COLUMNS.into_iter().map(column).collect();
    let name = TableName { schema: None, name: "t".to_owned() };
    let shape = Arc::new(Untyped);
    Table { name, columns, primary_key: vec![0], has_side_effects: false, shape }
}

fn event(key: Option<&[u8]>, value: Option<&[u8]>) -> Vec<u8> {
    let record = RecordBuilder::new("t", 0, 7).header("h", Some(b"h"));
    let record = key.into_iter().fold(record, RecordBuilder::key);
    EventBuilder::msk().record(value.into_iter().fold(record, RecordBuilder::value)).build()
}

/// What the oracle says of a value under the options that only bind keys to columns.
fn assert_plain(value: Option<&[u8]>, fate: &Result<Fate, Refusal>, row: &[Cell<'_>]) {
    let Some(value) = value else {
        assert_eq!(*fate, Ok(Fate::Filtered), "a tombstone");
        return;
    };
    let text = std::str::from_utf8(value).ok();
    if text.is_some_and(|text| oracle::depth(text) > COMPARED_DEPTH) {
        return;
    }
    let raw = text.and_then(|text| serde_json::from_str::<&RawValue>(text).ok());
    let Some(members) = raw.and_then(oracle::members) else {
        assert!(fate.is_err(), "{fate:?} of what is no object");
        return;
    };
    let names: Option<Vec<String>> = members.iter().map(|(name, _)| name.text.clone()).collect();
    let folded = |name: &String| {
        !COLUMNS.contains(&name.as_str())
            && COLUMNS.iter().any(|column| column.to_lowercase() == name.to_lowercase())
    };
    // Names that are no text, and those in another case, have rules of their own.
    let Some(names) = names.filter(|names| !names.iter().any(folded)) else { return };
    let no_text = |raw: &&RawValue| raw.get().starts_with('"') && oracle::text(raw).is_none();
    if members.iter().any(|(_, raw)| no_text(raw)) {
        return;
    }
    assert_eq!(*fate, Ok(Fate::Put));
    for (column, cell) in COLUMNS.iter().zip(row).filter(|(column, _)| **column != GENERATED) {
        let said = names.iter().rposition(|name| name == column).map(|index| members[index].1);
        assert!(is(cell, said), "{column} is {cell:?}, the record says {said:?}");
    }
}

/// Whether Debezium says with it that the value was not sent: as text, or as text in base64.
fn is_placeholder(json: &str) -> bool {
    ["__debezium_unavailable_value", "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="]
        .iter()
        .any(|words| json.contains(words))
}

fn is(cell: &Cell<'_>, said: Option<&RawValue>) -> bool {
    let Some(raw) = said else { return *cell == Cell::Absent };
    match cell {
        Cell::Absent => is_placeholder(raw.get()),
        // Of the record's own timestamp only.
        Cell::Millis(_) | Cell::Coded(..) | Cell::CodedItems(..) => false,
        Cell::Null => raw.get() == "null",
        Cell::Bool(truth) => raw.get() == truth.to_string(),
        Cell::Number(text) | Cell::Json(text) => raw.get() == *text,
        Cell::Text(text) => oracle::text(raw).as_deref() == Some(*text),
    }
}
