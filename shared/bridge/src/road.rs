//! From an event to rows in a table, save the last step: everything is written and nothing
//! committed, for the letters go first.

use std::time::Duration;

use bumpalo::Bump;

use crate::deliver::Delivery;
use crate::event::Event;
use crate::failure::{Failure, Fault, GivenBack, Refusal, SinkError};
use crate::ledger::Progress;
use crate::mapper::{Fate, Mapper};
use crate::row::Rows;
use crate::rules::Rules;
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
    loop {
        let given_back = match attempt(sink, event, rules).await {
            Ok(outcome) => return Ok(outcome),
            Err(given_back) => given_back,
        };
        sink.abandon().await;
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
) -> Result<Outcome, GivenBack> {
    let mut outcome = Outcome::default();
    sink.begin().await?;
    let progress = Progress::open(sink, event, rules).await?;
    for name in table_names(event, rules) {
        let table = sink.table(&name).await?;
        let records = records_of(event, rules, &table);
        let all = records.len();
        let records: Vec<usize> =
            records.into_iter().filter(|&index| !progress.has(&event.records[index])).collect();
        outcome.filtered += all - records.len();
        one_table(sink, event, rules, &table, &records, &mut outcome).await?;
    }
    progress.store(sink, event, rules).await?;
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
) -> Result<(), GivenBack> {
    let unusable = |cause| SinkError { fault: Fault::Fatal, cause };
    let mut mapper = Mapper::new(rules, table).map_err(unusable)?;
    let most = (MOST_CELLS / table.columns.len().max(1)).max(1);
    for records in records.chunks(most) {
        let arena = Bump::new();
        let mut rows = Rows::new(table.columns.len(), &arena);
        map(event, rules, &mut mapper, records, &mut rows, outcome).map_err(|error| *error)?;
        let (key, mode) = (mapper.key(), rules.insert_mode);
        let delivery = Delivery { table, key, mode, tolerant: rules.tolerant, rows };
        let delivered = delivery.deliver(sink).await?;
        outcome.written += delivered.written;
        outcome.failures.extend(delivered.failures);
        outcome.filtered += delivered.filtered;
    }
    Ok(())
}

/// Maps records to rows. Under tolerance a record that cannot be mapped is a failure of its own.
fn map<'e>(
    event: &Event<'e>,
    rules: &Rules,
    mapper: &mut Mapper<'_>,
    records: &[usize],
    rows: &mut Rows<'e>,
    outcome: &mut Outcome,
) -> Result<(), Box<GivenBack>> {
    for &index in records {
        match rows.add(mapper, index, &event.records[index]) {
            Ok(Fate::Put | Fate::Delete) => {}
            Ok(Fate::Filtered) => outcome.filtered += 1,
            Err(Refusal { stage, cause }) if rules.tolerant => {
                outcome.failures.push(Failure { record: index, stage, cause });
            }
            Err(Refusal { stage, cause }) => {
                let error = SinkError::data(None, cause);
                return Err(Box::new(GivenBack { error, culprit: Some((index, stage)) }));
            }
        }
    }
    Ok(())
}

/// The records whose topic goes to this table, by index.
fn records_of(event: &Event<'_>, rules: &Rules, table: &Table) -> Vec<usize> {
    let mut last: Option<(&str, bool)> = None;
    let mut is_ours = |topic| match last {
        Some((known, ours)) if known == topic => ours,
        _ => {
            let ours = rules.routes.table(topic) == table.name;
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
