//! One attempt at an event: the records of every table are mapped and delivered. Nothing is committed.

use crate::deliver::durable::Durable;
use crate::event::incoming::Incoming;
use crate::event::reader::NotAnEvent;
use crate::model::change::SchemaChange;
use crate::model::failure::{Failure, GivenBack, SinkError, Stage};
use crate::model::table::{Table, TableName};
use crate::options::rules::Rules;
use crate::run::again::{write_conflicts, write_deferred};
use crate::run::infer_table::{design, refuse};
use crate::run::learned::Learned;
use crate::run::marks::Marks;
use crate::run::one_table::{names, one_table, settle};
use crate::run::outcome::{Results, Stop};
use crate::run::queue::Queue;
use crate::sink::target::Sink;

/// Writes an event's records. The sink has begun.
///
/// # Errors
/// The attempt failed: the caller must abandon the sink's work.
pub(crate) async fn attempt<S: Sink>(
    sink: &mut S,
    event: &mut Incoming<'_>,
    rules: &Rules,
    learned: &Learned,
    results: &mut Results,
) -> Result<(), Stop> {
    results.durable = sink.is_durable_at_once().then(Durable::default);
    let progress = Marks::open(sink, event, rules).await?;
    let mut done = Vec::new();
    let mut tables = Vec::new();
    while let Some(name) = next_table(event, rules, &done)? {
        let table = describe(sink, event, rules, &name, &progress, learned).await?;
        let mut queue = queue(event, rules, &name, &progress, learned);
        if let Some(table) = table {
            let deferred = one_table(sink, &mut queue, rules, &table, learned, results).await?;
            let event = queue.event();
            write_deferred(sink, event, rules, &table, deferred, learned, results).await?;
            tables.push(table);
        } else {
            let limit = learned.limits.of(&name);
            let names = names::<S>(None, limit);
            for (index, fate) in refuse(&mut queue, rules, &name, names, limit.why())? {
                settle(index, fate, rules, &mut results.outcome)?;
            }
        }
        results.outcome.filtered += queue.filtered;
        done.push(name);
    }
    if done.len() > 1 && results.outcome.failures.iter().any(|failure| failure.may_pass) {
        write_conflicts(sink, event.whole()?, rules, &tables, learned, results).await?;
    }
    progress.store(sink, event.whole()?, rules).await?;
    let failures = &mut results.outcome.failures;
    failures.sort_by_key(|failure| failure.record);
    match failures.first() {
        Some(Failure { record, cause, .. }) if !rules.tolerant => {
            let error = SinkError::data(None, cause.clone());
            Err(GivenBack { error, culprit: Some((*record, Stage::Write)) }.into())
        }
        _ => Ok(()),
    }
}

/// The records of a table.
fn queue<'a, 'e>(
    event: &'a mut Incoming<'e>,
    rules: &'a Rules,
    table: &'a TableName,
    progress: &'a Marks,
    learned: &'a Learned,
) -> Queue<'a, 'e> {
    Queue::new(event, rules, table, progress, &learned.durable, &learned.schemas)
}

/// Describes the table of the records; `None` if it is missing and cannot be created.
///
/// # Errors
/// The table is missing, or must be created first.
async fn describe<S: Sink>(
    sink: &mut S,
    event: &mut Incoming<'_>,
    rules: &Rules,
    name: &TableName,
    progress: &Marks,
    learned: &Learned,
) -> Result<Option<Table>, Stop> {
    if let Some(table) = sink.table(name).await? {
        return Ok(Some(table));
    }
    if !rules.auto_create {
        return Err(absent(sink, name).await.into());
    }
    let limit = learned.limits.of(name);
    let mut queue = queue(event, rules, name, progress, learned);
    let records = queue.take(usize::MAX)?;
    if limit.is_closed() {
        return Ok(None);
    }
    let names = names::<S>(None, limit);
    if !sink.new_tables_need_columns() {
        let (name, columns, key) = (name.clone(), Vec::new(), Vec::new());
        return Err(SchemaChange::Table { name, columns, key }.into());
    }
    match design(queue.event(), &records, rules, name, names, queue.schemas())? {
        Some(missing) => Err(missing.into()),
        None => Ok(None),
    }
}

/// The error of a missing table, which names a table with a similar name.
async fn absent<S: Sink>(sink: &mut S, name: &TableName) -> SinkError {
    let similar = match sink.similar(name).await {
        Some(similar) => {
            format!("; {similar} exists: names are case-sensitive and written without quotes")
        }
        None => String::new(),
    };
    let place = "does not exist where the connection looks for it, or its user may not see it";
    SinkError::fatal(format!("table {name} {place}{similar}"))
}

/// The table of the first record whose table is not done. At the first call one record is read;
/// later the event was read to its end.
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
