//! The JSON line of each invocation, on standard output: the outcomes of its records, and the same
//! as metrics (`metrics.rs`). It contains no value of a record, unless
//! `errors.log.include.messages` includes the target's own message.

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

/// The largest number of failures in a line; all are counted.
const LISTED: usize = 20;

/// The output for the line of an invocation, and Lambda's settings for it.
pub struct Log<'a> {
    out: &'a mut dyn Write,
    format: LogFormat,
    request: Option<&'a str>,
}

impl<'a> Log<'a> {
    /// A log with the default format, for a test or a tool.
    pub fn to(out: &'a mut dyn Write) -> Self {
        Self { out, format: LogFormat::default(), request: None }
    }

    /// The log of one invocation.
    pub(crate) fn of(out: &'a mut dyn Write, format: LogFormat, request: &'a str) -> Self {
        Self { out, format, request: Some(request) }
    }
}

/// The line of one invocation. Its fields are in the order in which people read them.
#[derive(Debug, Serialize)]
pub(crate) struct BatchLine {
    /// A member of Lambda's JSON format ("Configuring JSON and plain text log formats").
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

/// A failure in the log line.
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

    /// The line of an invocation that failed because the configuration could not be read.
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

    /// Notes the records of the event. Until they are settled, all count as given back.
    pub(crate) fn received(&mut self, event: &Event<'_>) {
        self.counts = RecordCounts::all_given_back(event.records.len());
        self.topic = topics(event);
        let oldest = event.records.iter().filter_map(|record| record.timestamp).min();
        let arrived = self.arrived.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        self.measured.oldest_age = oldest.map(|at| (arrived as i64).saturating_sub(at).max(0));
    }

    /// Notes that the invocation failed.
    pub(crate) fn fail(&mut self, failed: &Failed) {
        self.level = Level::Error;
        self.error_type = Some(failed.kind.name());
        self.error = Some(failed.message.clone());
    }

    /// Adds the record because of which the batch is given back, if there is one.
    pub(crate) fn blame(&mut self, event: &Event<'_>, given_back: &GivenBack) {
        if let Some((record, stage)) = given_back.culprit {
            self.add_failure(event, record, stage, &given_back.error.cause);
        }
    }

    /// Adds the first of the records that became letters.
    pub(crate) fn letters(&mut self, event: &Event<'_>, failures: &[Failure]) {
        for failure in failures.iter().take(LISTED) {
            self.add_failure(event, failure.record, failure.stage, &failure.cause);
        }
    }

    fn add_failure(&mut self, event: &Event<'_>, record: usize, stage: Stage, cause: &Cause) {
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

    /// Writes the line, if its level is enabled. An error of the log must not fail the batch.
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

/// The largest length of a dimension's value, in characters.
const LONGEST_TOPIC: usize = 1024;

/// The topics of an event, separated by commas, in the order of their first records. An event of
/// Lambda has one topic.
fn topics(event: &Event<'_>) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for record in &event.records {
        if names.last() != Some(&record.topic) && !names.contains(&record.topic) {
            names.push(record.topic);
        }
    }
    // Topic names are ASCII.
    let joined: String = names.join(",").chars().take(LONGEST_TOPIC).collect();
    (!joined.is_empty()).then_some(joined)
}
