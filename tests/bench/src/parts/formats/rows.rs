//! From the bytes of records to the cells of rows: no event is read and nothing is encoded.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use apache_avro::Schema;
use bumpalo::Bump;
use sluice_bridge::event::Event;
use sluice_bridge::format::frame::SchemaId;
use sluice_bridge::format::registry::{Answer, KnownSchemas, SchemaKind, SchemaText};
use sluice_bridge::map::mapper::Mapper;
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::shape::Untyped;
use sluice_bridge::model::table::{Column, Table, TableName, Takes};
use sluice_bridge::options::rules::Rules;
use sluice_testkit::{EventBuilder, RecordBuilder, invocation};

use super::payloads::{self, AVRO, NAMES, Order, PROTOBUF};
use super::rivals;
use super::turns::{Failed, best, nanos};
use crate::results::figures::Figure;

/// Records of one pass: more than fit into the nearest cache.
const RECORDS: i64 = 4_000;
/// How long a round is.
const ROUND: Duration = Duration::from_millis(60);

/// What the process knows after it has asked a registry.
pub(super) fn known() -> Result<KnownSchemas, Failed> {
    let known = KnownSchemas::default();
    for (id, kind, text) in [(1, SchemaKind::Avro, AVRO), (2, SchemaKind::Protobuf, PROTOBUF)] {
        let schema = SchemaText { kind, text: text.to_owned(), references: Vec::new() };
        let learned = known.learn(SchemaId::Number(id), &Answer::Schema(schema));
        learned.map_err(|error| error.cause.message.to_string())?;
    }
    Ok(known)
}

/// The options by which records are read, JSON too.
pub(super) const OPTIONS: [(&str, &str); 1] = [("schema.registry.url", "http://registry")];

fn table() -> Table {
    let column = |name: &&str| Column {
        name: (*name).to_owned(),
        takes: match *name {
            "id" | "amount" | "quantity" | "weight" => Takes::Numbers,
            "created_at" => Takes::Moments,
            "gift" => Takes::Any,
            _ => Takes::Text,
        },
        ..Column::default()
    };
    Table {
        name: TableName { schema: None, name: "orders".to_owned() },
        columns: NAMES.iter().map(column).collect(),
        primary_key: vec![0],
        has_side_effects: false,
        shape: Arc::new(Untyped),
    }
}

/// The values of the records in each format.
pub(super) fn values(format: &str, count: i64) -> Result<Vec<Vec<u8>>, Failed> {
    let (schema, order) = (Schema::parse_str(AVRO)?, payloads::order()?);
    let value = |id| match format {
        "json" => Order(id).json(),
        "avro" => Order(id).avro(&schema),
        _ => Order(id).protobuf(&order),
    };
    (0..count).map(value).collect()
}

/// Ours of JSON, Avro and Protobuf, then the rivals of the latter two.
pub(super) fn figures() -> Result<Vec<Figure>, Failed> {
    let rules = invocation::rules(&OPTIONS);
    let [json, avro, protobuf] = ["json", "avro", "protobuf"].map(|it| values(it, RECORDS));
    let values = [json?, avro?, protobuf?];
    let bodies = values.each_ref().map(|values| body(values));
    let (schema, order) = (Schema::parse_str(AVRO)?, payloads::order()?);
    let (reader, table) = (rivals::reader(&schema)?, table());
    let arena = Bump::new();
    let events = bodies.each_ref().map(|body| Event::decode(body, &arena).ok());
    let mut work = |way: usize, pass: &mut dyn FnMut(&[Cell<'_>])| match way {
        3 => each(&values[1], pass, |value, arena, row| rivals::avro(&reader, value, arena, row)),
        4 => {
            each(&values[2], pass, |value, arena, row| rivals::protobuf(&order, value, arena, row))
        }
        way => ours(events[way].as_ref().ok_or("it is not an event")?, &rules, &table, pass),
    };
    check(&mut work)?;
    let [json, avro, protobuf, apache, prost] = best(|way| {
        let (start, mut passes) = (Instant::now(), 0);
        while start.elapsed() < ROUND {
            work(way, &mut |row| {
                black_box(row);
            })?;
            passes += 1;
        }
        Ok((passes * RECORDS) as f64 / start.elapsed().as_secs_f64())
    })?;
    let figure = |id: &str, name: &str, ours: f64, crate_name: &str, theirs: f64| {
        let what = format!("{name} → rows, 10 fields, one core");
        let detail = format!("{} against {}; JSON {}", nanos(ours), nanos(theirs), nanos(json));
        Figure::new(id, what, ours / theirs, "×")
            .against(format!("`{crate_name}` into the same rows"))
            .at_least(4.0, 6.0)
            .detail(detail)
    };
    Ok(vec![
        figure("formats-avro", "Avro", avro, "apache-avro", apache),
        figure("formats-protobuf", "Protobuf", protobuf, "prost-reflect", prost),
    ])
}

fn body(values: &[Vec<u8>]) -> Vec<u8> {
    let record = |(nth, value)| RecordBuilder::new("orders", 0, nth as i64).value(value);
    let records = values.iter().enumerate().map(record);
    records.fold(EventBuilder::msk(), EventBuilder::record).build()
}

/// One pass over all records, in our way.
fn ours(
    event: &Event<'_>,
    rules: &Rules,
    table: &Table,
    pass: &mut dyn FnMut(&[Cell<'_>]),
) -> Result<(), Failed> {
    let arena = Bump::new();
    let mut mapper = Mapper::new(rules, table).map_err(|cause| cause.message.to_string())?;
    mapper = mapper.knowing(&KNOWN.with(KnownSchemas::clone));
    for record in &event.records {
        let mut row = [Cell::Absent; NAMES.len()];
        let mapped = mapper.map(record, &arena, &mut row);
        mapped.map_err(|refusal| refusal.cause.message.to_string())?;
        pass(&row);
    }
    Ok(())
}

thread_local! {
    /// Asked for once in a process.
    static KNOWN: KnownSchemas = known().unwrap_or_default();
}

/// One pass over all records, in a rival's way.
fn each(
    values: &[Vec<u8>],
    pass: &mut dyn FnMut(&[Cell<'_>]),
    one: impl for<'e> Fn(&[u8], &'e Bump, &mut [Cell<'e>]) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let arena = Bump::new();
    for value in values {
        let mut row = [Cell::Absent; NAMES.len()];
        one(value, &arena, &mut row)?;
        pass(&row);
    }
    Ok(())
}

/// Every way makes the same rows. What a message of Protobuf does not have is not null.
fn check(
    work: &mut impl FnMut(usize, &mut dyn FnMut(&[Cell<'_>])) -> Result<(), Failed>,
) -> Result<(), Failed> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for way in 0..5 {
        let mut of_way = Vec::new();
        work(way, &mut |row| of_way.push(format!("{row:?}").replace("Absent", "Null")))?;
        rows.push(of_way);
    }
    match (1..5).find(|way| rows[*way] != rows[0]) {
        Some(way) => {
            let differs = rows[0].iter().zip(&rows[way]).find(|(one, other)| one != other);
            Err(format!("the ways 0 and {way} make different rows: {differs:?}").into())
        }
        None => Ok(()),
    }
}
