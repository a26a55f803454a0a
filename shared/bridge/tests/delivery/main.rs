//! What becomes of every record, for any records, bad rows and hiccups: a plain model that
//! applies one record after the other says what must come out.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod cases;
mod constraints;
mod generators;
mod laws;
mod model;
mod portions;

use model::{BAD, DEFAULT, Sent, Told};
use sluice_bridge::model::cell::Cell;
use sluice_bridge::options::rules::{InsertMode, Rules};
use sluice_bridge::run::outcome::Outcome;
use sluice_testkit::{
    EventBuilder, Kind, MemoryDatabase, MemorySink, Report, TableSpec, invocation,
};

const RETRIES: usize = 4;

fn table() -> TableSpec {
    TableSpec::new("t")
        .key("id", Kind::Text)
        .column("a", Kind::Text)
        .column("b", Kind::Text)
        .or(DEFAULT)
}

fn rules(mode: InsertMode, tolerance: &str) -> Rules {
    let mode = match mode {
        InsertMode::Insert => "insert",
        InsertMode::Upsert => "upsert",
        InsertMode::Update => "update",
    };
    invocation::rules(&[
        ("insert.mode", mode),
        ("pk.mode", "record_key"),
        ("delete.enabled", "true"),
        ("errors.tolerance", tolerance),
        ("max.retries", &RETRIES.to_string()),
    ])
}

fn sink(database: &MemoryDatabase, report: Report) -> MemorySink {
    MemorySink::new(database, report).bad(|_, cell| cell == Cell::Text(BAD))
}

fn event(records: &[Sent]) -> Vec<u8> {
    let event = records.iter().fold(EventBuilder::msk(), |event, sent| {
        let mut record = event.next("t", sent.partition());
        if let Some(key) = sent.key() {
            record = record.key(key);
        }
        if let Some(value) = sent.value() {
            record = record.value(value);
        }
        event.record(record)
    });
    event.build()
}

fn told(outcome: &Outcome) -> Told {
    Told {
        written: outcome.written,
        filtered: outcome.filtered,
        failed: outcome.failures.iter().map(|failure| failure.record).collect(),
    }
}
