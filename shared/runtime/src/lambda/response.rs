//! The answer of an invocation. It is never a success if records are given back and not reported.

use serde_json::{Value, json};
use sluice_bridge::event::Event;
use sluice_bridge::event::record::Record;
use sluice_bridge::model::failure::{Fault, GivenBack, SinkError};
use sluice_source::error::{Next, SourceError};

/// The body of a successful answer.
///
/// Format: "Configuring error handling controls for Kafka event sources" in Lambda's developer
/// guide; for each partition the lowest offset that must be delivered again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LambdaResponse(pub Value);

impl LambdaResponse {
    /// The answer if all records are settled.
    #[must_use]
    pub fn settled() -> Self {
        Self(json!({ "batchItemFailures": [] }))
    }

    /// The answer if all records must be delivered again: every partition with its lowest offset.
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

/// A failed invocation: a stable name for alarms, and a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The kind, which determines `errorType`; [`Kind::ALL`] lists all kinds.
    pub kind: Kind,
    /// The `errorMessage`, for people.
    pub message: String,
}

/// The kinds of failed invocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The configuration has problems.
    Configuration,
    /// A secret to which the configuration refers cannot be read.
    Secret,
    /// The body is not a Kafka event.
    NotAnEvent,
    /// A record is bad, and `errors.tolerance=none`.
    BadRecord,
    /// The target or the brokers do not accept our credentials.
    Unauthorized,
    /// The target or the brokers are not available now; a retry may help.
    Transient,
    /// A retry does not help until somebody repairs the cause.
    Fatal,
    /// A bug in Sluice.
    Panic,
}

impl Kind {
    /// Every kind, in the order of the README's table.
    pub const ALL: [Self; 8] = [
        Self::Configuration,
        Self::Secret,
        Self::NotAnEvent,
        Self::BadRecord,
        Self::Unauthorized,
        Self::Transient,
        Self::Fatal,
        Self::Panic,
    ];

    fn of(fault: Fault) -> Self {
        match fault {
            Fault::Data(_) => Self::BadRecord,
            Fault::Unauthorized => Self::Unauthorized,
            Fault::Transient => Self::Transient,
            Fault::Fatal => Self::Fatal,
        }
    }

    /// The `errorType`. It never changes, because alarms depend on it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Configuration => "Sluice.Configuration",
            Self::Secret => "Sluice.Secret",
            Self::NotAnEvent => "Sluice.NotAnEvent",
            Self::BadRecord => "Sluice.BadRecord",
            Self::Unauthorized => "Sluice.Unauthorized",
            Self::Transient => "Sluice.Transient",
            Self::Fatal => "Sluice.Fatal",
            Self::Panic => "Sluice.Panic",
        }
    }
}

impl Failed {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A source that could not poll. `GiveWay` is no failure, and nobody asks for it.
    pub(crate) fn polling(error: &SourceError) -> Self {
        let kind = match error.next {
            Next::Retry | Next::Wait | Next::GiveWay => Kind::Transient,
            Next::LogIn => Kind::Unauthorized,
            Next::Stop | Next::Shrink => Kind::Fatal,
        };
        Self::new(kind, error.to_string())
    }

    pub(crate) fn panicked() -> Self {
        Self::new(Kind::Panic, "a bug in Sluice; standard error shows where")
    }

    pub(crate) fn configuration(problems: String) -> Self {
        Self::new(Kind::Configuration, problems)
    }

    /// The failure of a request to the target without a record.
    pub(crate) fn refused(error: &SinkError) -> Self {
        Self::new(Kind::of(error.fault), error.to_string())
    }

    /// The failure of a batch that is given back; the message names the bad record, if there is
    /// one.
    #[must_use]
    pub fn given_back(event: &Event<'_>, given_back: &GivenBack) -> Self {
        let kind = Kind::of(given_back.error.fault);
        let why = &given_back.error;
        let message = match given_back.culprit.map(|(record, _)| &event.records[record]) {
            Some(Record { topic, partition, offset, .. }) => {
                format!("{topic}-{partition}@{offset}: {why}")
            }
            None => why.to_string(),
        };
        Self::new(kind, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_kinds_are_all() {
        let source = include_str!("response.rs");
        let arms = source.lines().filter(|line| line.contains("=> \"Sluice."));
        let names: Vec<&str> = arms.filter_map(|line| line.split('"').nth(1)).collect();
        assert_eq!(names, Kind::ALL.map(Kind::name));
    }
}
