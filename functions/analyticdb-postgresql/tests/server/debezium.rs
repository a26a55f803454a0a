//! Change events of a real Debezium connector (`tests/vectors`), loaded into tables of the
//! source's own definition: afterwards both hold the same rows, column by column.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sluice_testkit::{EventBuilder, invocation};

use crate::support::{Options, on_stage};

const OPTIONS: Options = &[
    ("insert.mode", "upsert"),
    ("pk.mode", "record_key"),
    ("delete.enabled", "true"),
    ("errors.tolerance", "all"),
];

#[test]
fn lab() {
    let Ok(name) = std::env::var("LAB") else { return };
    let records = std::fs::read_to_string(format!("/tmp/formats-lab/out/{name}.tsv")).unwrap();
    let rows = std::fs::read_to_string(format!("/tmp/formats-lab/out/{name}.rows")).unwrap();
    let formats = if std::env::var("DBZ").is_ok() { ["debezium"; 4] } else { ["auto"; 4] };
    on_stage(&format!("dbz_{name}"), async |stage| {
        for (form, format) in ["full schema", "flat schema", "full", "flat"].iter().zip(formats) {
            stage.sql("DROP EXTENSION IF EXISTS hstore CASCADE; CREATE EXTENSION hstore; DROP EXTENSION IF EXISTS citext CASCADE; CREATE EXTENSION citext; DROP EXTENSION IF EXISTS ltree CASCADE; CREATE EXTENSION ltree; DROP TABLE IF EXISTS types, lists, large, full_large; DROP DOMAIN IF EXISTS positive, short; DROP TYPE IF EXISTS mood").await;
            stage
                .sql(&std::fs::read_to_string(folder().join("debezium/tables.sql")).unwrap())
                .await;
            let mut schemas = BTreeMap::new();
            let mut n = 0;
            for line in records.lines() {
                let columns: Vec<&str> = line.split('\t').collect();
                if columns[0] == "schema" {
                    schemas.insert(columns[1], columns[2]);
                }
                if columns[0] != *form {
                    continue;
                }
                n += 1;
                let whole = |text: &str| match text
                    .strip_prefix("{\"schema\":")
                    .and_then(|t| t.split_once(','))
                {
                    Some((number, rest)) => format!("{{\"schema\":{},{rest}", schemas[number]),
                    None => text.to_owned(),
                };
                let event = EventBuilder::msk();
                let mut record = event.next(columns[1], 0);
                if !columns[2].is_empty() {
                    record = record.key(whole(columns[2]));
                }
                if !columns[3].is_empty() {
                    record = record.value(whole(columns[3]));
                }
                let event = event.record(record);
                let mut rules = OPTIONS.to_vec();
                rules.push(("value.format", format));
                if let Ok(z) = std::env::var("UNKNOWN") {
                    let z: &'static str = z.leak();
                    rules.push(("fields.unknown", z));
                }
                let outcome = invocation::deliver(
                    &mut stage.sink(),
                    &event.build(),
                    &invocation::rules(&rules),
                )
                .await;
                match outcome {
                    Ok(outcome) if outcome.failures.is_empty() => {}
                    Ok(outcome) => {
                        let c = &outcome.failures[0].cause;
                        println!(
                            "{form}: {} {} refused: {} {:?} {:?} {:?}",
                            columns[1],
                            columns[2].rsplit("payload").next().unwrap(),
                            c.message,
                            c.column,
                            c.expected,
                            c.given
                        );
                    }
                    Err(given) => println!("{form}: {} given back {given:?}", columns[1]),
                }
            }
            let mut names: Vec<&str> = vec![];
            for line in rows.lines() {
                let columns: Vec<&str> = line.split('\t').collect();
                if columns[0] == "table" {
                    names = columns;
                    continue;
                }
                let table = columns[0];
                let mut query = format!("SELECT t.* FROM {table} t WHERE id = {}", columns[1]);
                let mut found = stage.rows(&query).await;
                if found.len() != 1 {
                    println!("{form}: {table} {}: {} rows", columns[1], found.len());
                    continue;
                }
                query.clear();
                for ((name, expected), came) in
                    names[1..].iter().zip(&columns[1..]).zip(found.remove(0))
                {
                    if **expected != came {
                        let cut = |t: &str| t.chars().take(60).collect::<String>();
                        println!(
                            "{form}: {table} {} {name}: source {} target {}",
                            columns[1],
                            cut(expected),
                            cut(&came)
                        );
                    }
                }
            }
            println!("{form}: {n} records");
        }
    });
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}
