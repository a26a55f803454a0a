//! From an event to rows in a table, save the last step: everything is written and nothing
//! committed, for the letters go first.

use std::time::Duration;

use bumpalo::Bump;

use crate::deliver::Delivery;
use crate::design::{Findings, Missing, NewColumn};
use crate::discover::{configured, design};
use crate::event::{Event, NotAnEvent};
use crate::failure::{Failure, Fault, GivenBack, Refusal, SinkError};
use crate::incoming::Incoming;
use crate::ledger::Progress;
use crate::mapper::{Fate, Mapper};
use crate::queue::Queue;
use crate::row::Rows;
use crate::rules::{Rules, Unknown};
use crate::sink::Sink;
use crate::table::{Table, TableName};

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Records of one table are delivered at most so many cells at a time: ten thousand rows of a
/// table with a thousand columns would otherwise take hundreds of megabytes.
const MOST_CELLS: usize = 1 << 21;

/// Time, as far as a retry needs it.
#[allow(async_fn_in_trait, reason = "one thread, one invocation: nothing needs to be Send")]
pub trait Clock {
    /// What is left of the invocation, the reserve for letters and answer taken off.
    fn remaining(&self) -> Duration;

    /// Waits.
    async fn sleep(&self, pause: Duration);
}

/// What an event came to, once the sink commits.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Records whose rows the sink will commit.
    pub written: usize,
    /// Records that will not be written, in the event's order.
    pub failures: Vec<Failure>,
    /// Records that configuration asks not to write: tombstones where deletes are off, updates
    /// of rows that are not there, records that were written before.
    pub filtered: usize,
}

/// A table can miss so many things in one invocation; one that misses more is not what it was
/// made to be.
const MOST_MADE: u32 = 20;

/// Why an attempt came to nothing.
struct Stop(Box<Reason>);

enum Reason {
    GiveBack(GivenBack),
    /// Something is to be made first.
    Miss(Missing),
}

impl From<GivenBack> for Stop {
    fn from(given_back: GivenBack) -> Self {
        Stop(Box::new(Reason::GiveBack(given_back)))
    }
}

impl From<SinkError> for Stop {
    fn from(error: SinkError) -> Self {
        GivenBack::from(error).into()
    }
}

impl From<NotAnEvent> for Stop {
    fn from(wrong: NotAnEvent) -> Self {
        SinkError::from(wrong).into()
    }
}

impl From<Missing> for Stop {
    fn from(missing: Missing) -> Self {
        Stop(Box::new(Reason::Miss(missing)))
    }
}

/// Writes an event's records, trying again what is transient as long as time and
/// `max.retries` allow; counts the retries. On `Ok` the sink waits for its `commit`, and
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
    retries: &mut u32,
) -> Result<Outcome, GivenBack> {
    let mut pause = rules.retry_backoff;
    let mut made = 0;
    loop {
        let stop = match attempt(sink, event, rules).await {
            Ok(outcome) => return Ok(outcome),
            Err(stop) => stop,
        };
        sink.abandon().await;
        let given_back = match *stop.0 {
            Reason::GiveBack(given_back) => given_back,
            Reason::Miss(missing) if made < MOST_MADE => {
                made += 1;
                match sink.make(&missing).await {
                    Ok(()) => continue,
                    Err(error) => {
                        sink.abandon().await;
                        error.into()
                    }
                }
            }
            Reason::Miss(_) => SinkError::fatal("what was made is not there").into(),
        };
        let hopeful = given_back.error.fault == Fault::Transient && *retries < rules.max_retries;
        if !hopeful || clock.remaining() <= pause {
            return Err(given_back);
        }
        clock.sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        *retries += 1;
    }
}

async fn attempt<S: Sink>(
    sink: &mut S,
    event: &mut Incoming<'_>,
    rules: &Rules,
) -> Result<Outcome, Stop> {
    let mut outcome = Outcome::default();
    sink.begin().await?;
    let progress = Progress::open(sink, event, rules).await?;
    let mut done = Vec::new();
    while let Some(name) = next_table(event, rules, &done)? {
        let mut queue = Queue::new(event, &rules.routes, &name, &progress);
        let table = match sink.table(&name).await? {
            Some(table) => table,
            None if rules.auto_create => {
                let records = queue.take(usize::MAX)?;
                match design(queue.event(), &records, rules, &name, S::takes_name) {
                    Some(missing) => return Err(missing.into()),
                    None => {
                        queue = Queue::new(event, &rules.routes, &name, &progress);
                        configured(rules, &name)
                    }
                }
            }
            None => {
                let message =
                    format!("table {name} does not exist where the connection looks for it");
                return Err(SinkError::fatal(message).into());
            }
        };
        one_table(sink, &mut queue, rules, &table, &mut outcome).await?;
        outcome.filtered += queue.filtered;
        done.push(name);
    }
    progress.store(sink, event.whole()?, rules).await?;
    outcome.failures.sort_by_key(|failure| failure.record);
    Ok(outcome)
}

async fn one_table<S: Sink>(
    sink: &mut S,
    queue: &mut Queue<'_, '_>,
    rules: &Rules,
    table: &Table,
    outcome: &mut Outcome,
) -> Result<(), Stop> {
    // Where tables are made, a key that was only ever null is none that is missing.
    let makes = (rules.auto_create || rules.auto_evolve) && rules.unknown == Unknown::Error;
    let findings = makes.then(|| Findings::new(S::takes_name, rules.auto_evolve));
    let mut mapper = Mapper::with(rules, table, findings)
        .map_err(|cause| SinkError { fault: Fault::Fatal, cause })?;
    let most = (MOST_CELLS / table.columns.len().max(1)).max(1);
    let stride = sink.stride();
    let mut waiting = queue.take(stride.map_or(most, |stride| stride.least.min(most)))?;
    let stride = stride.filter(|stride| waiting.len() >= stride.least);
    let at_once = stride.map_or(most, |stride| stride.rows);
    let key = mapper.key().to_vec();
    while !waiting.is_empty() {
        let arena = Bump::new();
        let rows = Rows::new(table.columns.len(), &arena);
        let mut delivery = Delivery::new(table, &key, rules.insert_mode, rules.tolerant, rows);
        let mut room = most;
        while room > 0 && !waiting.is_empty() {
            for records in waiting.chunks(at_once) {
                map(queue.event(), rules, &mut mapper, records, &mut delivery.rows, outcome)?;
                if stride.is_some() {
                    delivery.advance(sink).await;
                }
            }
            room -= waiting.len();
            waiting = queue.take(at_once.min(if room > 0 { room } else { most }))?;
        }
        if let Some(columns) = missing(&mapper, rules, table) {
            return Err(Missing::Columns { table: table.name.clone(), columns }.into());
        }
        let delivered = delivery.deliver(sink).await?;
        outcome.written += delivered.written;
        outcome.failures.extend(delivered.failures);
        outcome.filtered += delivered.filtered;
    }
    Ok(())
}

/// The columns that keys asked for and the table has not.
fn missing(mapper: &Mapper<'_>, rules: &Rules, table: &Table) -> Option<Vec<NewColumn>> {
    let is_new = |new: &NewColumn| table.columns.iter().all(|column| column.name != new.name);
    let columns: Vec<NewColumn> =
        mapper.findings()?.columns(&rules.reading).filter(is_new).collect();
    (!columns.is_empty()).then_some(columns)
}

/// Maps records to rows. Under tolerance a record that cannot be mapped is a failure of its own.
fn map<'e>(
    event: &Event<'e>,
    rules: &Rules,
    mapper: &mut Mapper<'_>,
    records: &[usize],
    rows: &mut Rows<'e>,
    outcome: &mut Outcome,
) -> Result<(), Stop> {
    for &index in records {
        match rows.add(mapper, index, &event.records[index]) {
            Ok(Fate::Put | Fate::Delete) => {}
            Ok(Fate::Filtered) => outcome.filtered += 1,
            Err(Refusal { stage, cause }) if rules.tolerant => {
                outcome.failures.push(Failure { record: index, stage, cause });
            }
            Err(Refusal { stage, cause }) => {
                let error = SinkError::data(None, cause);
                return Err(GivenBack { error, culprit: Some((index, stage)) }.into());
            }
        }
    }
    Ok(())
}

/// The table of the first record that goes to none of those that are done. While none is, the first
/// record decides; afterwards the event is there to its end.
fn next_table(
    event: &mut Incoming<'_>,
    rules: &Rules,
    done: &[TableName],
) -> Result<Option<TableName>, NotAnEvent> {
    let mut last = None;
    for record in &event.read(1)?.records {
        if last == Some(record.topic) {
            continue;
        }
        let name = rules.routes.table(record.topic);
        if !done.contains(&name) {
            return Ok(Some(name));
        }
        last = Some(record.topic);
    }
    Ok(None)
}
