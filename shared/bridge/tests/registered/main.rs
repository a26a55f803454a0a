//! Records written with a schema of a registry: what they become, and why some are refused. The
//! schemas are learned as from a registry; no registry is asked.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod asking;
mod avro;
mod avro_json;
mod bounded;
mod columns;
mod json_schema;
mod lambda;
mod protobuf;
mod records;
mod same;
mod straight;
mod surveys;
mod unions;
mod vectors;

use std::sync::Arc;

use bumpalo::Bump;
use sluice_bridge::event::Event;
use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas, SchemaKind, SchemaText};
use sluice_bridge::map::mapper::{Fate, Mapper};
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::shape::Untyped;
use sluice_bridge::model::table::{Column, Table, TableName, Takes};
use sluice_testkit::{EventBuilder, RecordBuilder, invocation};

type Options<'a> = &'a [(&'a str, &'a str)];

const REGISTRY: (&str, &str) = ("schema.registry.url", "http://registry");

fn schema(kind: SchemaKind, text: &str) -> SchemaText {
    SchemaText { kind, text: text.to_owned(), references: Vec::new() }
}

/// What a process knows that has asked for these.
fn known(schemas: &[(SchemaId, SchemaText)]) -> KnownSchemas {
    let known = KnownSchemas::default();
    for (id, schema) in schemas {
        known.learn(*id, &Answer::Schema(schema.clone())).unwrap();
    }
    known
}

/// Columns by their names; `:bytes` and the like say what a column takes.
fn table(columns: &str) -> Table {
    let column = |word: &str| {
        let (name, takes) = word.split_once(':').unwrap_or((word, ""));
        let takes = match takes {
            "bytes" => Takes::Bytes,
            "text" => Takes::Text,
            "numbers" => Takes::Numbers,
            "moments" => Takes::Moments,
            "documents" => Takes::Documents,
            _ => Takes::Any,
        };
        Column { name: name.to_owned(), takes, ..Column::default() }
    };
    Table {
        name: TableName { schema: None, name: "t".to_owned() },
        columns: columns.split_whitespace().map(column).collect(),
        primary_key: vec![0],
        has_side_effects: false,
        shape: Arc::new(Untyped),
    }
}

/// What a record becomes: a row as `column=cell`, absent cells left out, or why it is refused.
fn outcome(
    options: Options<'_>,
    columns: &str,
    known: &KnownSchemas,
    record: RecordBuilder,
) -> Result<String, String> {
    outcome_of_event(options, columns, known, &EventBuilder::msk().record(record).build())
}

/// The same of the first record of an event.
fn outcome_of_event(
    options: Options<'_>,
    columns: &str,
    known: &KnownSchemas,
    body: &[u8],
) -> Result<String, String> {
    let (rules, table) = (invocation::rules(&[options, &[REGISTRY]].concat()), table(columns));
    let arena = Bump::new();
    let event = Event::decode(body, &arena).unwrap();
    let mut mapper = Mapper::new(&rules, &table).unwrap().knowing(known);
    let mut row = vec![Cell::Absent; table.columns.len()];
    match mapper.map(&event.records[0], &arena, &mut row) {
        Ok(Fate::Put) => Ok(cells(&table, &row)),
        Ok(Fate::Delete) => Ok(format!("delete {}", cells(&table, &row))),
        Ok(Fate::Filtered) => Ok("filtered".to_owned()),
        Err(refusal) => Err(format!("{:?}: {}", refusal.stage, refusal.cause)),
    }
}

fn cells(table: &Table, row: &[Cell<'_>]) -> String {
    let cell = |(column, cell): (&Column, &Cell<'_>)| {
        let text = match cell {
            Cell::Absent => return None,
            Cell::Null => "null".to_owned(),
            Cell::Bool(truth) => truth.to_string(),
            Cell::Number(text) | Cell::Millis(text) | Cell::Json(text) => (*text).to_owned(),
            Cell::Text(text) => serde_json::to_string(text).unwrap(),
            Cell::Coded(..) | Cell::CodedItems(..) => panic!("a sink would get {cell:?}"),
        };
        Some(format!("{}={text}", column.name))
    };
    table.columns.iter().zip(row).filter_map(cell).collect::<Vec<_>>().join(" ")
}

fn record() -> RecordBuilder {
    RecordBuilder::new("t", 3, 42)
}

/// A payload in Confluent's frame, of schema 1.
fn framed(payload: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, 0, 1], payload].concat()
}
