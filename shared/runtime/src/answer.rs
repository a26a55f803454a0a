//! What Lambda is told. Never a success with something given back.

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};
use sluice_bridge::event::Event;
use sluice_bridge::failure::{Fault, GivenBack};
use sluice_bridge::record::Record;

/// The body of a successful answer.
///
/// Shape: "Configuring error handling controls for Kafka event sources" in Lambda's developer
/// guide; of each partition the lowest offset to be delivered again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer(pub Value);

impl Answer {
    /// Everything is settled.
    #[must_use]
    pub fn settled() -> Self {
        Self(json!({ "batchItemFailures": [] }))
    }

    /// Every partition is to be delivered again from its lowest offset.
    #[must_use]
    pub fn give_back(event: &Event<'_>) -> Self {
        let mut lowest: Vec<(&str, i32, i64)> = Vec::new();
        for record in &event.records {
            let same = |entry: &&mut (&str, i32, i64)| {
                (entry.0, entry.1) == (record.topic, record.partition)
            };
            match lowest.iter_mut().rfind(same) {
                Some(entry) => entry.2 = entry.2.min(record.offset),
                None => lowest.push((record.topic, record.partition, record.offset)),
            }
        }
        let item = |(topic, partition, offset): (&str, i32, i64)| json!({ "itemIdentifier": { "partition": format!("{topic}-{partition}"), "offset": offset } });
        let items: Vec<Value> = lowest.into_iter().map(item).collect();
        Self(json!({ "batchItemFailures": items }))
    }
}

/// A failed invocation: a stable name for alarms, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// One of the names in [`Failed::given_back`] and the handler.
    pub kind: &'static str,
    /// What a person needs to know.
    pub message: String,
}

impl Failed {
    /// Names why a batch is given back, and the record at fault if one is.
    #[must_use]
    pub fn given_back(event: &Event<'_>, given_back: &GivenBack) -> Self {
        let kind = match given_back.error.fault {
            Fault::Data(_) => "Sluice.BadRecord",
            Fault::Transient => "Sluice.Transient",
            Fault::Fatal => "Sluice.Fatal",
        };
        let why = &given_back.error;
        let message = match given_back.culprit.map(|(record, _)| &event.records[record]) {
            Some(Record { topic, partition, offset, .. }) => {
                format!("{topic}-{partition}@{offset}: {why}")
            }
            None => why.to_string(),
        };
        Self { kind, message }
    }
}

impl From<Failed> for Diagnostic {
    fn from(failed: Failed) -> Self {
        Self { error_type: failed.kind.to_owned(), error_message: failed.message }
    }
}
