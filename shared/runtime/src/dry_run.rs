//! `sluice check`: what would become of records, column by column. The records take the same path
//! as usual, and all work is undone. Nothing is committed, no letter is sent, no offset is stored.
//!
//! The event of a check is wrapped, so that a function that does not support checks refuses it
//! instead of writing it.

use std::time::Duration;

use bumpalo::Bump;
use serde::Serialize;
use serde_json::{Value, json};
use sluice_bridge::event::Event;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::event::record::Record;
use sluice_bridge::format::registry::KnownSchemas;
use sluice_bridge::map::mapper::{Fate, Mapper};
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::change::SchemaChange;
use sluice_bridge::model::failure::{Cause, Failure, GivenBack, Stage};
use sluice_bridge::model::shape::ColumnShape;
use sluice_bridge::model::table::Table;
use sluice_bridge::options::rules::{InsertMode, Rules, Unknown};
use sluice_bridge::run::pipeline::{self, Registry};
use sluice_bridge::run::tries::Tries;
use sluice_bridge::run::waiting::Waiting;
use sluice_bridge::sink::{DryRun, Sink};
use tokio::time::timeout_at;

use crate::config::HandlerConfig;
use crate::lambda::deadline::Deadline;
use crate::lambda::response::{Failed, Kind, LambdaResponse};
use crate::log::stage_name;

mod sink;

use sink::DryRunSink;

const OPEN: &[u8] = br#"{"sluice":"check","event":"#;
const OPEN_WITH_VALUES: &[u8] = br#"{"sluice":"check","values":true,"event":"#;
const CLOSE: &[u8] = b"}";

/// What `sluice check` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked<'b> {
    /// The wrapped event.
    event: &'b [u8],
    /// Whether the report shows values, which may be secret.
    shows_values: bool,
}

/// The question, if the body has exactly the form that `sluice check` writes.
pub(crate) fn asked(body: &[u8]) -> Option<Asked<'_>> {
    let inside = body.strip_suffix(CLOSE)?;
    let plain = inside.strip_prefix(OPEN).map(|event| Asked { event, shows_values: false });
    let with_values = || inside.strip_prefix(OPEN_WITH_VALUES);
    plain.or_else(|| Some(Asked { event: with_values()?, shows_values: true }))
}

#[derive(Serialize)]
struct Report {
    tables: Vec<TableReport>,
    records: Vec<RecordReport>,
}

#[derive(Serialize)]
struct TableReport {
    table: String,
    exists: bool,
    /// The statement of `auto.create` or `auto.evolve`.
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<String>,
    #[serde(rename = "untried", skip_serializing_if = "Option::is_none")]
    why_not_tried: Option<String>,
}

#[derive(Serialize)]
struct RecordReport {
    topic: String,
    partition: i32,
    offset: i64,
    table: String,
    verdict: &'static str,
    /// The topic of the letter, unless it goes into a table.
    #[serde(rename = "letterTopic", skip_serializing_if = "Option::is_none")]
    letter_topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Value>,
    fields: Vec<FieldReport>,
}

#[derive(Serialize)]
struct FieldReport {
    column: String,
    #[serde(rename = "type")]
    ty: String,
    /// The kind of the record's value.
    given: &'static str,
    /// The value as it was decoded, as JSON; only if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    verdict: String,
}

/// Tries the records of an event, and reports on each.
///
/// # Errors
/// The body is not an event, or the target fails.
pub(crate) async fn run<S: DryRun>(
    config: &HandlerConfig,
    registry: &impl Registry,
    sink: &mut S,
    asked: Asked<'_>,
    deadline: Deadline,
) -> Result<LambdaResponse, Failed> {
    let arena = Bump::new();
    let mut event = Incoming::of(config.event, asked.event, &arena);
    event.whole().map_err(|wrong| Failed::new(Kind::NotAnEvent, wrong.to_string()))?;
    let mut dry_run = DryRunSink::new(sink);
    let tried = try_records(config, registry, &mut dry_run, &mut event, deadline);
    let tried = timeout_at(deadline.write(), tried).await;
    let event = event.event();
    let report = match tried {
        Ok(Ok(tried)) => {
            let shown = |cell: &Cell<'_>| asked.shows_values.then(|| json_of(cell));
            Ok(report(config, registry, &dry_run, event, &tried, shown))
        }
        Ok(Err(given_back)) => Err(Failed::given_back(event, &given_back)),
        Err(_) => Err(Failed::new(Kind::Transient, "the target did not answer in time")),
    };
    let _ = timeout_at(deadline.answer(), sink.abandon()).await;
    report.map(|report| LambdaResponse(json!(report)))
}

/// The failures, and the records for which an update finds no row.
#[derive(Default)]
struct Tried {
    failures: Vec<Failure>,
    filtered: Vec<usize>,
}

async fn try_records<S: DryRun>(
    config: &HandlerConfig,
    registry: &impl Registry,
    dry_run: &mut DryRunSink<'_, S>,
    event: &mut Incoming<'_>,
    deadline: Deadline,
) -> Result<Tried, GivenBack> {
    // One bad record must not hide the next one, and no offsets may be stored.
    let retry_timeout = Some(Duration::ZERO);
    let rules =
        Rules { tolerant: true, retry_timeout, offsets_table: None, ..config.rules.clone() };
    let mut tried = Tried::default();
    let (mut waiting, mut tries) = (Waiting::default(), Tries::default());
    let mut write = async |dry_run: &mut DryRunSink<'_, S>, event: &mut Incoming<'_>| {
        let (waiting, tries) = (&mut waiting, &mut tries);
        pipeline::write_with(dry_run, event, &rules, registry, &deadline, waiting, tries).await
    };
    if rules.insert_mode != InsertMode::Update {
        tried.failures = write(dry_run, event).await?.failures;
        return Ok(tried);
    }
    // Only an update of a single row shows whether it found the row.
    for (index, record) in event.event().records.iter().enumerate() {
        let mut lone = Event { bootstrap_servers: None, records: vec![*record] }.into();
        let outcome = write(dry_run, &mut lone).await?;
        dry_run.abandon().await;
        tried.failures.extend(outcome.failures.into_iter().map(|f| Failure { record: index, ..f }));
        tried.filtered.extend((outcome.filtered > 0).then_some(index));
    }
    Ok(tried)
}

fn report<S: DryRun>(
    config: &HandlerConfig,
    registry: &impl Registry,
    dry_run: &DryRunSink<'_, S>,
    event: &Event<'_>,
    tried: &Tried,
    shown: impl Fn(&Cell<'_>) -> Option<String>,
) -> Report {
    let mut rules = config.rules.clone();
    if rules.unknown == Unknown::Error {
        // Of a record that was mapped, a key without a column was allowed, such as a null that needs none.
        rules.unknown = Unknown::Ignore;
    }
    let records = event.records.iter().enumerate();
    let records = records.map(|(index, record)| {
        let name = config.rules.routes.table(record.topic);
        let table = dry_run.tables.iter().find(|table| table.name == name);
        let failure = tried.failures.iter().find(|failure| failure.record == index);
        let known = registry.known();
        let seen = table.map(|table| see(&rules, known, table, record, failure, &shown));
        let (fate, fields) = seen.unwrap_or((None, Vec::new()));
        let filtered = fate == Some(Fate::Filtered) || tried.filtered.contains(&index);
        let (verdict, letter_topic) = match (failure, &config.letters) {
            (Some(failure), Some(letters)) => ("lettered", letters.topic(failure.stage)),
            (Some(_), None) => ("given back", None),
            (None, _) if filtered => ("filtered", None),
            (None, _) if fate == Some(Fate::Delete) => ("deleted", None),
            (None, _) => ("written", None),
        };
        RecordReport {
            topic: record.topic.to_owned(),
            partition: record.partition,
            offset: record.offset,
            table: name.to_string(),
            verdict,
            letter_topic: letter_topic.map(str::to_owned),
            reason: failure.map(|failure| reason(config, failure)),
            fields,
        }
    });
    let records = records.collect();
    let tables = dry_run.tables.iter().map(|table| table_report(dry_run, table)).collect();
    Report { tables, records }
}

fn table_report<S: DryRun>(dry_run: &DryRunSink<'_, S>, table: &Table) -> TableReport {
    let missing = dry_run.missing.iter().find(|missing| *missing.table() == table.name);
    TableReport {
        table: table.name.to_string(),
        exists: !matches!(missing, Some(SchemaChange::Table { .. })),
        definition: missing.and_then(|missing| dry_run.sink().definition(missing)),
        why_not_tried: dry_run.sink().why_not_tried(table),
    }
}

fn reason(config: &HandlerConfig, Failure { stage, cause, .. }: &Failure) -> Value {
    let Cause { message, column, expected, given, code, detail, conflict: _, retry_after_ms: _ } =
        cause;
    json!({
        "stage": stage_name(*stage), "message": message, "column": column, "expected": expected,
        "given": given, "code": code,
        "detail": detail.as_ref().filter(|_| config.sender.include_messages),
    })
}

/// The verdict on each column of a record; columns without a value are left out.
fn see(
    rules: &Rules,
    known: &KnownSchemas,
    table: &Table,
    record: &Record<'_>,
    failure: Option<&Failure>,
    shown: impl Fn(&Cell<'_>) -> Option<String>,
) -> (Option<Fate>, Vec<FieldReport>) {
    if failure.is_some_and(|failure| failure.stage != Stage::Write) {
        return (None, Vec::new());
    }
    let arena = Bump::new();
    let mut cells = vec![Cell::Absent; table.columns.len()];
    let mapped = Mapper::new(rules, table)
        .map(|mapper| mapper.knowing(known).map(record, &arena, &mut cells));
    let fate = mapped.ok().and_then(Result::ok);
    if fate.is_none() {
        return (None, Vec::new());
    }
    let present = cells.iter().enumerate().filter(|(_, cell)| **cell != Cell::Absent);
    let fields = present.map(|(index, cell)| {
        let name = &table.columns[index].name;
        let mut lone = vec![Cell::Absent; cells.len()];
        lone[index] = *cell;
        let told = failure.map(|failure| &failure.cause);
        let told = told.filter(|cause| cause.column.as_deref() == Some(name));
        let wrong = table.shape.check_row(&lone).err();
        let verdict = match wrong.as_ref().or(told) {
            Some(cause) => cause.to_string(),
            None => "ok".to_owned(),
        };
        let ty = table.shape.column(index).map_or("", ColumnShape::type_name).to_owned();
        let (column, given) = (name.clone(), cell.kind());
        FieldReport { column, ty, given, value: shown(cell), verdict }
    });
    (fate, fields.collect())
}

fn json_of(cell: &Cell<'_>) -> String {
    let mut text = String::new();
    cell.write_json(&mut |piece| text.push_str(piece));
    text
}
