//! `sluice check` of a source: what its next invocation would read, table by table.

use std::error::Error;
use std::process::ExitCode;

use serde_json::Value;
use sluice_trigger::source_check_body;

use crate::arguments::{Check, ReportFormat};
use crate::display::json::{list, text};
use crate::display::output::out;
use crate::function::ask::ask;

pub(crate) async fn run(arguments: &Check) -> Result<ExitCode, Box<dyn Error>> {
    let body = source_check_body(arguments.values);
    let report = ask(&arguments.function, arguments.timeout, body).await.map_err(explained)?;
    if !report["source"].is_string() {
        return Err("the function is no source that supports checks".into());
    }
    match arguments.format {
        ReportFormat::Json => out!("{report}"),
        ReportFormat::Text => lines(&report).iter().for_each(|line| out!("{line}")),
    }
    let tables = list(&report["tables"]).iter();
    let is_good = report["lettersError"].is_null() && tables.flat_map(problems).next().is_none();
    Ok(ExitCode::from(u8::from(!is_good)))
}

/// A sink finds no event in the question.
fn explained(error: Box<dyn Error>) -> Box<dyn Error> {
    match error.to_string() {
        told if told.contains("Sluice.NotAnEvent") => {
            "the function is a sink: name records with --topic and --records or --bootstrap, or with --event".into()
        }
        _ => error,
    }
}

/// What keeps the rows of a table from being written.
fn problems(table: &Value) -> impl Iterator<Item = String> {
    let of_table = ["error", "topicError"].into_iter().filter_map(|name| table[name].as_str());
    of_table.map(str::to_owned).chain(list(&table["failed"]).iter().map(failed))
}

fn failed(row: &Value) -> String {
    let key = row["key"].as_str().map_or(String::new(), |key| format!(" with key {key}"));
    let column =
        row["column"].as_str().map_or(String::new(), |column| format!(", column `{column}`"));
    let becomes = match row["letter"] == true {
        true => "becomes a letter",
        false => "stops the table",
    };
    format!("a row{key}{column}: {}; it {becomes}", text(&row["reason"]))
}

/// The report for people.
fn lines(report: &Value) -> Vec<String> {
    let exists = match report["offsetsTopicExists"] == true {
        true => "",
        false => " (does not exist: the first invocation creates it)",
    };
    let mut lines = vec![format!(
        "source {}, offsets in topic {}{exists}",
        text(&report["source"]),
        text(&report["offsetsTopic"])
    )];
    lines.extend(list(&report["warnings"]).iter().map(|it| format!("warning: {}", text(it))));
    lines.extend(report["lettersError"].as_str().map(|why| format!("letters: {why}")));
    for table in list(&report["tables"]) {
        lines.push(String::new());
        lines.extend(of_table(table));
    }
    lines.push(String::new());
    lines.push("nothing was sent, and no offset was stored".to_owned());
    lines
}

fn of_table(table: &Value) -> Vec<String> {
    let mut lines =
        vec![format!("table {} to topic {}", text(&table["table"]), text(&table["topic"]))];
    lines.extend(problems(table).map(|problem| format!("  problem: {problem}")));
    let from = match table["after"].is_null() {
        true => "from the first row on".to_owned(),
        false => format!("behind {}", table["after"]),
    };
    let rows = match (table["rows"].as_u64(), table["waitsFor"].as_str()) {
        _ if table["error"].is_string() => return lines,
        (_, Some(holder)) => format!("rows wait for {holder}"),
        (Some(0) | None, None) => "nothing is new".to_owned(),
        (Some(1), None) => "1 row can be read".to_owned(),
        (Some(rows), None) => format!("the first {rows} rows can be read"),
    };
    lines.push(format!("  {from}: {rows}"));
    for schema in list(&table["schemas"]) {
        lines.push(format!(
            "  schema of {}: {}",
            text(&schema["subject"]),
            text(&schema["schema"])
        ));
    }
    for record in list(&table["records"]) {
        let parts: Vec<&str> =
            ["key", "value"].iter().filter_map(|part| record[part].as_str()).collect();
        // In other formats than JSON it has no text.
        if !parts.is_empty() {
            lines.push(format!("  {}", parts.join("  ")));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_is_told_table_by_table() {
        let report = json!({
            "source": "shop", "offsetsTopic": "shop-offsets", "offsetsTopicExists": false,
            "warnings": ["a doubt"],
            "tables": [
                {"table": "d.t", "topic": "p-t", "rows": 2, "after": {"incrementing": 7},
                 "records": [{"key": "{\"id\":8}", "value": "{\"id\":8,\"a\":1}"}, {"value": "{}"}, {}]},
                {"table": "d.u", "topic": "p-u", "rows": 0, "waitsFor": "connection 4",
                 "topicError": "topic p-u does not exist"},
                {"table": "d.v", "topic": "p-v", "rows": 0, "error": "no such column"},
                {"table": "d.w", "topic": "p-w", "rows": 1, "failed": [
                    {"key": "3", "column": "c", "reason": "a zero date", "letter": false}]},
            ],
        });
        let expected = "\
source shop, offsets in topic shop-offsets (does not exist: the first invocation creates it)
warning: a doubt

table d.t to topic p-t
  behind {\"incrementing\":7}: the first 2 rows can be read
  {\"id\":8}  {\"id\":8,\"a\":1}
  {}

table d.u to topic p-u
  problem: topic p-u does not exist
  from the first row on: rows wait for connection 4

table d.v to topic p-v
  problem: no such column

table d.w to topic p-w
  problem: a row with key 3, column `c`: a zero date; it stops the table
  from the first row on: 1 row can be read

nothing was sent, and no offset was stored";
        assert_eq!(lines(&report).join("\n"), expected);
    }
}
