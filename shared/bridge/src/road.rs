//! From an event to rows in a table, save the last step: everything is written and nothing
//! committed, for the letters go first.

use std::time::Duration;

use bumpalo::Bump;

use crate::deliver::Delivery;
use crate::event::Event;
use crate::failure::{Failure, Fault, GivenBack, SinkError};
use crate::mapper::{Fate, Mapper};
use crate::row::Rows;
use crate::rules::Rules;
use crate::sink::Sink;
use crate::table::{Table, TableName};

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

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
    /// of rows that are not there.
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
    for name in table_names(event, rules) {
        let table = sink.table(&name).await?;
        one_table(sink, event, rules, &table, &mut outcome).await?;
    }
    outcome.failures.sort_by_key(|failure| failure.record);
    Ok(outcome)
}

async fn one_table<S: Sink>(
    sink: &mut S,
    event: &Event<'_>,
    rules: &Rules,
    table: &Table,
    outcome: &mut Outcome,
) -> Result<(), GivenBack> {
    let arena = Bump::new();
    let unusable = |cause| SinkError { fault: Fault::Fatal, cause };
    let mut mapper = Mapper::new(rules, table).map_err(unusable)?;
    let mut rows = Rows::new(table.columns.len(), &arena);
    let mut last: Option<(&str, bool)> = None;
    for (index, record) in event.records.iter().enumerate() {
        let ours = match last {
            Some((topic, ours)) if topic == record.topic => ours,
            _ => rules.routes.table(record.topic) == table.name,
        };
        last = Some((record.topic, ours));
        if !ours {
            continue;
        }
        match rows.add(&mut mapper, index, record) {
            Ok(Fate::Put | Fate::Delete) => {}
            Ok(Fate::Filtered) => outcome.filtered += 1,
            Err(refusal) if rules.tolerant => {
                let (stage, cause) = (refusal.stage, refusal.cause);
                outcome.failures.push(Failure { record: index, stage, cause });
            }
            Err(refusal) => {
                let error = SinkError::data(None, refusal.cause);
                return Err(GivenBack { error, culprit: Some((index, refusal.stage)) });
            }
        }
    }
    let key = mapper.key().to_vec();
    let delivery =
        Delivery { table, key: &key, mode: rules.insert_mode, tolerant: rules.tolerant, rows };
    let delivered = delivery.deliver(sink).await?;
    outcome.failures.extend(delivered.failures);
    outcome.written += delivered.written;
    outcome.filtered += delivered.filtered;
    Ok(())
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
