//! Change events of a real Debezium connector (`tests/vectors`), loaded into tables of the
//! source's own definition: afterwards both hold the same rows, column by column, save what is
//! listed with its reason.

use std::collections::BTreeMap;

use sluice_testkit::{EventBuilder, invocation};

use crate::support::{BY_KEY, Options, Stage, on_stage};
use crate::types::extend;

const TABLES: &str = include_str!("../../../../tests/vectors/debezium/tables.sql");
const ROWS: &str = include_str!("../../../../tests/vectors/debezium/rows.tsv");

#[test]
fn a_source_table_comes_out_as_it_is() {
    let events = include_str!("../../../../tests/vectors/debezium/default.tsv");
    let known = include_str!("../../../../tests/vectors/debezium/default.differences");
    compare("debezium_default", events, known, &[]);
}

#[test]
fn and_without_schemas_as_far_as_they_tell() {
    let events = include_str!("../../../../tests/vectors/debezium/text.tsv");
    let known = include_str!("../../../../tests/vectors/debezium/text.differences");
    // What Debezium was told, for nothing in its records says so.
    let options = [
        ("decimal.handling.mode", "string"),
        ("json.text.columns", "*"),
        ("unix.precision", "milliseconds"),
    ];
    compare("debezium_text", events, known, &options);
}

fn compare(schema: &str, events: &str, known: &str, options: Options<'_>) {
    on_stage(schema, async |stage| {
        for extension in ["hstore", "citext", "ltree"] {
            extend(stage, extension).await;
        }
        // The source's types, and how it spells floats, are those of PostgreSQL 12.
        if !stage.sql_since(120_000, TABLES).await {
            return;
        }
        deliver(stage, events, &[BY_KEY, options].concat()).await;
        let found = differences(stage).await;
        let known: Vec<&str> =
            known.lines().filter_map(|line| line.rsplit_once('\t')).map(|it| it.0).collect();
        assert_eq!(found, known);
    });
}

/// Delivers every event on its own, as it is committed at the source.
async fn deliver(stage: &Stage, events: &str, options: Options<'_>) {
    let mut schemas = BTreeMap::new();
    let mut sink = stage.sink();
    for line in events.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [_, table, key, value] = columns.as_slice() else {
            schemas.insert(columns[1], columns[2]);
            continue;
        };
        let event = EventBuilder::msk();
        let mut record = event.next(table, 0).key(whole(key, &schemas));
        if !value.is_empty() {
            record = record.value(whole(value, &schemas));
        }
        let body = event.record(record).build();
        let outcome = invocation::deliver(&mut sink, &body, &invocation::rules(options)).await;
        outcome.unwrap_or_else(|given_back| panic!("{line}: {given_back:?}"));
    }
}

/// A record as it was sent: a schema stands in the file once, and in its records by number.
fn whole(text: &str, schemas: &BTreeMap<&str, &str>) -> String {
    let parts = text.strip_prefix("{\"schema\":").and_then(|rest| rest.split_once(','));
    match parts {
        Some((number, rest)) => format!("{{\"schema\":{},{rest}", schemas[number]),
        None => text.to_owned(),
    }
}

/// Table, row, column, and what stands there instead of the source's value.
async fn differences(stage: &Stage) -> Vec<String> {
    let (mut names, mut found) = (Vec::new(), Vec::new());
    for line in ROWS.lines() {
        let row: Vec<&str> = line.split('\t').collect();
        let (table, id) = (row[0], row[1]);
        if table == "table" {
            names = row;
            continue;
        }
        let query = format!("SELECT * FROM {table} WHERE id = {id}");
        let Some(came) = stage.rows(&query).await.pop() else {
            found.push(format!("{table}\t{id}\t\t"));
            continue;
        };
        let columns = names.iter().zip(&row).skip(1).zip(came);
        found.extend(columns.filter(|((_, sent), came)| *sent != came).map(|((name, _), came)| {
            let beginning: String = came.chars().take(40).collect();
            format!("{table}\t{id}\t{name}\t{beginning}")
        }));
    }
    found
}
