//! `sluice check`: what would become of records, column by column, by the road that all records
//! take, in work that is undone. Nothing is committed, no letter is sent, no offset is kept.
//!
//! The event of a check is wrapped, so that a function that does not know of checks refuses it
//! instead of writing it.

use std::time::Duration;

use bumpalo::Bump;
use serde::Serialize;
use serde_json::{Value, json};
use sluice_bridge::event::Event;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::event::record::Record;
use sluice_bridge::map::mapper::{Fate, Mapper};
use sluice_bridge::model::cell::Cell;
use sluice_bridge::model::change::SchemaChange;
use sluice_bridge::model::failure::{Cause, Failure, GivenBack, Stage};
use sluice_bridge::model::table::Table;
use sluice_bridge::options::rules::{InsertMode, Rules};
use sluice_bridge::run::pipeline;
use sluice_bridge::run::waiting::Waiting;
use sluice_bridge::sink::{DryRun, Sink};
use tokio::time::timeout_at;

use crate::config::HandlerConfig;
use crate::lambda::deadline::Deadline;
use crate::lambda::response::{Failed, Kind, LambdaResponse};
use crate::log::stage_name;

mod rehearsal;

use rehearsal::Rehearsal;

const OPEN: &[u8] = br#"{"sluice":"check","event":"#;
const CLOSE: &[u8] = b"}";

/// The event within, if the body asks for a check: exactly what `sluice check` writes.
pub(crate) fn asked(body: &[u8]) -> Option<&[u8]> {
    body.strip_prefix(OPEN)?.strip_suffix(CLOSE)
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
    /// What `auto.create` or `auto.evolve` would say to the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    untried: Option<String>,
}

#[derive(Serialize)]
struct RecordReport {
    topic: String,
    partition: i32,
    offset: i64,
    table: String,
    verdict: &'static str,
    /// Where the letter would go.
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
    /// The kind of what the record has for it, never its content.
    given: &'static str,
    verdict: String,
}

/// Tries an event's records out and reports on each.
///
/// # Errors
/// The body is no event, or the target gives nothing back to report on.
pub(crate) async fn run<S: DryRun>(
    config: &HandlerConfig,
    sink: &mut S,
    body: &[u8],
    deadline: Deadline,
) -> Result<LambdaResponse, Failed> {
    let arena = Bump::new();
    let mut event = Incoming::of(config.event, body, &arena);
    event.whole().map_err(|wrong| Failed::new(Kind::NotAnEvent, wrong.to_string()))?;
    let mut rehearsal = Rehearsal::new(sink);
    let tried =
        timeout_at(deadline.write(), rehearse(config, &mut rehearsal, &mut event, deadline));
    let tried = tried.await;
    let event = event.event();
    let report = match tried {
        Ok(Ok(failures)) => Ok(report(config, &rehearsal, event, &failures)),
        Ok(Err(given_back)) => Err(Failed::given_back(event, &given_back)),
        Err(_) => Err(Failed::new(Kind::Transient, "the target did not answer in time")),
    };
    let _ = timeout_at(deadline.answer(), sink.abandon()).await;
    report.map(|report| LambdaResponse(json!(report)))
}

/// The failures, and the records that an update finds no row for, which have no cause.
#[derive(Default)]
struct Tried {
    failures: Vec<Failure>,
    filtered: Vec<usize>,
}

async fn rehearse<S: DryRun>(
    config: &HandlerConfig,
    rehearsal: &mut Rehearsal<'_, S>,
    event: &mut Incoming<'_>,
    deadline: Deadline,
) -> Result<Tried, GivenBack> {
    // One bad record must not hide the next, and nobody's offsets are moved.
    let retry_timeout = Some(Duration::ZERO);
    let rules =
        Rules { tolerant: true, retry_timeout, offsets_table: None, ..config.rules.clone() };
    let mut tried = Tried::default();
    let (mut waiting, mut retries) = (Waiting::default(), 0);
    if rules.insert_mode != InsertMode::Update {
        let outcome =
            pipeline::write(rehearsal, event, &rules, &deadline, &mut waiting, &mut retries)
                .await?;
        tried.failures = outcome.failures;
        return Ok(tried);
    }
    // Which of several updates found no row is told by none but the lone one.
    for (index, record) in event.event().records.iter().enumerate() {
        let mut lone = Event { bootstrap_servers: None, records: vec![*record] }.into();
        let outcome =
            pipeline::write(rehearsal, &mut lone, &rules, &deadline, &mut waiting, &mut retries)
                .await?;
        rehearsal.abandon().await;
        tried.failures.extend(outcome.failures.into_iter().map(|f| Failure { record: index, ..f }));
        tried.filtered.extend((outcome.filtered > 0).then_some(index));
    }
    Ok(tried)
}

fn report<S: DryRun>(
    config: &HandlerConfig,
    rehearsal: &Rehearsal<'_, S>,
    event: &Event<'_>,
    tried: &Tried,
) -> Report {
    let records = event.records.iter().enumerate();
    let records = records.map(|(index, record)| {
        let name = config.rules.routes.table(record.topic);
        let table = rehearsal.tables.iter().find(|table| table.name == name);
        let failure = tried.failures.iter().find(|failure| failure.record == index);
        let seen = table.map(|table| see(config, rehearsal.sink(), table, record, failure));
        let (fate, fields) = seen.unwrap_or((None, Vec::new()));
        let filtered = fate == Some(Fate::Filtered) || tried.filtered.contains(&index);
        let (verdict, letter_topic) = match (failure, &config.topics) {
            (Some(failure), Some(topics)) => ("lettered", Some(topics.topic(failure.stage))),
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
    let tables = rehearsal.tables.iter().map(|table| table_report(rehearsal, table)).collect();
    Report { tables, records }
}

fn table_report<S: DryRun>(rehearsal: &Rehearsal<'_, S>, table: &Table) -> TableReport {
    let is_of = |missing: &&SchemaChange| match missing {
        SchemaChange::Table { name, .. } => *name == table.name,
        SchemaChange::Columns { table: name, .. } => *name == table.name,
    };
    let missing = rehearsal.missing.iter().find(is_of);
    TableReport {
        table: table.name.to_string(),
        exists: !matches!(missing, Some(SchemaChange::Table { .. })),
        definition: missing.and_then(|missing| rehearsal.sink().definition(missing)),
        untried: rehearsal.sink().untried(table),
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

/// How far a record came, column by column; the columns that it has nothing for are left out.
fn see<S: DryRun>(
    config: &HandlerConfig,
    sink: &S,
    table: &Table,
    record: &Record<'_>,
    failure: Option<&Failure>,
) -> (Option<Fate>, Vec<FieldReport>) {
    let arena = Bump::new();
    let mut cells = vec![Cell::Absent; table.columns.len()];
    let mapped =
        Mapper::new(&config.rules, table).map(|mut mapper| mapper.map(record, &arena, &mut cells));
    let fate = mapped.ok().and_then(Result::ok);
    let types = sink.column_types(table);
    if fate.is_none() || failure.is_some_and(|failure| failure.stage != Stage::Write) {
        return (fate, Vec::new());
    }
    let present = cells.iter().enumerate().filter(|(_, cell)| **cell != Cell::Absent);
    let fields = present.map(|(index, cell)| {
        let name = &table.columns[index].name;
        let mut lone = vec![Cell::Absent; cells.len()];
        lone[index] = *cell;
        let told = failure.map(|failure| &failure.cause);
        let told = told.filter(|cause| cause.column.as_deref() == Some(name));
        let wrong = sink.check(table, &lone).err();
        let verdict = match wrong.as_ref().or(told) {
            Some(cause) => cause.to_string(),
            None => "ok".to_owned(),
        };
        let ty = types.get(index).cloned().unwrap_or_default();
        FieldReport { column: name.clone(), ty, given: cell.kind(), verdict }
    });
    (fate, fields.collect())
}
