//! One JSON line for each invocation, on stdout: what became of its records, for people, and the
//! same as metrics (`metrics.rs`). No value of a record stands in it unless
//! `errors.log.include.messages` asks for the target's own words.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use sluice_bridge::event::Event;
use sluice_bridge::model::failure::{Cause, Failure, GivenBack, Stage};

use crate::config::HandlerConfig;
use crate::lambda::response::Failed;
use crate::log::counts::RecordCounts;
use crate::log::format::{Level, LogFormat, timestamp};
use crate::log::metrics::{Directive, Measured, millis};

/// Failures told one by one; the others are counted.
const TOLD: usize = 20;

/// Where the line of an invocation goes, and what Lambda wants in it.
pub struct Log<'a> {
    out: &'a mut dyn Write,
    format: LogFormat,
    request: Option<&'a str>,
}

impl<'a> Log<'a> {
    /// A log of no format, for a test or a tool.
    pub fn to(out: &'a mut dyn Write) -> Self {
        Self { out, format: LogFormat::default(), request: None }
    }

    /// The log of one invocation.
    pub(crate) fn of(out: &'a mut dyn Write, format: LogFormat, request: &'a str) -> Self {
        Self { out, format, request: Some(request) }
    }
}

/// The line of one invocation, filled as it goes, in the order it is read.
#[derive(Debug, Serialize)]
pub(crate) struct BatchLine {
    /// Members of Lambda's JSON format ("Configuring JSON and plain text log formats").
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    level: Level,
    message: &'static str,
    #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
    request: Option<String>,
    connector: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    #[serde(flatten)]
    pub(crate) counts: RecordCounts,
    bytes: usize,
    version: &'static str,
    #[serde(rename = "decode_ms", serialize_with = "millis")]
    pub(crate) decode: Duration,
    #[serde(rename = "write_ms", serialize_with = "millis")]
    pub(crate) write: Duration,
    pub(crate) retries: u32,
    cold_start: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failures: Vec<LoggedFailure>,
    #[serde(flatten)]
    measured: Measured,
    #[serde(rename = "_aws")]
    directive: Directive,
    #[serde(skip)]
    arrived: SystemTime,
    #[serde(skip)]
    log_failures: bool,
    #[serde(skip)]
    include_messages: bool,
}

/// A failure as the log tells it.
#[derive(Debug, Serialize)]
struct LoggedFailure {
    topic: String,
    partition: i32,
    offset: i64,
    stage: &'static str,
    reason: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Box<str>>,
}

impl BatchLine {
    pub(crate) fn new(config: &HandlerConfig, cold_start: bool, bytes: usize) -> Self {
        let connector = config.sender.connector.clone();
        Self {
            log_failures: config.log_failures,
            include_messages: config.sender.include_messages,
            ..Self::of(connector, cold_start, bytes)
        }
    }

    /// Of an invocation that found no configuration to work with.
    pub(crate) fn unready(connector: String, bytes: usize, failed: &Failed) -> Self {
        let mut line = Self::of(connector, true, bytes);
        line.fail(failed);
        line
    }

    fn of(connector: String, cold_start: bool, bytes: usize) -> Self {
        Self {
            timestamp: None,
            level: Level::Info,
            message: "batch",
            request: None,
            connector,
            topic: None,
            counts: RecordCounts::default(),
            bytes,
            version: env!("CARGO_PKG_VERSION"),
            decode: Duration::ZERO,
            write: Duration::ZERO,
            retries: 0,
            cold_start,
            error_type: None,
            error: None,
            failures: Vec::new(),
            measured: Measured::default(),
            directive: Directive::default(),
            arrived: SystemTime::now(),
            log_failures: true,
            include_messages: false,
        }
    }

    /// Notes what the event holds; until it is settled, everything is given back.
    pub(crate) fn received(&mut self, event: &Event<'_>) {
        self.counts = RecordCounts::all_given_back(event.records.len());
        self.topic = topics(event);
        let oldest = event.records.iter().filter_map(|record| record.timestamp).min();
        let arrived = self.arrived.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        self.measured.oldest_age = oldest.map(|at| (arrived as i64).saturating_sub(at).max(0));
    }

    /// The invocation failed.
    pub(crate) fn fail(&mut self, failed: &Failed) {
        self.level = Level::Error;
        self.error_type = Some(failed.kind.name());
        self.error = Some(failed.message.clone());
    }

    /// Tells the record that gives the batch back, if one does.
    pub(crate) fn blame(&mut self, event: &Event<'_>, given_back: &GivenBack) {
        if let Some((record, stage)) = given_back.culprit {
            self.tell(event, record, stage, &given_back.error.cause);
        }
    }

    /// Tells the records that became letters, the first of them.
    pub(crate) fn letters(&mut self, event: &Event<'_>, failures: &[Failure]) {
        for failure in failures.iter().take(TOLD) {
            self.tell(event, failure.record, failure.stage, &failure.cause);
        }
    }

    fn tell(&mut self, event: &Event<'_>, record: usize, stage: Stage, cause: &Cause) {
        if !self.log_failures {
            return;
        }
        let record = &event.records[record];
        let cause = cause.clone();
        self.failures.push(LoggedFailure {
            topic: record.topic.to_owned(),
            partition: record.partition,
            offset: record.offset,
            stage: stage_name(stage),
            reason: cause.message,
            column: cause.column,
            expected: cause.expected,
            given: cause.given,
            code: cause.code,
            detail: cause.detail.filter(|_| self.include_messages),
        });
    }

    /// Writes the line, if its level is wanted; a log that cannot be written must not fail the
    /// batch.
    pub(crate) fn write(mut self, log: Log<'_>) {
        let Log { out, format, request } = log;
        if self.level < format.level {
            return;
        }
        let now = SystemTime::now();
        if format.json {
            self.timestamp = Some(timestamp(now));
            self.request = request.map(str::to_owned);
        }
        self.measured.given_back = self.counts.given_back;
        self.measured.write = self.write;
        self.measured.cold_start = self.cold_start.into();
        self.directive = Directive::new(now, self.topic.is_some(), &self.measured);
        if let Ok(line) = serde_json::to_string(&self) {
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        }
    }
}

pub(crate) fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Key => "key",
        Stage::Value => "value",
        Stage::Mapping => "mapping",
        Stage::Write => "write",
    }
}

/// What a dimension's value may have.
const LONGEST_TOPIC: usize = 1024;

/// The topic of an event; of several, which only the local trigger's users can have, their names
/// with commas between, in the order in which they appear.
fn topics(event: &Event<'_>) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for record in &event.records {
        if names.last() != Some(&record.topic) && !names.contains(&record.topic) {
            names.push(record.topic);
        }
    }
    // Names of topics are ASCII.
    let joined: String = names.join(",").chars().take(LONGEST_TOPIC).collect();
    (!joined.is_empty()).then_some(joined)
}
