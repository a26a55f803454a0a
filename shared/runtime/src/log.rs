//! One JSON line for each invocation, on stdout. No value of a record stands in it unless
//! `errors.log.include.messages` asks for the target's own words.

use std::io::Write;
use std::time::Duration;

use serde::{Serialize, Serializer};
use sluice_bridge::event::Event;
use sluice_bridge::failure::{Cause, Failure, GivenBack, Stage};

use crate::account::Account;
use crate::answer::Failed;
use crate::policy::Policy;

/// Failures told one by one; the others are counted.
const TOLD: usize = 20;

/// The line of one invocation, filled as it goes, in the order it is read.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    level: &'static str,
    message: &'static str,
    connector: String,
    #[serde(flatten)]
    pub(crate) account: Account,
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
    failures: Vec<Told>,
    #[serde(skip)]
    log_failures: bool,
    #[serde(skip)]
    include_messages: bool,
}

/// A failure as the log tells it.
#[derive(Debug, Serialize)]
struct Told {
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

impl Line {
    pub(crate) fn new(policy: &Policy, cold_start: bool, bytes: usize) -> Self {
        Self {
            level: "INFO",
            message: "batch",
            connector: policy.sender.connector.clone(),
            account: Account::default(),
            bytes,
            version: env!("CARGO_PKG_VERSION"),
            decode: Duration::ZERO,
            write: Duration::ZERO,
            retries: 0,
            cold_start,
            error_type: None,
            error: None,
            failures: Vec::new(),
            log_failures: policy.log_failures,
            include_messages: policy.sender.include_messages,
        }
    }

    /// The invocation failed.
    pub(crate) fn fail(&mut self, failed: &Failed) {
        self.level = "ERROR";
        self.error_type = Some(failed.kind);
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
        self.failures.push(Told {
            topic: record.topic.to_owned(),
            partition: record.partition,
            offset: record.offset,
            stage: match stage {
                Stage::Key => "key",
                Stage::Value => "value",
                Stage::Mapping => "mapping",
                Stage::Write => "write",
            },
            reason: cause.message,
            column: cause.column,
            expected: cause.expected,
            given: cause.given,
            code: cause.code,
            detail: cause.detail.filter(|_| self.include_messages),
        });
    }

    /// Writes the line; a log that cannot be written must not fail the batch.
    pub(crate) fn write(&self, out: &mut impl Write) {
        if let Ok(line) = serde_json::to_string(self) {
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        }
    }
}

/// Milliseconds to the microsecond.
fn millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_micros() as f64 / 1000.0)
}
