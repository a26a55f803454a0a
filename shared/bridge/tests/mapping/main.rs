//! How a record's fields find their columns. Each case is one line in, one line out.
//!
//! A table is written as its columns: `*` marks the primary key's, `~` one that the target
//! computes; `:bytes` and the like say what a column takes, `[]` that it is an array of it. A row is written as `column=cell`, absent cells left out: numbers as sent, text
//! in quotes, JSON as sent.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod connect;
mod debezium;
mod defaults;
mod envelopes;
mod formats;
mod hostile;
mod keys;
mod laws;
mod names;
mod nested;
mod readings;
mod refusals;
mod sources;
mod unknown;

use std::sync::Arc;

use bumpalo::Bump;
use sluice_bridge::event::Event;
use sluice_bridge::map::mapper::{Fate, Mapper};
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::shape::Untyped;
use sluice_bridge::model::table::{Column, Table, TableName, Takes};
use sluice_testkit::{EventBuilder, RecordBuilder, invocation};

/// A word in values that must never be quoted.
const SECRET: &str = "s3cr3t";

type Options<'a> = &'a [(&'a str, &'a str)];

fn record() -> RecordBuilder {
    RecordBuilder::new("t", 3, 42).timestamp(1_767_225_600_123)
}

fn value(value: &str) -> RecordBuilder {
    record().value(value)
}

fn tombstone(key: &str) -> RecordBuilder {
    record().key(key)
}

fn table(columns: &str) -> Table {
    let marks = ['*', '~'];
    let words: Vec<&str> = columns.split_whitespace().collect();
    let column = |word: &&str| {
        let (name, takes) = word.split_once(':').unwrap_or((word, ""));
        Column {
            name: name.trim_start_matches(marks).to_owned(),
            has_default: false,
            generated: word.starts_with('~'),
            takes: takes_of(takes.trim_end_matches("[]")),
            is_array: takes.ends_with("[]"),
        }
    };
    let primary_key = (0..words.len()).filter(|&index| words[index].starts_with('*'));
    Table {
        name: TableName { schema: None, name: "t".to_owned() },
        columns: words.iter().map(column).collect(),
        primary_key: primary_key.collect(),
        has_side_effects: false,
        shape: Arc::new(Untyped),
    }
}

fn takes_of(word: &str) -> Takes {
    match word {
        "" => Takes::Any,
        "text" => Takes::Text,
        "bytes" => Takes::Bytes,
        "bits" => Takes::Bits,
        "varying-bits" => Takes::VaryingBits,
        "numbers" => Takes::Numbers,
        "moments" => Takes::Moments,
        "documents" => Takes::Documents,
        "geometries" => Takes::Geometries,
        other => panic!("no column takes {other}"),
    }
}

/// What a record becomes: a row, `delete …`, `filtered`, `refused: why` or `unusable: why`.
fn outcome(options: Options<'_>, columns: &str, record: RecordBuilder) -> String {
    let (rules, table) = (invocation::rules(options), table(columns));
    let (body, arena) = (EventBuilder::msk().record(record).build(), Bump::new());
    let event = Event::decode(&body, &arena).unwrap();
    let mut mapper = match Mapper::new(&rules, &table) {
        Ok(mapper) => mapper,
        Err(cause) => return format!("unusable: {cause}"),
    };
    let mut row = vec![Cell::Absent; table.columns.len()];
    match mapper.map(&event.records[0], &arena, &mut row) {
        Ok(Fate::Put) => cells(&table, &row),
        Ok(Fate::Delete) => format!("delete {}", cells(&table, &row)),
        Ok(Fate::Filtered) => "filtered".to_owned(),
        Err(refusal) => {
            let told = format!("{refusal:?}");
            assert!(!told.contains(SECRET), "a refusal quotes the record: {told}");
            format!("refused: {:?}: {}", refusal.stage, refusal.cause)
        }
    }
}

fn cells(table: &Table, row: &[Cell<'_>]) -> String {
    let cell = |(column, cell): (&Column, &Cell<'_>)| {
        let text = match cell {
            Cell::Absent => return None,
            Cell::Null => "null".to_owned(),
            Cell::Bool(truth) => truth.to_string(),
            Cell::Number(text) | Cell::Millis(text) | Cell::Json(text) => (*text).to_owned(),
            Cell::Text(text) => format!("'{text}'"),
            Cell::Coded(..) | Cell::CodedItems(..) => panic!("a sink would get {cell:?}"),
        };
        Some(format!("{}={text}", column.name))
    };
    let cells: Vec<String> = table.columns.iter().zip(row).filter_map(cell).collect();
    cells.join(" ")
}

/// Checks one case. A refusal need only begin as expected.
#[track_caller]
fn check(options: Options<'_>, columns: &str, record: RecordBuilder, expected: &str) {
    let outcome = outcome(options, columns, record);
    let is_failure = expected.starts_with("refused:") || expected.starts_with("unusable:");
    let as_expected = outcome == expected || (is_failure && outcome.starts_with(expected));
    assert!(as_expected, "\n expected {expected}\n     came {outcome}");
}
