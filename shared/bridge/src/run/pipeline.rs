//! From an event to rows in a table, without the last step: everything is written and nothing is
//! committed, because letters are sent first.

use std::time::{Duration, SystemTime};

use crate::event::incoming::Incoming;
use crate::model::failure::{Fault, GivenBack, SinkError};
use crate::options::rules::Rules;
use crate::run::attempt::{Learned, attempt};
use crate::run::outcome::{Outcome, Reason, Results};
use crate::run::waiting::Waiting;
use crate::sink::target::Sink;

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Time, as far as a retry needs it.
#[allow(async_fn_in_trait, reason = "one thread, one invocation: nothing needs to be Send")]
pub trait Clock {
    /// The time left in the invocation, without the reserve for letters and the response.
    fn remaining(&self) -> Duration;

    /// The time of day, which goes on while an execution environment is frozen.
    fn now(&self) -> SystemTime;

    /// Waits.
    async fn sleep(&self, pause: Duration);
}

/// How many times one invocation may create something. If more is missing, what was created does
/// not have the expected effect.
const MOST_MADE: u32 = 20;

/// Writes an event's records. Transient faults are retried as long as time and `max.retries` allow,
/// and the retries are counted. If more of the event became durable in an attempt, the count for
/// `max.retries` starts again. No attempt starts before the time for which the target asks.
/// Refusals that may pass are retried in the same way until they are `errors.retry.timeout` old. On
/// `Ok` the sink waits for its `commit`, the event was read completely, and every record is counted
/// in exactly one part of the outcome.
///
/// # Errors
/// Everything must be given back, also if the body is not an event. The sink's work was abandoned.
pub async fn write<S: Sink>(
    sink: &mut S,
    event: &mut Incoming<'_>,
    rules: &Rules,
    clock: &impl Clock,
    waiting: &mut Waiting,
    retries: &mut u32,
) -> Result<Outcome, GivenBack> {
    let (mut pause, mut retries_in_row) = (rules.retry_backoff, *retries);
    let (mut made, mut learned) = (0, Learned::default());
    loop {
        let mut results = Results::default();
        let done = attempt(sink, event, rules, &learned, &mut results).await;
        let gained = learned.durable.absorb(results.durable.unwrap_or_default());
        let mut outcome = results.outcome;
        let stop = match done {
            Ok(()) => match waiting.hold(event.event(), &outcome.failures, rules, clock.now()) {
                None => {
                    outcome.add(learned.durable);
                    return Ok(outcome);
                }
                Some(held) => held.into(),
            },
            Err(stop) => stop,
        };
        sink.abandon().await;
        let given_back = match *stop.0 {
            Reason::GiveBack(given_back) => given_back,
            Reason::Reorder(table) => {
                learned.in_order.push(table);
                continue;
            }
            Reason::Miss(missing) if made < MOST_MADE => {
                made += 1;
                match sink.make(&missing).await {
                    Ok(()) => continue,
                    // The records that need it are at fault and get this cause.
                    Err(SinkError { fault: Fault::Data(_), cause }) => {
                        sink.abandon().await;
                        learned.limits.learn(&missing, cause);
                        continue;
                    }
                    Err(error) => {
                        sink.abandon().await;
                        error.into()
                    }
                }
            }
            Reason::Miss(_) => still_missing().into(),
        };
        if gained {
            (pause, retries_in_row) = (rules.retry_backoff, 0);
        }
        let asked = Duration::from_millis(given_back.error.cause.retry_after_ms.into());
        let wait = pause.max(asked);
        let is_retried =
            given_back.error.fault == Fault::Transient && retries_in_row < rules.max_retries;
        if !is_retried || clock.remaining() <= wait {
            return Err(given_back);
        }
        clock.sleep(wait).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        retries_in_row += 1;
        *retries += 1;
    }
}

fn still_missing() -> SinkError {
    let what = "a table or a column is still missing";
    SinkError::fatal(format!("{what} after {MOST_MADE} changes of the tables"))
}
