//! One JSON line for each invocation, on stdout. No value of a record stands in it unless
//! `errors.log.include.messages` asks for the target's own words.

use std::io::Write;
use std::time::Duration;

use serde_json::{Map, Value, json};
use sluice_bridge::event::Event;
use sluice_bridge::failure::{Cause, Failure, GivenBack, Stage};

use crate::account::Account;
use crate::answer::Failed;
use crate::handler::Policy;

/// Failures told one by one; the others are counted.
const TOLD: usize = 20;

/// The line of one invocation, filled as it goes.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) account: Account,
    pub(crate) decode: Duration,
    pub(crate) write: Duration,
    pub(crate) retries: u32,
    connector: String,
    bytes: usize,
    cold: bool,
    log_failures: bool,
    include_messages: bool,
    failures: Vec<Value>,
    error: Option<Failed>,
}

/// A failure as the log tells it.
pub(crate) struct Told<'f> {
    record: usize,
    stage: Stage,
    cause: &'f Cause,
}

impl<'f> From<&'f Failure> for Told<'f> {
    fn from(failure: &'f Failure) -> Self {
        Self { record: failure.record, stage: failure.stage, cause: &failure.cause }
    }
}

impl Line {
    pub(crate) fn new(policy: &Policy, cold: bool, bytes: usize) -> Self {
        Self {
            account: Account::default(),
            decode: Duration::ZERO,
            write: Duration::ZERO,
            retries: 0,
            connector: policy.sender.connector.clone(),
            bytes,
            cold,
            log_failures: policy.log_failures,
            include_messages: policy.sender.include_messages,
            failures: Vec::new(),
            error: None,
        }
    }

    /// The invocation failed.
    pub(crate) fn fail(&mut self, failed: &Failed) {
        self.error = Some(failed.clone());
    }

    /// The record that gives the batch back, if one does.
    pub(crate) fn blame(&mut self, event: &Event<'_>, given_back: &GivenBack) {
        let cause = &given_back.error.cause;
        self.tell(event, given_back.culprit.map(|(record, stage)| Told { record, stage, cause }));
    }

    pub(crate) fn tell<'f>(
        &mut self,
        event: &Event<'_>,
        failures: impl IntoIterator<Item = Told<'f>>,
    ) {
        if !self.log_failures {
            return;
        }
        for Told { record, stage, cause } in failures.into_iter().take(TOLD) {
            let record = &event.records[record];
            let mut told = Map::new();
            let mut set = |name: &str, value: Value| _ = told.insert(name.to_owned(), value);
            set("topic", record.topic.into());
            set("partition", record.partition.into());
            set("offset", record.offset.into());
            set("stage", format!("{stage:?}").to_lowercase().into());
            set("reason", cause.message.as_ref().into());
            let parts = [
                ("column", &cause.column),
                ("expected", &cause.expected),
                ("given", &cause.given),
                ("code", &cause.code),
            ];
            for (name, part) in parts {
                if let Some(text) = part {
                    set(name, text.as_ref().into());
                }
            }
            if let Some(detail) = cause.detail.as_deref().filter(|_| self.include_messages) {
                set("detail", detail.into());
            }
            self.failures.push(told.into());
        }
    }

    /// Writes the line; a log that cannot be written must not fail the batch.
    pub(crate) fn write(&self, out: &mut impl Write) {
        let Account { received, written, lettered, filtered, given_back } = self.account;
        let level = if self.error.is_some() { "ERROR" } else { "INFO" };
        let mut line = json!({
            "level": level,
            "message": "batch",
            "connector": self.connector,
            "received": received,
            "written": written,
            "lettered": lettered,
            "filtered": filtered,
            "given_back": given_back,
            "bytes": self.bytes,
            "decode_ms": millis(self.decode),
            "write_ms": millis(self.write),
            "retries": self.retries,
            "cold_start": self.cold,
        });
        if !self.failures.is_empty() {
            line["failures"] = self.failures.clone().into();
        }
        if let Some(error) = &self.error {
            line["error"] = error.message.clone().into();
            line["error_type"] = error.kind.into();
        }
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}

/// Milliseconds to the microsecond.
fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
