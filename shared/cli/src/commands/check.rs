//! `sluice check`.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use sluice_trigger::{
    FunctionConfig, Platform, check_body, event_of_topic, event_of_values, read_line, split,
};

use crate::arguments::{Check, ReportFormat};
use crate::commands::invoke::read;
use crate::display::output::out;
use crate::display::screen::Screen;

pub(crate) async fn run(arguments: Check) -> Result<ExitCode, Box<dyn Error>> {
    let event = event(&arguments).await?;
    let function = FunctionConfig {
        program: arguments.function,
        timeout: arguments.timeout,
        environment: Vec::new(),
    };
    let body = check_body(&event, arguments.values);
    let (platform, screen) = (Platform::Lambda, Arc::new(Screen::plain()));
    let answer = sluice_trigger::invoke(function, platform, body, screen).await?;
    let report: Value = serde_json::from_slice(&answer)?;
    let Some(records) = report["records"].as_array() else {
        return Err("the function does not support checks".into());
    };
    match arguments.format {
        ReportFormat::Json => out!("{report}"),
        ReportFormat::Text => print(&report, records),
    }
    let is_good =
        |record: &Value| matches!(text(&record["verdict"]), "written" | "deleted" | "filtered");
    Ok(ExitCode::from(u8::from(!records.iter().all(is_good))))
}

async fn event(arguments: &Check) -> Result<Bytes, Box<dyn Error>> {
    let unreadable = |error: std::io::Error| format!("cannot read the records: {error}");
    if let Some(file) = &arguments.event {
        return Ok(read(file).map_err(unreadable)?.into());
    }
    let topic = arguments.topic.as_deref().unwrap_or_default();
    if let Some(file) = &arguments.records {
        let content = read(file).map_err(unreadable)?;
        let values = values(&content, arguments.key_separator.as_deref()).await?;
        if values.is_empty() {
            return Err("the file contains no records".into());
        }
        return Ok(event_of_values(topic, values));
    }
    let bootstrap = arguments.bootstrap.as_deref().unwrap_or_default();
    let kafka = sluice_trigger::connect(bootstrap, &arguments.kafka).await?;
    let event = event_of_topic(&kafka, topic, arguments.last).await?;
    event.ok_or_else(|| format!("the topic {topic} is empty").into())
}

/// Key and value of each line, as `send --lines` reads them.
async fn values(
    mut content: &[u8],
    separator: Option<&str>,
) -> Result<Vec<(Option<Bytes>, Bytes)>, sluice_trigger::Error> {
    let (mut values, mut line) = (Vec::new(), Vec::new());
    while read_line(&mut content, &mut line).await? {
        values.push(split(&line, separator));
    }
    Ok(values)
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
    let fields = record["fields"].as_array().map_or(&[][..], Vec::as_slice);
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

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_line_is_a_record_as_it_is_for_send() {
        let values = values(b"a:1 \r\n\nb:\n2", Some(":")).await.expect("reading from memory");
        let values: Vec<(Option<&[u8]>, &[u8])> =
            values.iter().map(|(key, value)| (key.as_deref(), &value[..])).collect();
        let expected: [(Option<&[u8]>, &[u8]); 4] =
            [(Some(b"a"), b"1 "), (None, b""), (Some(b"b"), b""), (None, b"2")];
        assert_eq!(values, expected);
    }
}
