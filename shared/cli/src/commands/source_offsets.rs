//! `sluice offsets` of a source.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use sluice_trigger::source_offsets::{self, Change, Read, StoredOffset};

use crate::arguments::{Cluster, Import, Output, Set, Source};
use crate::display::output::{self, out};
use crate::display::table::table;

type Done = Result<ExitCode, Box<dyn Error>>;

/// The topic of a source's offsets.
fn topic(Source { connector, offsets_topic }: &Source) -> String {
    offsets_topic.clone().unwrap_or_else(|| source_offsets::topic(connector))
}

pub(crate) async fn show(cluster: &Cluster, source: &Source, output: Output) -> Done {
    let topic = topic(source);
    let offsets = existing(cluster, &topic, &source.connector).await?;
    match output {
        Output::Json => out!("{}", document(source, &topic, &offsets)),
        Output::Text => {
            out!("connector {}: {} in topic {topic}", source.connector, count(offsets.len()));
            let rows: Vec<_> = offsets.iter().map(|it| row(&it.partition, &it.offset)).collect();
            output::text(&table(["table", "incrementing", "timestamp", "other"], &rows));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Removes some offsets, or all without any.
pub(crate) async fn reset(
    cluster: &Cluster,
    source: &Source,
    chosen: &[Read],
    (execute, output): (bool, Output),
) -> Done {
    change(cluster, source, (execute, output), |stored| source_offsets::reset(stored, chosen)).await
}

pub(crate) async fn set(arguments: Set) -> Done {
    let Set { cluster, source, table, incrementing, timestamp, execute, output, .. } = arguments;
    let read = table.unwrap_or(Read::Query);
    let plan = |stored: &[StoredOffset]| {
        let to = (timestamp, incrementing);
        Ok(vec![source_offsets::set(&source.connector, stored, &read, to)?])
    };
    change(&cluster, &source, (execute, output), plan).await
}

pub(crate) async fn import(arguments: Import) -> Done {
    let Import { cluster, source, from_topic, from_connector, execute, output } = arguments;
    let other = from_connector.unwrap_or_else(|| source.connector.clone());
    if (&from_topic, &other) == (&topic(&source), &source.connector) {
        return Err(
            "these are the offsets of the source itself: name another topic or connector".into()
        );
    }
    let others = existing(&cluster, &from_topic, &other).await?;
    let plan = |stored: &[StoredOffset]| source_offsets::import(&source.connector, stored, &others);
    change(&cluster, &source, (execute, output), plan).await
}

/// Plans changes of what is stored, shows them, and with `execute` makes them.
async fn change(
    cluster: &Cluster,
    source: &Source,
    (execute, output): (bool, Output),
    plan: impl Fn(&[StoredOffset]) -> Result<Vec<Change>, sluice_trigger::Error>,
) -> Done {
    let access = sluice_trigger::access(&cluster.bootstrap, &cluster.kafka())?;
    let (topic, connector) = (topic(source), &source.connector);
    // First without taking over, so that what cannot be done disturbs nobody.
    let stored = source_offsets::list(&access, &topic, connector).await?.unwrap_or_default();
    let mut changes = plan(&stored)?;
    if execute {
        let taken = source_offsets::take_over(&access, &topic, connector).await?;
        changes = plan(&taken.stored)?;
        taken.write(&changes).await?;
    }
    match output {
        Output::Json => out!("{}", planned(source, &topic, &changes, execute)),
        Output::Text => print_changes(source, &topic, &changes, execute),
    }
    Ok(ExitCode::SUCCESS)
}

async fn existing(
    cluster: &Cluster,
    topic: &str,
    connector: &str,
) -> Result<Vec<StoredOffset>, Box<dyn Error>> {
    let access = sluice_trigger::access(&cluster.bootstrap, &cluster.kafka())?;
    let found = source_offsets::list(&access, topic, connector).await?;
    found.ok_or_else(|| format!("there is no topic {topic}: look at its name").into())
}

fn print_changes(source: &Source, topic: &str, changes: &[Change], executed: bool) {
    let none = || "-".to_owned();
    let row = |Change { partition, from, to, .. }: &Change| {
        [name(partition), from.clone().unwrap_or_else(none), to.clone().unwrap_or_else(none)]
    };
    let rows: Vec<_> = changes.iter().map(row).collect();
    output::text(&table(["table", "from", "to"], &rows));
    let (connector, count) = (&source.connector, count(changes.len()));
    match executed {
        true => out!("connector {connector}: {count} changed in topic {topic}"),
        false => out!("nothing was changed; add --execute to change {count}"),
    }
}

fn count(offsets: usize) -> String {
    if offsets == 1 { "1 offset".to_owned() } else { format!("{offsets} offsets") }
}

/// A table's name, or what else an offset is about.
fn name(partition: &str) -> String {
    let parsed: Value = serde_json::from_str(partition).unwrap_or_default();
    parsed["table"].as_str().map_or_else(|| partition.to_owned(), str::to_owned)
}

/// Table, id, moment, and everything else.
fn row(partition: &str, offset: &str) -> [String; 4] {
    let mut members: Map<String, Value> = serde_json::from_str(offset).unwrap_or_default();
    let id = members.remove("incrementing").map_or_else(|| "-".to_owned(), |id| id.to_string());
    let nanos = members.remove("timestamp_nanos").and_then(|nanos| nanos.as_u64());
    let millis = members.remove("timestamp").and_then(|millis| millis.as_i64());
    let time = millis.map_or_else(|| "-".to_owned(), |millis| moment(millis, nanos));
    let other = if members.is_empty() { String::new() } else { Value::from(members).to_string() };
    [name(partition), id, time, other]
}

/// A moment in UTC; as milliseconds if it is before 1970.
fn moment(millis: i64, nanos: Option<u64>) -> String {
    let Ok(since) = u64::try_from(millis) else { return millis.to_string() };
    let time = match nanos.and_then(|nanos| u32::try_from(nanos).ok()) {
        // The nanoseconds are those of the second.
        Some(nanos) => Duration::from_secs(since / 1_000) + Duration::from_nanos(nanos.into()),
        None => Duration::from_millis(since),
    };
    humantime::format_rfc3339_micros(UNIX_EPOCH + time).to_string()
}

/// The offsets as Kafka Connect's REST API shows them.
fn document(source: &Source, topic: &str, offsets: &[StoredOffset]) -> Value {
    let offset = |StoredOffset { partition, offset, .. }: &StoredOffset| json!({ "partition": parsed(partition), "offset": parsed(offset) });
    let offsets: Vec<_> = offsets.iter().map(offset).collect();
    json!({ "connector": source.connector, "topic": topic, "offsets": offsets })
}

fn planned(source: &Source, topic: &str, changes: &[Change], executed: bool) -> Value {
    let change = |Change { partition, from, to, .. }: &Change| {
        let offset = |text: &Option<String>| text.as_deref().map(parsed);
        json!({ "partition": parsed(partition), "from": offset(from), "to": offset(to) })
    };
    let changes: Vec<_> = changes.iter().map(change).collect();
    let connector = &source.connector;
    json!({ "connector": connector, "topic": topic, "executed": executed, "changes": changes })
}

/// JSON text as a value; as text if it is none.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_shown_part_by_part() {
        let table = r#"{"protocol":"1","table":"shop.orders"}"#;
        let both = r#"{"timestamp_nanos":374322000,"incrementing":3,"timestamp":1795990084374}"#;
        assert_eq!(row(table, both), ["shop.orders", "3", "2026-11-29T22:08:04.374322Z", ""]);
        assert_eq!(row(table, r#"{"incrementing":-4}"#), ["shop.orders", "-4", "-", ""]);
        let pass = row(r#"{"query":"query"}"#, r#"{"sluice":"pass 7"}"#);
        assert_eq!(pass, [r#"{"query":"query"}"#, "-", "-", r#"{"sluice":"pass 7"}"#]);
        assert_eq!(row(table, r#"{"timestamp":1500}"#)[2], "1970-01-01T00:00:01.500000Z");
        assert_eq!(row(table, r#"{"timestamp":-1}"#)[2], "-1");
    }
}
