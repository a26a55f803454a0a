//! What the decoders of the sinks make of a value that was written with a schema.

use std::sync::Arc;

use bumpalo::Bump;
use sluice_bridge::event::Event;
use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas, SchemaText};
use sluice_bridge::map::mapper::{Fate, Mapper};
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::shape::Untyped;
use sluice_bridge::model::table::{Column, Table, TableName};
use sluice_bridge::options::Settings;
use sluice_bridge::options::rules::{OPTIONS, Rules};

use crate::event::{EventBuilder, RecordBuilder};

/// The JSON that a value means. It names the schema as `id` before itself, or in the bytes of a header.
///
/// # Panics
/// The schema is not valid, or the value is none of it.
#[must_use]
pub fn decoded(schema: &SchemaText, id: u32, value: &[u8], header: Option<&[u8]>) -> String {
    let known = KnownSchemas::default();
    known.learn(SchemaId::Number(id), &Answer::Schema(schema.clone())).expect("it is valid");
    let pairs = [("schema.registry.url", "http://registry"), ("fields.mapping", "$:doc")];
    let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let rules = Rules::from_settings(&mut Settings::new(OPTIONS, pairs));
    let table = Table {
        name: TableName { schema: None, name: "t".to_owned() },
        columns: vec![Column { name: "doc".to_owned(), ..Column::default() }],
        primary_key: Vec::new(),
        has_side_effects: false,
        shape: Arc::new(Untyped),
    };
    let mut record = RecordBuilder::new("t", 0, 0).value(value);
    if let Some(header) = header {
        record = record.header("__value_schema_id", Some(header));
    }
    let (body, arena) = (EventBuilder::msk().record(record).build(), Bump::new());
    let event = Event::decode(&body, &arena).expect("it is an event");
    let mut mapper = Mapper::new(&rules, &table).expect("the rules fit").knowing(&known);
    let mut cells = [Cell::Absent];
    match mapper.map(&event.records[0], &arena, &mut cells) {
        Ok(Fate::Put) => {}
        Ok(fate) => panic!("it becomes {fate:?}"),
        Err(refusal) => panic!("{}", refusal.cause.message),
    }
    let mut text = String::new();
    cells[0].write_json(&mut |piece| text.push_str(piece));
    text
}
