//! The conversion table, cell by cell: what a JSON value becomes in a column of each type, by
//! both ways in, and how it is refused where it would lose something.

mod arrays;
mod binary;
mod differential;
mod documents;
mod domains;
mod elements;
mod epochs;
mod intervals;
mod kinds;
mod moments;
mod networks;
mod numbers;
mod other;
mod ranges;
mod settings;
mod stores;
mod text;
mod typed;

use analyticdb_postgresql::PostgresSink;
use sluice_bridge::model::failure::Failure;
use sluice_bridge::run::outcome::Outcome;

use crate::support::{INSERT, Options, Stage, UPSERT, deliver, on_stage};

/// What becomes of a value.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// It is stored, and reads so.
    Stored(&'static str),
    /// So from a version on; an older server has no such value.
    Since(i32, &'static Fate),
    /// The column's type refuses it before it is sent, with these words in the reason.
    Refused(&'static str),
    /// The server refuses it, with this SQLSTATE.
    Server(&'static str),
}

use Fate::{Refused, Server, Since, Stored};

/// JSON values and their fates.
type Cells<'a> = &'a [(&'a str, Fate)];

const WRONG_KIND: Fate = Refused("does not accept this kind of value");

/// So many rows of null beside the values take an upsert over a temporary table.
const LARGE: usize = 1_000;

/// Writes JSON values to a column of a type, by COPY, by arrays and over a temporary table, and
/// checks each one's fate. `name` tells the tests apart.
fn check(name: &str, declared: &str, cells: Cells<'_>) {
    on_stage(&format!("types_{name}"), async |stage| check_on(stage, name, declared, cells).await);
}

/// The same on a stage that is set, with types of its own.
async fn check_on(stage: &Stage, name: &str, declared: &str, cells: Cells<'_>) {
    for (mode, options, nulls) in
        [("insert", INSERT, 0), ("upsert", UPSERT, 0), ("staged", UPSERT, LARGE)]
    {
        let mut sink = stage.sink();
        let table = format!("{name}_{mode}");
        check_mode(stage, &mut sink, &table, declared, (options, nulls), cells).await;
    }
}

async fn check_mode(
    stage: &Stage,
    sink: &mut PostgresSink,
    table: &str,
    declared: &str,
    (options, nulls): (Options<'_>, usize),
    cells: Cells<'_>,
) {
    let create = format!("CREATE TABLE {table} (id int PRIMARY KEY, c {declared})");
    if !stage.sql_since(since(declared), &create).await {
        return;
    }
    let values = cells.iter().map(|(json, _)| *json).chain(std::iter::repeat_n("null", nulls));
    let values = values.enumerate().map(|(id, json)| format!("{{\"id\":{id},\"c\":{json}}}"));
    let outcome = deliver(sink, table, options, values).await.expect("no value is a fault");
    let spelled = "pg_catalog.format_type(atttypid, atttypmod)";
    let columns = format!(
        "SELECT {spelled} FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attname = 'c'"
    );
    let expected = stage.column(&columns).await.remove(0);
    for (id, (json, fate)) in cells.iter().enumerate() {
        let query = format!("SELECT c::text FROM {table} WHERE id = {id}");
        let stored = stage.column(&query).await.pop();
        let context = format!("{json} into {declared} ({table})");
        let failure = failure_of(&outcome, id);
        let fate = match *fate {
            Since(version, _) if !stage.is_since(version).await => Refused("the server's"),
            Since(_, fate) => *fate,
            fate => fate,
        };
        match fate {
            Stored(text) => {
                let text = spelling(stage, declared, text).await;
                assert_eq!(stored, Some(text), "{context}: {failure:?}");
            }
            Since(..) => unreachable!("the server's age is known"),
            Refused(why) => {
                assert_eq!(stored, None, "{context}");
                check_refusal(failure, json, &expected, why, &context);
            }
            Server(code) => {
                assert_eq!(stored, None, "{context}");
                let cause = &failure.unwrap_or_else(|| panic!("{context}: no failure")).cause;
                assert_eq!(cause.code.as_deref(), Some(code), "{context}: {cause:?}");
                check_silence(&cause.message, json, &context);
            }
        }
    }
}

/// The version that a type's declaration came with.
fn since(declared: &str) -> i32 {
    match declared.trim_end_matches("[]") {
        // Scales below zero, and above the precision.
        "numeric(2,-3)" | "numeric(3,5)" | "numeric(3,-2)" | "numeric(2,4)" => 150_000,
        several if several.ends_with("multirange") => 140_000,
        "jsonpath" => 120_000,
        "macaddr8" => 100_000,
        _ => 0,
    }
}

/// Floats are spelled with the fewest digits from version 12 on only: before, the server is asked
/// for its own spelling.
async fn spelling(stage: &Stage, declared: &str, text: &str) -> String {
    let floats = ["real", "double precision", "float4", "float8", "point"];
    let is_float = floats.contains(&declared.trim_end_matches("[]")) && text != "∅";
    if is_float && !stage.is_since(120_000).await {
        return stage.column(&format!("SELECT '{text}'::{declared}::text")).await.remove(0);
    }
    text.to_owned()
}

/// Has an extension where every schema sees it. It stays: an extension is the whole database's,
/// and tests run side by side.
pub(crate) async fn extend(stage: &Stage, extension: &str) {
    stage.sql("SELECT pg_advisory_lock(6025)").await;
    stage.sql(&format!("CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA pg_catalog")).await;
    stage.sql("SELECT pg_advisory_unlock(6025)").await;
}

fn failure_of(outcome: &Outcome, record: usize) -> Option<&Failure> {
    outcome.failures.iter().find(|failure| failure.record == record)
}

/// A refusal names the column, the type it has and the type it was given.
fn check_refusal(failure: Option<&Failure>, json: &str, expected: &str, why: &str, context: &str) {
    let cause = &failure.unwrap_or_else(|| panic!("{context}: no failure")).cause;
    assert_eq!(cause.column.as_deref(), Some("c"), "{context}: {cause:?}");
    assert_eq!(cause.expected.as_deref(), Some(expected), "{context}: {cause:?}");
    assert_eq!(cause.given.as_deref(), Some(kind(json)), "{context}: {cause:?}");
    assert!(cause.message.contains(why), "{context}: {cause:?}");
    check_silence(&cause.message, json, context);
}

/// No reason quotes a value. What is shorter than four characters may stand in any sentence.
fn check_silence(message: &str, json: &str, context: &str) {
    let value = json.trim_matches('"');
    assert!(value.len() < 4 || !message.contains(value), "{context} is quoted: {message}");
}

fn kind(json: &str) -> &'static str {
    match json.as_bytes()[0] {
        b'"' => "string",
        b'{' => "object",
        b'[' => "array",
        b't' | b'f' => "boolean",
        b'n' => "null",
        _ => "number",
    }
}
