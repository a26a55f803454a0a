//! The conversion table, cell by cell: what a JSON value becomes in a column of each type, on
//! every server and by every way in, and how it is refused where it would lose something.

mod binary;
mod declared;
mod differential;
mod geometries;
mod keys;
mod kinds;
mod labels;
mod moments;
mod networks;
mod numbers;
mod text;
mod typed;
mod zones;

use sluice_bridge::model::failure::Failure;
use sluice_bridge::run::outcome::Outcome;

use crate::support::{INSERT, Options, Stage, UPDATE, UPSERT, deliver, on_stage};

/// What becomes of a value.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// It is stored, and reads so.
    Stored(&'static str),
    /// The column's type refuses it before it is sent, with these words in the reason.
    Refused(&'static str),
    /// The server refuses it, with this number.
    Server(&'static str),
    /// It depends on the server: MariaDB's, then MySQL's.
    Either(&'static Fate, &'static Fate),
}

use Fate::{Either, Refused, Server, Stored};

/// JSON values and their fates.
type Cells<'a> = &'a [(&'a str, Fate)];

const WRONG_KIND: Fate = Refused("does not accept this kind of value");

const MARIADB: &str = "TEST_MARIADB";
const MYSQL: &str = "TEST_MYSQL";

/// How values go in: what to call the table, the options of the sink, and those of the records.
const WAYS: &[(&str, Options<'_>, Options<'_>)] = &[
    ("inserted", &[], INSERT),
    ("upserted", &[], UPSERT),
    ("updated", &[], UPDATE),
    ("as_text", &[("dialect.name", "mysql")], INSERT),
];

/// Writes JSON values to a column of a type, and checks each one's fate.
fn check(name: &str, declared: &str, cells: Cells<'_>) {
    check_as(name, declared, "c", cells);
}

/// The same of a column `c` that reads as an expression says.
fn check_as(name: &str, declared: &str, reading: &str, cells: Cells<'_>) {
    for server in [MARIADB, MYSQL] {
        check_on(server, name, declared, reading, cells);
    }
}

/// The same on one server.
fn check_on(server: &str, name: &str, declared: &str, reading: &str, cells: Cells<'_>) {
    on_stage(server, &format!("types_{name}"), async |stage| {
        for (table, options, mode) in WAYS {
            // Spoken to as MySQL, MariaDB has no JSON.
            if declared != "json" || options.is_empty() {
                check_way(stage, table, (options, mode), (declared, reading), cells).await;
            }
        }
    });
}

async fn check_way(
    stage: &mut Stage,
    table: &str,
    (options, mode): (Options<'_>, Options<'_>),
    (declared, reading): (&str, &str),
    cells: Cells<'_>,
) {
    stage.sql(&format!("CREATE TABLE {table} (id int PRIMARY KEY, c {declared})")).await;
    let is_update = table == "updated";
    if is_update {
        let ids: Vec<String> = (0..cells.len()).map(|id| format!("({id})")).collect();
        stage.sql(&format!("INSERT INTO {table} (id) VALUES {}", ids.join(","))).await;
    }
    let values =
        cells.iter().enumerate().map(|(id, (json, _))| format!("{{\"id\":{id},\"c\":{json}}}"));
    let mut sink = stage.sink_with(options);
    let outcome = deliver(&mut sink, table, mode, values).await.expect("no value is a fault");
    let expected = stage.column_type(table, "c").await;
    for (id, (json, fate)) in cells.iter().enumerate() {
        let query = format!("SELECT {reading} FROM {table} WHERE id = {id}");
        let stored = stage.column(&query).await.pop();
        // What is refused leaves no row, or an old one as it was.
        let nothing = is_update.then(|| "∅".to_owned());
        let context = format!("{json} into {declared} ({} {table})", stage.server);
        let failure = failure_of(&outcome, id);
        let fate = match *fate {
            Either(mariadb, mysql) => *if stage.is_mariadb() { mariadb } else { mysql },
            fate => fate,
        };
        match fate {
            Stored(text) => assert_eq!(stored.as_deref(), Some(text), "{context}: {failure:?}"),
            Refused(why) => {
                assert_eq!(stored, nothing, "{context}");
                check_refusal(failure, json, &expected, why, &context);
            }
            Server(code) => {
                assert_eq!(stored, nothing, "{context}");
                let cause = &failure.unwrap_or_else(|| panic!("{context}: no failure")).cause;
                assert_eq!(cause.code.as_deref(), Some(code), "{context}: {cause:?}");
                check_silence(&cause.message, json, &context);
            }
            Either(..) => unreachable!("the server is known"),
        }
    }
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
