//! From an event to rows in a table, save the last step: everything is written and nothing
//! committed, for the letters go first.

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
    /// What is left of the invocation, the reserve for letters and answer taken off.
    fn remaining(&self) -> Duration;

    /// The time of day, which goes on while an execution environment is frozen.
    fn now(&self) -> SystemTime;

    /// Waits.
    async fn sleep(&self, pause: Duration);
}

/// A table can miss so many things in one invocation; one that misses more is not what it was
/// made to be.
const MOST_MADE: u32 = 20;

/// Writes an event's records, trying again what is transient as long as time and
/// `max.retries` allow; counts the retries. An attempt after which more of the event is durable starts
/// that count anew, and no attempt comes before the time that the target asks for. Refusals that may pass are tried again in the same way
/// until they are `errors.retry.timeout` old. On `Ok` the sink waits for its `commit`, and
/// the event was read whole and every record is counted in exactly one part of the outcome.
///
/// # Errors
/// Everything is to be given back, also where the event turns out to be none. The sink has been
/// abandoned.
pub async fn write<S: Sink>(
    sink: &mut S,
    event: &mut Incoming<'_>,
    rules: &Rules,
    clock: &impl Clock,
    waiting: &mut Waiting,
    retries: &mut u32,
) -> Result<Outcome, GivenBack> {
    let (mut pause, mut in_vain) = (rules.retry_backoff, *retries);
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
                    // Records are at fault that ask for it, and are told.
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
            Reason::Miss(_) => SinkError::fatal("what was made is not there").into(),
        };
        if gained {
            (pause, in_vain) = (rules.retry_backoff, 0);
        }
        let asked = Duration::from_millis(given_back.error.cause.retry_after_ms.into());
        let wait = pause.max(asked);
        let hopeful = given_back.error.fault == Fault::Transient && in_vain < rules.max_retries;
        if !hopeful || clock.remaining() <= wait {
            return Err(given_back);
        }
        clock.sleep(wait).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        in_vain += 1;
        *retries += 1;
    }
}
