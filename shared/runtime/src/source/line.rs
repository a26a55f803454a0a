//! One JSON line for each invocation of a source, on stdout. No value of a row stands in it.

use std::io::Write;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::{Value, json};
use sluice_source::poll::outcome::{Outcome, TableOutcome};

use crate::lambda::response::Failed;
use crate::log::format::{Level, LogFormat, timestamp};
use crate::log::metrics::Directive;
use crate::source::metrics::PollMeasured;

/// What an invocation did.
#[derive(Debug, Default, Serialize)]
pub(crate) struct PollLine {
    /// Members of Lambda's JSON format ("Configuring JSON and plain text log formats").
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    level: Level,
    message: &'static str,
    #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    connector: String,
    version: &'static str,
    rows: u64,
    /// Whether nothing was new at the end.
    done: bool,
    /// Whether a newer instance has taken over.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    superseded: bool,
    poll_ms: u64,
    tables: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(flatten)]
    measured: PollMeasured,
    #[serde(rename = "_aws")]
    directive: Directive,
    /// What was told last.
    #[serde(skip)]
    outcome: Option<Outcome>,
}

impl PollLine {
    pub(crate) fn new(connector: &str) -> Self {
        let (connector, message) = (connector.to_owned(), "poll");
        Self { connector, message, version: env!("CARGO_PKG_VERSION"), ..Self::default() }
    }

    /// The connector's own name, once its options are read.
    pub(crate) fn of(&mut self, connector: &str) {
        connector.clone_into(&mut self.connector);
    }

    /// `has_time` says whether timestamps order the rows. After a second login, rows of the first are counted too.
    pub(crate) fn told(&mut self, outcome: Outcome, has_time: bool) {
        let outcome = match self.outcome.take() {
            Some(earlier) => outcome.after(&earlier),
            None => outcome,
        };
        (self.rows, self.done) = (outcome.rows(), outcome.is_done);
        self.tables = outcome.tables.iter().map(|it| table(it, has_time)).collect();
        self.measured = PollMeasured::of(&outcome, has_time);
        self.outcome = Some(outcome);
    }

    pub(crate) fn superseded(&mut self) {
        self.superseded = true;
        self.measured.gave_way = 1;
    }

    pub(crate) fn warn(&mut self, warnings: Vec<String>) {
        if !warnings.is_empty() {
            self.level = self.level.max(Level::Warn);
        }
        let is_new = |warning: &String| !self.warnings.contains(warning);
        let new: Vec<String> = warnings.into_iter().filter(is_new).collect();
        self.warnings.extend(new);
    }

    pub(crate) fn fail(&mut self, failed: &Failed) {
        self.level = Level::Error;
        self.error_type = Some(failed.kind.name());
        self.error = Some(failed.message.clone());
    }

    /// The answer to Lambda for an invocation that did not fail.
    pub(crate) fn answer(&self) -> Value {
        json!({
            "rows": self.rows, "done": self.done, "superseded": self.superseded, "tables": self.tables,
        })
    }

    /// Writes the line, if its level is wanted; a log that cannot be written must not fail the poll.
    pub(crate) fn write(
        mut self,
        out: &mut dyn Write,
        format: LogFormat,
        request: &str,
        took: Duration,
    ) {
        if self.level < format.level {
            return;
        }
        self.poll_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.directive = self.measured.directive(SystemTime::now());
        if format.json {
            self.timestamp = Some(timestamp(SystemTime::now()));
            self.request = Some(request.to_owned());
        }
        if let Ok(line) = serde_json::to_string(&self) {
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        }
    }
}

/// A table, with what is not null of it. How far it is behind is told in microseconds or in ids.
fn table(outcome: &TableOutcome, has_time: bool) -> Value {
    let TableOutcome { table, topic, rows, letters, behind, waits_for, error } = outcome;
    let mut told = json!({ "table": table, "topic": topic, "rows": rows });
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            told[name] = value;
        }
    };
    put("letters", Some(*letters).filter(|letters| *letters > 0).map(Value::from));
    put(if has_time { "behindMicros" } else { "behindIds" }, behind.map(Value::from));
    put("waitsFor", waits_for.clone().map(Value::from));
    put("error", error.as_ref().map(|error| Value::from(error.message.as_str())));
    told
}
