//! From an event to rows in a table, without the last step: everything is written and nothing is
//! committed, because letters are sent first.

use std::time::{Duration, SystemTime};

use crate::event::incoming::Incoming;
use crate::map::limit::Limits;
use crate::model::change::SchemaChange;
use crate::model::failure::{Fault, GivenBack, SinkError};
use crate::options::rules::Rules;
use crate::run::attempt::{Learned, attempt};
use crate::run::outcome::{Outcome, Results, StopReason};
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
    let mut pauses = Pauses { next: rules.retry_backoff, in_row: *retries, all: retries };
    let (mut made, mut learned) = (0, Learned::default());
    loop {
        let mut results = Results::default();
        let done = attempt(sink, event, rules, &learned, &mut results).await;
        let gained = learned.durable.absorb(results.durable.unwrap_or_default());
        let mut outcome = results.outcome;
        let stop = match done {
            Ok(()) => match waiting.hold(event.event(), &outcome.failures, rules, clock.now()) {
                None => {
                    outcome.add(learned.durable.outcome);
                    outcome.failures.sort_by_key(|failure| failure.record);
                    return Ok(outcome);
                }
                Some(held) => held.into(),
            },
            Err(stop) => stop,
        };
        sink.abandon().await;
        let given_back = match *stop.0 {
            StopReason::GiveBack(given_back) => given_back,
            StopReason::Reorder(table) => {
                learned.in_order.push(table);
                continue;
            }
            StopReason::SchemaChange(_) if made == MOST_MADE => still_missing().into(),
            StopReason::SchemaChange(missing) => {
                made += 1;
                match create(sink, &missing, &mut learned.limits).await {
                    Ok(()) => continue,
                    Err(error) => error.into(),
                }
            }
        };
        if gained {
            (pauses.next, pauses.in_row) = (rules.retry_backoff, 0);
        }
        pauses.wait(given_back, rules, clock).await?;
    }
}

/// The pauses between attempts.
struct Pauses<'r> {
    next: Duration,
    /// How many retries there were since more of the event became durable.
    in_row: u32,
    /// How many there were.
    all: &'r mut u32,
}

impl Pauses<'_> {
    /// Waits until the next attempt.
    ///
    /// # Errors
    /// There is none: the fault does not pass, or there is no time or retry left.
    async fn wait(
        &mut self,
        given_back: GivenBack,
        rules: &Rules,
        clock: &impl Clock,
    ) -> Result<(), GivenBack> {
        let SinkError { fault, cause } = &given_back.error;
        let pause = self.next.max(Duration::from_millis(cause.retry_after_ms.into()));
        let is_retried = *fault == Fault::Transient && self.in_row < rules.max_retries;
        if !is_retried || clock.remaining() <= pause {
            return Err(given_back);
        }
        clock.sleep(pause).await;
        self.next = (self.next * 2).min(LONGEST_PAUSE);
        self.in_row += 1;
        *self.all += 1;
        Ok(())
    }
}

/// Creates what is missing, or learns that it cannot be created: then the records that need it are at
/// fault and get the cause.
///
/// # Errors
/// It is not known whether it can be created.
async fn create<S: Sink>(
    sink: &mut S,
    missing: &SchemaChange,
    limits: &mut Limits,
) -> Result<(), SinkError> {
    let Err(error) = sink.apply_change(missing).await else { return Ok(()) };
    sink.abandon().await;
    match error {
        SinkError { fault: Fault::Data(_), cause } => {
            limits.learn(missing, cause);
            Ok(())
        }
        error => Err(error),
    }
}

fn still_missing() -> SinkError {
    let what = "a table or a column is still missing";
    SinkError::fatal(format!("{what} after {MOST_MADE} changes of the tables"))
}
