//! Refusals that may pass: another batch may bring a missing row, or free a value that is taken.
//! Such a refusal gives its batch back until it is `errors.retry.timeout` old.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use crate::event::reader::Event;
use crate::model::failure::{Cause, Conflict, Failure, Fault, GivenBack, SinkError, Stage};
use crate::options::rules::{InsertMode, Rules};

/// The longest wait for a refusal that a later record of the same event and key has passed over. What
/// is missing may come with another batch; it may also stand behind that record in this event, and then
/// the refusal is the same each time.
const PASSED_OVER: Duration = Duration::from_secs(5);

/// How long a refusal is kept after it was old enough: its letter may have to be sent again.
const KEPT: Duration = Duration::from_secs(600);

/// The time of each record's first refusal. It lives as long as the process.
#[derive(Debug, Default)]
pub struct Waiting {
    since: HashMap<(Box<str>, i32, i64), SystemTime>,
}

impl Waiting {
    /// Why the event must be given back: one of the refusals may pass and is not old enough.
    pub(crate) fn hold(
        &mut self,
        event: &Event<'_>,
        failures: &[Failure],
        rules: &Rules,
        now: SystemTime,
    ) -> Option<GivenBack> {
        if rules.retry_timeout == Some(Duration::ZERO) {
            return None;
        }
        let age = |since: SystemTime| now.duration_since(since).unwrap_or_default();
        if let Some(timeout) = rules.retry_timeout {
            self.since.retain(|_, since| age(*since) < timeout + KEPT);
        }
        let mut held = None;
        for failure in failures.iter().filter(|failure| may_pass(failure, rules)) {
            let record = &event.records[failure.record];
            let name = (record.topic.into(), record.partition, record.offset);
            let since = *self.since.entry(name).or_insert(now);
            let timeout = timeout_of(failure, rules);
            let is_young = timeout.is_none_or(|timeout| age(since) < timeout);
            if is_young && held.is_none() {
                held = Some(given_back(failure, timeout));
            }
        }
        held
    }
}

/// How long this refusal may last; `None` for ever, which holds for every refusal.
fn timeout_of(failure: &Failure, rules: &Rules) -> Option<Duration> {
    match failure.may_pass {
        true => rules.retry_timeout,
        false => rules.retry_timeout.map(|timeout| timeout.min(PASSED_OVER)),
    }
}

/// With `insert.mode=insert` nothing frees a value that is taken, unless records delete rows.
fn may_pass(failure: &Failure, rules: &Rules) -> bool {
    let frees = rules.insert_mode != InsertMode::Insert || rules.delete_enabled;
    failure.cause.conflict == Some(Conflict::Reference)
        || failure.cause.conflict == Some(Conflict::Duplicate) && frees
}

fn given_back(failure: &Failure, timeout: Option<Duration>) -> GivenBack {
    let cause = &failure.cause;
    let until = match timeout {
        Some(timeout) => format!("the record becomes a letter after {} ms", timeout.as_millis()),
        None => "the record never becomes a letter".to_owned(),
    };
    let message = format!(
        "{}; the batch is retried, because another row may change that ({until}: errors.retry.timeout)",
        cause.message
    );
    let cause = Cause { message: message.into(), ..cause.clone() };
    let error = SinkError { fault: Fault::Transient, cause };
    GivenBack { error, culprit: Some((failure.record, Stage::Write)) }
}
