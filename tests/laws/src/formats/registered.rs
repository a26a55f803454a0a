//! Payloads that were written with a schema of a registry: how a law decodes one. The row of a whole
//! value, the row of fields that go straight into their cells, one of which some fields have no
//! column, and one whose fields are bound by their names are read in different ways, and must say the
//! same.

use std::sync::Arc;

use bumpalo::Bump;
use sluice_bridge::event::Event;
use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas, SchemaKind, SchemaText};
use sluice_bridge::map::mapper::{Fate, Mapper};
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::shape::Untyped;
use sluice_bridge::model::table::{Column, Table, TableName};
use sluice_bridge::options::Settings;
use sluice_bridge::options::rules::{OPTIONS, Rules};
use sluice_testkit::{EventBuilder, RecordBuilder};

/// Decodes a payload: its JSON, or why it is refused.
///
/// # Panics
/// Its fields by themselves are not what they are in the whole.
pub(crate) fn decode(
    kind: SchemaKind,
    schema: &str,
    fields: &[&str],
    payload: &[u8],
) -> Result<String, String> {
    let known = KnownSchemas::default();
    let schema = SchemaText { kind, text: schema.to_owned(), references: Vec::new() };
    known.learn(SchemaId::Number(1), &Answer::Schema(schema)).expect("the schema is valid");
    let whole = row(kind, &known, &["doc"], &[("fields.mapping", "$:doc")], payload);
    let whole = whole.map(|mut cells| cells.remove(0));
    let by_field = row(kind, &known, fields, &[], payload);
    check_other_ways(kind, &known, fields, payload, &by_field);
    match (&whole, &by_field) {
        (Ok(whole), Ok(cells)) => {
            let members: Vec<String> = fields
                .iter()
                .zip(cells)
                .filter(|(_, cell)| *cell != "absent")
                .map(|(name, cell)| format!("\"{name}\":{cell}"))
                .collect();
            let [one, other] = [whole.as_str(), &format!("{{{}}}", members.join(","))].map(parsed);
            assert_eq!(one, other, "whole, and by field");
        }
        (Err(one), Err(other)) => assert_eq!(one, other, "whole, and by field"),
        (whole, by_field) => panic!("whole {whole:?}, by field {by_field:?}"),
    }
    whole
}

/// Checks one of the other ways by field; the payload chooses which.
fn check_other_ways(
    kind: SchemaKind,
    known: &KnownSchemas,
    fields: &[&str],
    payload: &[u8],
    by_field: &Result<Vec<String>, String>,
) {
    if payload.len().is_multiple_of(2) {
        let by_name = row(kind, known, fields, &[("flatten.delimiter", "/")], payload);
        assert_eq!(by_name, *by_field, "by name, and by field");
        return;
    }
    let is_kept = |place: &usize| place % 2 == payload.len() / 2 % 2;
    let places: Vec<usize> = (0..fields.len()).filter(is_kept).collect();
    let columns: Vec<&str> = places.iter().map(|place| fields[*place]).collect();
    let some = row(kind, known, &columns, &[], payload);
    let kept = |cells: &Vec<String>| places.iter().map(|place| cells[*place].clone()).collect();
    assert_eq!(some, by_field.as_ref().map(kept).map_err(Clone::clone), "some, and all");
}

/// JSON as the oracle's is compared to.
pub(crate) fn parsed(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|wrong| panic!("{wrong}: {text}"))
}

fn row(
    kind: SchemaKind,
    known: &KnownSchemas,
    columns: &[&str],
    more: &[(&'static str, &'static str)],
    payload: &[u8],
) -> Result<Vec<String>, String> {
    let format = if kind == SchemaKind::Avro { "avro" } else { "protobuf" };
    let mut pairs = vec![
        ("value.format", format),
        ("schema.registry.url", "http://registry"),
        ("fields.unknown", "ignore"),
        ("unavailable.value.placeholder", "none"),
    ];
    pairs.extend(more);
    let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let rules = Rules::from_settings(&mut Settings::new(OPTIONS, pairs));
    let column = |name: &&str| Column { name: (*name).to_owned(), ..Column::default() };
    let table = Table {
        name: TableName { schema: None, name: "t".to_owned() },
        columns: columns.iter().map(column).collect(),
        primary_key: Vec::new(),
        has_side_effects: false,
        shape: Arc::new(Untyped),
    };
    let index: &[u8] = if kind == SchemaKind::Protobuf { &[0] } else { &[] };
    let value = [&[0, 0, 0, 0, 1], index, payload].concat();
    let record = RecordBuilder::new("t", 0, 0).value(value);
    let (body, arena) = (EventBuilder::msk().record(record).build(), Bump::new());
    let event = Event::decode(&body, &arena).expect("it is an event");
    let mut mapper = Mapper::new(&rules, &table).expect("the rules fit").knowing(known);
    let mut cells = vec![Cell::Absent; columns.len()];
    match mapper.map(&event.records[0], &arena, &mut cells) {
        Ok(Fate::Put) => Ok(cells.into_iter().map(shown).collect()),
        Ok(fate) => panic!("a payload becomes {fate:?}"),
        Err(refusal) => Err(refusal.cause.message.to_string()),
    }
}

fn shown(cell: Cell<'_>) -> String {
    let mut text = String::new();
    match cell {
        Cell::Absent => text.push_str("absent"),
        cell => cell.write_json(&mut |piece| text.push_str(piece)),
    }
    text
}
