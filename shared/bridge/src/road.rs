//! From an event to rows in a table, save the last step: everything is written and nothing
//! committed, for the letters go first.

use std::time::Duration;

use bumpalo::Bump;

use crate::deliver::Delivery;
use crate::design::{Findings, Missing, NewColumn};
use crate::discover::{configured, design};
use crate::event::Event;
use crate::failure::{Failure, Fault, GivenBack, Refusal, SinkError};
use crate::ledger::Progress;
use crate::mapper::{Fate, Mapper};
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
enum Stop {
    GiveBack(GivenBack),
    /// Something is to be made first.
    Miss(Missing),
}

impl From<SinkError> for Stop {
    fn from(error: SinkError) -> Self {
        Stop::GiveBack(error.into())
    }
}

impl From<GivenBack> for Stop {
    fn from(given_back: GivenBack) -> Self {
        Stop::GiveBack(given_back)
    }
}

/// Writes an event's records, trying again what is transient as long as time and
/// `max.retries` allow; counts the retries. On `Ok` the sink waits for its `commit`, and
/// every record is counted in exactly one part of the outcome.
///
/// # Errors
/// Everything is to be given back. The sink has been abandoned.
pub async fn write<S: Sink>(
    sink: &mut S,
    event: &Event<'_>,
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
        let given_back = match *stop {
            Stop::GiveBack(given_back) => given_back,
            Stop::Miss(missing) if made < MOST_MADE => {
                made += 1;
                match sink.make(&missing).await {
                    Ok(()) => continue,
                    Err(error) => {
                        sink.abandon().await;
                        error.into()
                    }
                }
            }
            Stop::Miss(_) => SinkError::fatal("what was made is not there").into(),
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
    event: &Event<'_>,
    rules: &Rules,
) -> Result<Outcome, Box<Stop>> {
    let stop = |error: SinkError| Box::new(Stop::from(error));
    let mut outcome = Outcome::default();
    sink.begin().await.map_err(stop)?;
    let progress = Progress::open(sink, event, rules).await.map_err(stop)?;
    for name in table_names(event, rules) {
        let (records, written): (Vec<usize>, Vec<usize>) = records_of(event, rules, &name)
            .into_iter()
            .partition(|&index| !progress.has(&event.records[index]));
        outcome.filtered += written.len();
        let table = match sink.table(&name).await.map_err(stop)? {
            Some(table) => table,
            None if rules.auto_create => match design(event, &records, rules, &name, S::takes_name)
            {
                Some(table) => return Err(Box::new(Stop::Miss(table))),
                None => configured(rules, &name),
            },
            None => {
                let message = format!("table {name} does not exist, or is not in the search path");
                return Err(stop(SinkError::fatal(message)));
            }
        };
        one_table(sink, event, rules, &table, &records, &mut outcome).await?;
    }
    progress.store(sink, event, rules).await.map_err(stop)?;
    outcome.failures.sort_by_key(|failure| failure.record);
    Ok(outcome)
}

async fn one_table<S: Sink>(
    sink: &mut S,
    event: &Event<'_>,
    rules: &Rules,
    table: &Table,
    records: &[usize],
    outcome: &mut Outcome,
) -> Result<(), Box<Stop>> {
    // Where tables are made, a key that was only ever null is none that is missing.
    let makes = (rules.auto_create || rules.auto_evolve) && rules.unknown == Unknown::Error;
    let findings = makes.then(|| Findings::new(S::takes_name, rules.auto_evolve));
    let mut mapper = Mapper::with(rules, table, findings)
        .map_err(|cause| Box::new(Stop::from(SinkError { fault: Fault::Fatal, cause })))?;
    let most = (MOST_CELLS / table.columns.len().max(1)).max(1);
    let stride = sink.stride().filter(|stride| records.len() >= stride.least);
    let at_once = stride.map_or(most, |stride| stride.rows);
    let key = mapper.key().to_vec();
    for records in records.chunks(most) {
        let arena = Bump::new();
        let rows = Rows::new(table.columns.len(), &arena);
        let mut delivery = Delivery::new(table, &key, rules.insert_mode, rules.tolerant, rows);
        for records in records.chunks(at_once) {
            map(event, rules, &mut mapper, records, &mut delivery.rows, outcome)?;
            if stride.is_some() {
                delivery.advance(sink).await;
            }
        }
        if let Some(columns) = missing(&mapper, table) {
            let missing = Missing::Columns { table: table.name.clone(), columns };
            return Err(Box::new(Stop::Miss(missing)));
        }
        let delivered = delivery.deliver(sink).await.map_err(|back| Box::new(Stop::from(back)))?;
        outcome.written += delivered.written;
        outcome.failures.extend(delivered.failures);
        outcome.filtered += delivered.filtered;
    }
    Ok(())
}

/// The columns that keys asked for and the table has not.
fn missing(mapper: &Mapper<'_>, table: &Table) -> Option<Vec<NewColumn>> {
    let is_new = |new: &NewColumn| table.columns.iter().all(|column| column.name != new.name);
    let columns: Vec<NewColumn> = mapper.findings()?.columns().filter(is_new).collect();
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
) -> Result<(), Box<Stop>> {
    for &index in records {
        match rows.add(mapper, index, &event.records[index]) {
            Ok(Fate::Put | Fate::Delete) => {}
            Ok(Fate::Filtered) => outcome.filtered += 1,
            Err(Refusal { stage, cause }) if rules.tolerant => {
                outcome.failures.push(Failure { record: index, stage, cause });
            }
            Err(Refusal { stage, cause }) => {
                let error = SinkError::data(None, cause);
                let given_back = GivenBack { error, culprit: Some((index, stage)) };
                return Err(Box::new(given_back.into()));
            }
        }
    }
    Ok(())
}

/// The records whose topic goes to this table, by index.
fn records_of(event: &Event<'_>, rules: &Rules, table: &TableName) -> Vec<usize> {
    let mut last: Option<(&str, bool)> = None;
    let mut is_ours = |topic| match last {
        Some((known, ours)) if known == topic => ours,
        _ => {
            let ours = rules.routes.table(topic) == *table;
            last = Some((topic, ours));
            ours
        }
    };
    let records = event.records.iter().enumerate();
    records.filter(|(_, record)| is_ours(record.topic)).map(|(index, _)| index).collect()
}

/// The tables of an event, each once, in the order their topics appear.
fn table_names(event: &Event<'_>, rules: &Rules) -> Vec<TableName> {
    let mut topics: Vec<&str> = Vec::new();
    for record in &event.records {
        if topics.last() != Some(&record.topic) && !topics.contains(&record.topic) {
            topics.push(record.topic);
        }
    }
    let mut names: Vec<TableName> = Vec::new();
    for name in topics.into_iter().map(|topic| rules.routes.table(topic)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
