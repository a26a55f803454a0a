//! `sluice schema`: what the records of an event are declared as, and the table that `auto.create`
//! would make of them. Nothing is written or created.
//!
//! The event is wrapped, so that a function that does not know the question refuses it.

use bumpalo::Bump;
use serde::Serialize;
use serde_json::json;
use sluice_bridge::event::incoming::Incoming;
use sluice_bridge::format::registry::SchemaKind;
use sluice_bridge::format::survey::{FoundField, Kind, NamedSchema, Survey};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::run::survey::{TopicSurvey, survey};
use sluice_bridge::sink::DryRun;
use sluice_registry::SchemaRegistry;
use tokio::time::timeout_at;

use crate::config::HandlerConfig;
use crate::lambda::deadline::Deadline;
use crate::lambda::response::{Failed, Kind as FailureKind, LambdaResponse};

const OPEN: &[u8] = br#"{"sluice":"schema","event":"#;
const CLOSE: &[u8] = b"}";

/// The wrapped event, if the body has exactly the form that `sluice schema` writes.
pub(crate) fn asked(body: &[u8]) -> Option<&[u8]> {
    body.strip_suffix(CLOSE)?.strip_prefix(OPEN)
}

#[derive(Serialize)]
struct TopicReport {
    topic: String,
    table: TableReport,
    key: PartReport,
    value: PartReport,
}

#[derive(Serialize)]
struct TableReport {
    name: String,
    exists: bool,
    /// The statement of `auto.create`.
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<String>,
    #[serde(rename = "whyNone", skip_serializing_if = "Option::is_none")]
    why_none: Option<String>,
}

#[derive(Serialize)]
struct PartReport {
    nulls: usize,
    kinds: Vec<KindReport>,
    refused: Vec<RefusedReport>,
}

#[derive(Serialize)]
struct RefusedReport {
    reason: String,
    records: usize,
}

#[derive(Serialize)]
struct KindReport {
    format: &'static str,
    records: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<SchemaReport>,
    /// What JSON without a schema of a registry shows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    found: Vec<FoundReport>,
}

#[derive(Serialize)]
struct SchemaReport {
    id: String,
    framing: &'static str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    type_name: Option<String>,
    subjects: Vec<SubjectReport>,
    /// Why the registry did not tell them.
    #[serde(rename = "whyNoSubjects", skip_serializing_if = "Option::is_none")]
    why_no_subjects: Option<String>,
    language: &'static str,
    text: String,
    references: Vec<ReferenceReport>,
}

#[derive(Serialize)]
struct SubjectReport {
    subject: String,
    version: i64,
}

#[derive(Serialize)]
struct ReferenceReport {
    name: String,
    text: String,
}

#[derive(Serialize)]
struct FoundReport {
    name: String,
    types: serde_json::Map<String, serde_json::Value>,
    nulls: usize,
    absent: usize,
}

/// Looks at the records of an event, and asks the registry and the target about them.
///
/// # Errors
/// The body is not an event, or the registry or the target fails.
pub(crate) async fn run<S: DryRun>(
    config: &HandlerConfig,
    registry: &SchemaRegistry,
    sink: &mut S,
    event: &[u8],
    deadline: Deadline,
) -> Result<LambdaResponse, Failed> {
    let arena = Bump::new();
    let mut event = Incoming::of(config.event, event, &arena);
    event.whole().map_err(|wrong| Failed::new(FailureKind::NotAnEvent, wrong.to_string()))?;
    let event = event.event();
    let looked = async {
        let topics = survey::<S>(event, &config.rules, registry).await?;
        sink.begin().await?;
        let mut reports = Vec::new();
        for topic in topics {
            reports.push(report(sink, registry, topic).await?);
        }
        Ok::<_, SinkError>(reports)
    };
    let looked = timeout_at(deadline.write(), looked).await;
    let _ = timeout_at(deadline.answer(), sink.abandon()).await;
    match looked {
        Ok(Ok(topics)) => Ok(LambdaResponse(json!({ "topics": topics }))),
        Ok(Err(error)) => Err(Failed::given_back(event, &error.into())),
        Err(_) => {
            Err(Failed::new(FailureKind::Transient, "the registry or the target is too slow"))
        }
    }
}

async fn report<S: DryRun>(
    sink: &mut S,
    registry: &SchemaRegistry,
    survey: TopicSurvey,
) -> Result<TopicReport, SinkError> {
    let exists = sink.table(&survey.table).await?.is_some();
    let (definition, why_none) = match survey.design {
        Ok(Some(missing)) => match sink.definition(&missing) {
            Some(definition) => (Some(definition), None),
            None => (None, Some("this connector has no statement that creates a table".to_owned())),
        },
        Ok(None) => {
            let why = "its columns and its key (pk.fields) cannot be derived from the records";
            (None, Some(why.to_owned()))
        }
        Err(error) => (None, Some(error.cause.to_string())),
    };
    Ok(TopicReport {
        topic: survey.topic,
        table: TableReport { name: survey.table.to_string(), exists, definition, why_none },
        key: part(registry, survey.keys).await,
        value: part(registry, survey.values).await,
    })
}

async fn part(registry: &SchemaRegistry, survey: Survey) -> PartReport {
    let mut kinds = Vec::new();
    for Kind { format, schema, records, fields, .. } in survey.kinds {
        let schema = match schema {
            Some(schema) => Some(named(registry, schema).await),
            None => None,
        };
        let found = fields.into_iter().map(|field| found(field, records)).collect();
        kinds.push(KindReport { format, records, schema, found });
    }
    let refused = survey.refused.into_iter();
    let refused = refused.map(|(reason, records)| RefusedReport { reason, records }).collect();
    PartReport { nulls: survey.nulls, kinds, refused }
}

async fn named(registry: &SchemaRegistry, schema: NamedSchema) -> SchemaReport {
    let (subjects, why_no_subjects) = match registry.subjects(schema.id).await {
        Ok(subjects) => (subjects, None),
        Err(error) => (Vec::new(), Some(error.cause.to_string())),
    };
    let subject = |(subject, version)| SubjectReport { subject, version };
    let references = schema.text.references.into_iter();
    SchemaReport {
        id: schema.id.to_string(),
        framing: schema.framing.word(),
        type_name: schema.type_name,
        subjects: subjects.into_iter().map(subject).collect(),
        why_no_subjects,
        language: match schema.text.kind {
            SchemaKind::Avro => "AVRO",
            SchemaKind::Protobuf => "PROTOBUF",
            SchemaKind::Json => "JSON",
        },
        text: schema.text.text,
        references: references.map(|it| ReferenceReport { name: it.name, text: it.text }).collect(),
    }
}

fn found(field: FoundField, records: usize) -> FoundReport {
    let present = field.nulls + field.types.iter().map(|(_, count)| count).sum::<usize>();
    let types = field.types.into_iter().map(|(name, count)| (name.to_owned(), count.into()));
    FoundReport {
        name: field.name,
        types: types.collect(),
        nulls: field.nulls,
        absent: records.saturating_sub(present),
    }
}
