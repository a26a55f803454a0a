//! `sluice check`.

use std::error::Error;
use std::process::ExitCode;

use bytes::Bytes;
use serde_json::{Value, json};
use sluice_trigger::check_body;
use sluice_trigger::replay::{LetterReason, newest_letters};

use crate::arguments::{Check, Records, ReportFormat};
use crate::commands::records::event;
use crate::display::json::{list, text};
use crate::display::output::{note, out};
use crate::function::ask::ask;

mod source;

pub(crate) async fn run(arguments: Check) -> Result<ExitCode, Box<dyn Error>> {
    let records = &arguments.records;
    if !records.are_named() {
        return source::run(&arguments).await;
    }
    let (events, reasons) = match arguments.letters {
        true => letters(records).await?,
        false => (vec![event(records).await?], Vec::new()),
    };
    let mut report = json!({ "tables": [], "records": [] });
    for event in events {
        add(&mut report, check(&arguments, &event).await?);
    }
    explain(&mut report, &reasons);
    let records = list(&report["records"]);
    match arguments.format {
        ReportFormat::Json => out!("{report}"),
        ReportFormat::Text => print(&report, records),
    }
    let is_good =
        |record: &Value| matches!(text(&record["verdict"]), "written" | "deleted" | "filtered");
    Ok(ExitCode::from(u8::from(!records.iter().all(is_good))))
}

/// What the function says about an event.
async fn check(arguments: &Check, event: &[u8]) -> Result<Value, Box<dyn Error>> {
    let body = check_body(event, arguments.values);
    let report = ask(&arguments.function, arguments.timeout, body).await?;
    match report["records"].is_array() {
        true => Ok(report),
        false => Err("the function does not support checks".into()),
    }
}

/// The records of the newest letters, and why they became letters.
async fn letters(arguments: &Records) -> Result<(Vec<Bytes>, Vec<LetterReason>), Box<dyn Error>> {
    let topic = arguments.topic.as_deref().unwrap_or_default();
    let bootstrap = arguments.bootstrap.as_deref().unwrap_or_default();
    let kafka = sluice_trigger::connect(bootstrap, &arguments.kafka).await?;
    let newest = newest_letters(&kafka, topic, arguments.last).await?;
    if newest.left_out > 0 {
        note!("{} records of {topic} are no letters about a whole record", newest.left_out);
    }
    match newest.events.is_empty() {
        true => Err(format!("the topic {topic} has no letters").into()),
        false => Ok((newest.events, newest.reasons)),
    }
}

/// Adds another report.
fn add(report: &mut Value, mut other: Value) {
    for member in ["tables", "records"] {
        if let (Some(all), Some(more)) =
            (report[member].as_array_mut(), other[member].as_array_mut())
        {
            all.append(more);
        }
    }
}

/// Adds to each record why it became a letter.
fn explain(report: &mut Value, reasons: &[LetterReason]) {
    for record in report["records"].as_array_mut().into_iter().flatten() {
        let is_it = |it: &&LetterReason| {
            record["topic"] == it.topic
                && record["partition"] == it.partition
                && record["offset"] == it.offset
        };
        if let Some(LetterReason { reason: Some(reason), .. }) = reasons.iter().find(is_it) {
            record["letterReason"] = json!(reason);
        }
    }
}

fn print(report: &Value, records: &[Value]) {
    for table in report["tables"].as_array().into_iter().flatten() {
        let exists = table["exists"] == true;
        out!("table {}{}", text(&table["table"]), if exists { "" } else { ": does not exist" });
        if let Some(definition) = table["definition"].as_str() {
            out!("  would be created by: {definition}");
        }
        if let Some(untried) = table["untried"].as_str() {
            out!("  not tried on the server, only checked against its column types: {untried}");
        }
    }
    for record in records {
        out!();
        print_record(record);
    }
    out!();
    let count = |verdict: &str| records.iter().filter(|r| r["verdict"] == verdict).count();
    let counts = ["written", "deleted", "filtered", "lettered", "given back"];
    let counts = counts.map(|verdict| (count(verdict), verdict));
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, verdict)| format!("{count} {verdict}")).collect();
    out!("of {} records: {}; nothing was written", records.len(), counts.join(", "));
}

fn print_record(record: &Value) {
    let (topic, verdict) = (text(&record["topic"]), text(&record["verdict"]));
    let to = match record["letterTopic"].as_str() {
        Some(topic) => format!(" to {topic}"),
        None => String::new(),
    };
    out!("{topic}-{}@{}: {verdict}{to}", record["partition"], record["offset"]);
    if let Some(reason) = record["reason"]["message"].as_str() {
        let code = record["reason"]["code"].as_str();
        let code = code.map_or(String::new(), |code| format!(" ({code})"));
        out!("  {}: {reason}{code}", text(&record["reason"]["stage"]));
    }
    if let Some(reason) = record["letterReason"].as_str() {
        out!("  its letter says: {reason}");
    }
    let fields = list(&record["fields"]);
    let rows = fields
        .iter()
        .map(|field| ["column", "type", "given", "verdict"].map(|name| text(&field[name])));
    let rows: Vec<[&str; 4]> = rows.collect();
    let width = |place: usize| rows.iter().map(|row| row[place].chars().count()).max().unwrap_or(0);
    let [column, ty, given] = [width(0), width(1), width(2)];
    for (row, field) in rows.iter().zip(fields) {
        let value = field["value"].as_str().map_or(String::new(), |value| format!("  {value}"));
        out!("  {:<column$}  {:<ty$}  {:<given$}  {}{value}", row[0], row[1], row[2], row[3]);
    }
}
