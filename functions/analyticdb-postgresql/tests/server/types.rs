//! The conversion table, cell by cell: what a JSON value becomes in a column of each type, by
//! both ways in, and how it is refused where it would lose something.

mod binary;
mod differential;
mod documents;
mod moments;
mod numbers;
mod other;
mod text;

use sluice_bridge::failure::Failure;
use sluice_bridge::road::Outcome;

use crate::support::{INSERT, Options, Stage, UPSERT, on_stage};

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

const WRONG_KIND: Fate = Refused("cannot hold this kind of value");

/// Writes JSON values to a column of a type, by COPY and by arrays, and checks each one's
/// fate. `name` tells the tests apart.
fn check(name: &str, declared: &str, cells: &[(&str, Fate)]) {
    on_stage(&format!("types_{name}"), async |stage| {
        for (mode, options) in [("insert", INSERT), ("upsert", UPSERT)] {
            check_mode(stage, &format!("{name}_{mode}"), declared, options, cells).await;
        }
    });
}

async fn check_mode(
    stage: &Stage,
    table: &str,
    declared: &str,
    options: Options<'_>,
    cells: &[(&str, Fate)],
) {
    let create = format!("CREATE TABLE {table} (id int PRIMARY KEY, c {declared})");
    if !stage.sql_since(since(declared), &create).await {
        return;
    }
    let values = cells.iter().enumerate();
    let values = values.map(|(id, (json, _))| format!("{{\"id\":{id},\"c\":{json}}}"));
    let outcome = stage.deliver(table, options, values).await.expect("no value is a fault");
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
            Since(version, _) if !stage.is_since(version).await => Refused("this server"),
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
    // Scales below zero, and above the precision.
    if ["numeric(2,-3)", "numeric(3,5)"].contains(&declared) { 150_000 } else { 0 }
}

/// Floats are spelled with the fewest digits from version 12 on only: before, the server is asked
/// for its own spelling.
async fn spelling(stage: &Stage, declared: &str, text: &str) -> String {
    let is_float = ["real", "double precision"].contains(&declared) && text != "∅";
    if is_float && !stage.is_since(120_000).await {
        return stage.column(&format!("SELECT '{text}'::{declared}::text")).await.remove(0);
    }
    text.to_owned()
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
