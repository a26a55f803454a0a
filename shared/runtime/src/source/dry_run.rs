//! `sluice check` of a source: what an invocation would read, table by table, and what would keep it from that. Nothing is
//! written, no offset is stored, and an invocation that runs goes on.

use std::num::NonZeroUsize;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use sluice_source::encoding::Part;
use sluice_source::error::SourceError;
use sluice_source::options::formats::Format;
use sluice_source::options::letter::FailedRow;
use sluice_source::options::mode::Rules;
use sluice_source::poll::Poll;
use sluice_source::poll::dry_run::TableDryRun;
use sluice_source::source::{Source, SourceRecord};
use tokio::time::timeout_at;

use super::journal::Schemas;
use super::offsets_view::OffsetsView;
use super::settings::Parts;
use crate::lambda::deadline::Deadline;

/// How many rows of each table are read.
const ROWS: u32 = 5;
/// How long before the deadline the offsets must be read.
const REST: Duration = Duration::from_secs(1);

/// What `sluice check` asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Whether the report shows rows, which may be secret.
    shows_values: bool,
}

/// The question, if this is what a source was invoked with. No schedule invokes with it.
pub(crate) fn asked(event: &Value) -> Option<Asked> {
    (event["sluice"] == "check").then(|| Asked { shows_values: event["values"] == true })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    source: String,
    offsets_topic: String,
    /// Whether the topic of the offsets exists; otherwise the first invocation creates it.
    offsets_topic_exists: bool,
    /// Why no letter can be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    letters_error: Option<String>,
    warnings: Vec<String>,
    tables: Vec<TableReport>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TableReport {
    table: String,
    topic: String,
    /// Why nothing can be sent to the topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_error: Option<String>,
    /// The offset behind which reading goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
    /// How many rows were read; there may be more.
    rows: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    records: Vec<RecordReport>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<FailedReport>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    schemas: Vec<SchemaReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<String>,
    /// Why it is not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Key and value as text, if their formats are JSON.
#[derive(Serialize)]
struct RecordReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

#[derive(Serialize)]
struct FailedReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    reason: String,
    /// Whether it becomes a letter; otherwise it stops its table.
    letter: bool,
}

#[derive(Serialize)]
struct SchemaReport {
    subject: String,
    schema: String,
}

/// Tries each table, and reports on it.
///
/// # Errors
/// What concerns more than one table.
pub(crate) async fn run<S: Source>(
    parts: Parts<S>,
    asked: Asked,
    deadline: Deadline,
) -> Result<Value, SourceError> {
    let Parts { rules, access, registry, source } = parts;
    let view = OffsetsView {
        access,
        topic: rules.offsets_topic.clone(),
        schemas: Schemas { registry, registers: rules.formats.registers },
        deadline: deadline.write() - REST,
        exists: false,
        topics: Default::default(),
    };
    let tried = timeout_at(deadline.write(), async {
        let mut one_task = rules.clone();
        one_task.tasks = NonZeroUsize::MIN;
        let mut poll = Poll::open(source, view, one_task).await?;
        let tables = poll.dry_run(ROWS).await?;
        let warnings = poll.warnings();
        poll.close().await;
        Ok(report(&rules, asked, poll.journal(), warnings, tables))
    });
    tried.await.unwrap_or_else(|_| Err(SourceError::retry("the check was not done in time")))
}

fn report(
    rules: &Rules,
    asked: Asked,
    view: &OffsetsView,
    warnings: Vec<String>,
    tables: Vec<TableDryRun>,
) -> Value {
    let topic_error = |topic: &str| Some(view.topics.get(topic)?.as_ref().err()?.to_string());
    let report = Report {
        source: rules.connector.clone(),
        offsets_topic: view.topic.clone(),
        offsets_topic_exists: view.exists,
        letters_error: rules.letters.topic().and_then(topic_error),
        warnings,
        tables: tables
            .into_iter()
            .map(|table| TableReport {
                topic_error: topic_error(&table.outcome.topic),
                ..of_table(rules, asked, table)
            })
            .collect(),
    };
    serde_json::to_value(report).unwrap_or_default()
}

fn of_table(rules: &Rules, asked: Asked, table: TableDryRun) -> TableReport {
    let TableDryRun { outcome, after, rows } = table;
    let subject = |part: Part| part.subject(&outcome.topic);
    let key = |key: &[u8]| shown(key, rules.formats.key, asked);
    let record = |record: &SourceRecord| RecordReport {
        key: record.key.as_deref().and_then(key),
        value: shown(&record.value, rules.formats.value, asked),
    };
    let failed = |row: &FailedRow| FailedReport {
        key: row.key.as_deref().and_then(key),
        column: row.column.clone(),
        reason: row.reason.clone(),
        letter: rules.letters.topic().is_some(),
    };
    let records = rows.records.iter().filter(|_| asked.shows_values).map(record).collect();
    let schemas = rows.schemas.iter().map(|(part, schema)| SchemaReport {
        subject: subject(*part),
        schema: schema.text.clone(),
    });
    TableReport {
        topic_error: None,
        after: after.and_then(|after| serde_json::from_slice(&after).ok()),
        rows: rows.records.len(),
        records,
        failed: rows.failed.iter().map(failed).collect(),
        schemas: schemas.collect(),
        waits_for: outcome.waits_for,
        error: outcome.error.map(|error| error.message),
        table: outcome.table,
        topic: outcome.topic,
    }
}

fn shown(bytes: &[u8], format: Format, asked: Asked) -> Option<String> {
    let is_text = asked.shows_values && matches!(format, Format::Json | Format::Envelope);
    is_text.then(|| String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_question_of_a_check_is_one() {
        assert_eq!(asked(&json!({"sluice": "check"})), Some(Asked { shows_values: false }));
        let shows_values = json!({"sluice": "check", "values": true});
        assert_eq!(asked(&shows_values), Some(Asked { shows_values: true }));
        for other in [json!({}), json!({"sluice": "other"}), json!("check"), json!(null)] {
            assert_eq!(asked(&other), None, "{other}");
        }
    }
}
