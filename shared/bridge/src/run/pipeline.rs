//! From an event to rows in a table, without the last step: everything is written and nothing is
//! committed, because letters are sent first.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use futures_util::future::join;

use crate::event::incoming::Incoming;
use crate::format::frame::SchemaId;
use crate::format::framed::gather;
use crate::format::registry::{Answer, KnownSchemas};
use crate::map::limit::Limits;
use crate::model::change::SchemaChange;
use crate::model::failure::{Fault, GivenBack, SinkError};
use crate::model::table::TableName;
use crate::options::rules::Rules;
use crate::run::attempt::attempt;
use crate::run::learned::Learned;
use crate::run::outcome::{Outcome, Results, Stop, StopReason};
use crate::run::tries::Tries;
use crate::run::waiting::Waiting;
use crate::run::wrong_registry::check_known;
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

/// A schema registry, as far as decoding needs it.
#[allow(async_fn_in_trait, reason = "one thread, one invocation: nothing needs to be Send")]
pub trait Registry {
    /// What was learned so far. It lives as long as the process: an id never changes its schema.
    fn known(&self) -> &KnownSchemas;

    /// Asks for schemas, all of them at once, and returns an answer for each id. An id that the
    /// registry does not have was asked for twice, because the record may be newer than what one of
    /// its servers knows.
    ///
    /// # Errors
    /// The registry does not answer, or not as a registry does: `Transient` if that may pass. No
    /// record is at fault.
    async fn ask(&self, ids: &[SchemaId]) -> Result<Vec<(SchemaId, Answer)>, SinkError>;
}

/// No registry: `schema.registry.url` is not set.
#[derive(Debug, Default)]
pub struct NoRegistry(KnownSchemas);

impl Registry for NoRegistry {
    fn known(&self) -> &KnownSchemas {
        &self.0
    }

    async fn ask(&self, _: &[SchemaId]) -> Result<Vec<(SchemaId, Answer)>, SinkError> {
        Err(SinkError::fatal("records name schemas of a registry, and there is no client for one"))
    }
}

/// How many times one invocation may create something for one table. If more is missing, what was
/// created does not have the expected effect.
const MOST_MADE: u32 = 20;
/// How many schemas a registry is asked for at once.
const AT_ONCE: usize = 32;

/// Writes an event's records, as [`write_with`] does, without a schema registry.
///
/// # Errors
/// As [`write_with`].
pub async fn write<S: Sink>(
    sink: &mut S,
    event: &mut Incoming<'_>,
    rules: &Rules,
    clock: &impl Clock,
    waiting: &mut Waiting,
    tries: &mut Tries,
) -> Result<Outcome, GivenBack> {
    write_with(sink, event, rules, &NoRegistry::default(), clock, waiting, tries).await
}

/// Writes an event's records. Transient faults are retried as long as time and `max.retries` allow,
/// and the retries are counted. What earlier calls for the same event made durable is not written
/// again. If more of the event became durable in an attempt, the count for `max.retries` starts
/// again, and another attempt at the rest is always allowed: a target that refuses a part of a batch
/// as a whole shows only then which row is at fault. No attempt starts before the time for which the
/// target asks.
/// Refusals that may pass are retried in the same way until they are `errors.retry.timeout` old. On
/// `Ok` the sink waits for its `commit`, the event was read completely, and every record is counted
/// in exactly one part of the outcome.
///
/// # Errors
/// Everything must be given back, also if the body is not an event. The sink's work was abandoned.
pub async fn write_with<S: Sink>(
    sink: &mut S,
    event: &mut Incoming<'_>,
    rules: &Rules,
    registry: &impl Registry,
    clock: &impl Clock,
    waiting: &mut Waiting,
    tries: &mut Tries,
) -> Result<Outcome, GivenBack> {
    let Tries { retries, learned } = tries;
    let mut pauses = Pauses { next: rules.retry_backoff, in_row: *retries, all: retries };
    registry.known().tidy();
    learned.schemas = registry.known().clone();
    let mut made = HashMap::new();
    loop {
        if let Err(error) = begin(sink, registry, event, rules).await {
            sink.abandon().await;
            pauses.wait(error.into(), rules.max_retries, clock).await?;
            continue;
        }
        let mut results = Results::default();
        // In a box, or the type of the future is nested deeper than the compiler goes.
        let done = Box::pin(attempt(sink, event, rules, learned, &mut results)).await;
        let gained = learned.durable.absorb(results.durable.unwrap_or_default());
        let mut outcome = results.outcome;
        let done = done.and_then(|()| {
            check_known(event.event(), &outcome, rules, registry.known()).map_err(Stop::from)
        });
        let is_written = done.is_ok();
        let stop = match done {
            Ok(()) => match waiting.hold(event.event(), &outcome.failures, rules, clock.now()) {
                None => {
                    outcome.add(std::mem::take(&mut learned.durable).outcome);
                    outcome.failures.sort_by_key(|failure| failure.record);
                    return Ok(outcome);
                }
                Some(held) => held.into(),
            },
            Err(stop) => stop,
        };
        // The good rows do not wait for the refused one: rows of other batches may need them. They come
        // again, so it does not matter if the commit fails.
        let is_kept = is_written && rules.may_write_again() && sink.commit().await.is_ok();
        if !is_kept {
            sink.abandon().await;
        }
        let given_back = match mend(sink, registry, *stop.0, learned, &mut made).await {
            Ok(()) => continue,
            Err(given_back) => given_back,
        };
        if gained {
            (pauses.next, pauses.in_row) = (rules.retry_backoff, 0);
        }
        let most = rules.max_retries.max(u32::from(gained));
        pauses.wait(given_back, most, clock).await?;
    }
}

/// Does what a stopped attempt asked for, so that the next one goes further.
///
/// # Errors
/// Nothing would help, or what it asked for failed.
async fn mend<S: Sink>(
    sink: &mut S,
    registry: &impl Registry,
    reason: StopReason,
    learned: &mut Learned,
    made: &mut HashMap<TableName, u32>,
) -> Result<(), GivenBack> {
    match reason {
        StopReason::GiveBack(given_back) => return Err(given_back),
        StopReason::Reorder(table) => learned.in_order.push(table),
        StopReason::Learn(ids) => learn(registry, &ids).await?,
        StopReason::SchemaChange(missing) => {
            let times = made.entry(missing.table().clone()).or_default();
            if *times == MOST_MADE {
                return Err(still_missing(missing.table()).into());
            }
            *times += 1;
            create(sink, &missing, &mut learned.limits).await?;
        }
    }
    Ok(())
}

/// Begins the sink's work, and asks the registry meanwhile, so that a cold start does not wait for
/// one after the other.
///
/// # Errors
/// As [`Sink::begin`], or as [`learn`].
async fn begin<S: Sink>(
    sink: &mut S,
    registry: &impl Registry,
    event: &mut Incoming<'_>,
    rules: &Rules,
) -> Result<(), SinkError> {
    let (begun, learned) = join(sink.begin(), learn_first(registry, event, rules)).await;
    begun.and(learned)
}

/// Asks for the schemas of the first record before the attempt, for most topics have no others.
///
/// # Errors
/// As [`learn`].
async fn learn_first(
    registry: &impl Registry,
    event: &mut Incoming<'_>,
    rules: &Rules,
) -> Result<(), SinkError> {
    let mut unlearned = Vec::new();
    // A body that is not an event is the attempt's to tell.
    if let Some(record) = event.read(1).ok().and_then(|event| event.records.first()) {
        gather(record, rules.formats, rules.needs_key(), registry.known(), &mut unlearned);
    }
    if unlearned.is_empty() { Ok(()) } else { learn(registry, &unlearned).await }
}

/// Asks the registry for schemas, in portions: what it has answered stays known if it refuses a later
/// one.
///
/// # Errors
/// As [`Registry::ask`]; `Fatal` if a schema cannot be used, or there is no answer about one.
async fn learn(registry: &impl Registry, ids: &[SchemaId]) -> Result<(), SinkError> {
    for portion in ids.chunks(AT_ONCE) {
        let mut learned = Ok(());
        for (id, answer) in registry.ask(portion).await? {
            learned = learned.and(registry.known().learn(id, &answer));
        }
        learned?;
    }
    match ids.iter().find(|id| !registry.known().has(**id)) {
        Some(id) => Err(SinkError::fatal(format!("the schema registry says nothing about {id}"))),
        None => Ok(()),
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
    /// Waits until the next attempt; `most` is the number of retries in a row that are allowed.
    ///
    /// # Errors
    /// There is none: the fault does not pass, or there is no time or retry left.
    async fn wait(
        &mut self,
        given_back: GivenBack,
        most: u32,
        clock: &impl Clock,
    ) -> Result<(), GivenBack> {
        let SinkError { fault, cause } = &given_back.error;
        let pause = self.next.max(Duration::from_millis(cause.retry_after_ms.into()));
        let is_retried = *fault == Fault::Transient && self.in_row < most;
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

fn still_missing(table: &TableName) -> SinkError {
    let what = format!("table {table} or one of its columns is still missing");
    SinkError::fatal(format!("{what} after {MOST_MADE} changes of the table"))
}
