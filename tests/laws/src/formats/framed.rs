//! The frames of schema registries: of any bytes, the schema is found that their first bytes name, or
//! they are refused, or read as if there were no registry.

use std::sync::Arc;

use bumpalo::Bump;
use sluice_bridge::event::Event;
use sluice_bridge::map::mapper::Mapper;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::shape::Untyped;
use sluice_bridge::model::table::{Column, Table, TableName};
use sluice_bridge::options::Settings;
use sluice_bridge::options::rules::{OPTIONS, Rules};
use sluice_testkit::{EventBuilder, RecordBuilder};

const PLACES: [&str; 6] = ["auto", "confluent", "apicurio", "apicurio-4", "glue", "header"];

/// What the first bytes say.
enum Said {
    Schema(String),
    /// They end before all of it was said.
    Short,
    Nothing,
}

/// Two bytes that choose the options, then a value.
///
/// # Panics
/// The law does not hold of these bytes.
pub fn holds(data: &[u8]) {
    let Some((&[place, format], value)) = data.split_first_chunk() else { return };
    let place = PLACES[usize::from(place) % PLACES.len()];
    let format = if format % 2 == 0 { "auto" } else { "avro" };
    let ours = outcome(place, format, true, value);
    let refused = |why: &str| {
        assert!(ours.as_ref().is_err_and(|told| told.contains(why)), "{ours:?}, not {why}");
    };
    match said(place, value) {
        Said::Schema(id) => refused(&format!("was written with {id}, which")),
        Said::Short => refused("ends inside the id"),
        Said::Nothing if format == "avro" => refused("nothing says which schema"),
        Said::Nothing => assert_eq!(ours, outcome(place, format, false, value)),
    }
}

fn said(place: &str, value: &[u8]) -> Said {
    let of = |id: Option<String>| id.map_or(Said::Short, Said::Schema);
    let four = || value.get(1..5).map(|id| format!("schema {}", number(id)));
    let eight = || value.get(1..9).map(|id| format!("schema with global id {}", number(id)));
    let is_glue = value.len() >= 18 && value[0] == 3 && matches!(value[1], 0 | 5);
    match (place, value.first()) {
        ("glue" | "auto", _) if is_glue => of(Some(guid(&value[2..18]))),
        ("confluent" | "auto" | "apicurio-4", Some(0)) => of(four()),
        ("confluent", Some(1)) => of(value.get(1..17).map(guid)),
        ("apicurio", Some(0)) => of(eight()),
        _ => Said::Nothing,
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn guid(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let [a, b, c, d, e] = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    format!("schema {a}-{b}-{c}-{d}-{e}")
}

fn outcome(
    place: &str,
    format: &str,
    has_registry: bool,
    value: &[u8],
) -> Result<Vec<String>, String> {
    let mut pairs =
        vec![("value.format", format), ("value.schema.id", place), ("fields.unknown", "ignore")];
    pairs.extend(has_registry.then_some(("schema.registry.url", "http://registry")));
    let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let rules = Rules::from_settings(&mut Settings::new(OPTIONS, pairs));
    let table = Table {
        name: TableName { schema: None, name: "t".to_owned() },
        columns: vec![Column { name: "a".to_owned(), ..Column::default() }],
        primary_key: Vec::new(),
        has_side_effects: false,
        shape: Arc::new(Untyped),
    };
    let record = RecordBuilder::new("t", 0, 0).value(value);
    let (body, arena) = (EventBuilder::msk().record(record).build(), Bump::new());
    let event = Event::decode(&body, &arena).expect("it is an event");
    let mut mapper = Mapper::new(&rules, &table).expect("the rules fit");
    let mut cells = vec![Cell::Absent];
    match mapper.map(&event.records[0], &arena, &mut cells) {
        Ok(fate) => Ok(vec![format!("{fate:?} {cells:?}")]),
        Err(refusal) => Err(refusal.cause.message.to_string()),
    }
}
