//! One attempt at an event: the records of every table are mapped and delivered. Nothing is committed.

use bumpalo::Bump;

use crate::deliver::delivery::Delivery;
use crate::deliver::durable::Durable;
use crate::event::incoming::Incoming;
use crate::event::reader::{Event, NotAnEvent};
use crate::format::registry::KnownSchemas;
use crate::map::limit::Limits;
use crate::map::row::Rows;
use crate::model::change::SchemaChange;
use crate::model::failure::{Failure, GivenBack, SinkError, Stage};
use crate::model::table::{Table, TableName};
use crate::options::rules::Rules;
use crate::run::infer_table::{design, refuse};
use crate::run::marks::Marks;
use crate::run::one_table::{deliver, map, mapper, names, one_table, settle};
use crate::run::outcome::{Results, Stop};
use crate::run::queue::Queue;
use crate::sink::target::Sink;

/// What earlier attempts at the event have found out.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    /// The tables whose records have to be written one by one, in record order.
    pub(crate) in_order: Vec<TableName>,
    /// What the target refused to create.
    pub(crate) limits: Limits,
    /// What is durable already, if the sink is durable at once.
    pub(crate) durable: Durable,
    /// The schemas of a registry that are known.
    pub(crate) schemas: KnownSchemas,
}

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
    // The tables whose records were delivered in one part: only for them is it known which record
    // is the last of its row.
    let mut whole = Vec::new();
    while let Some(name) = next_table(event, rules, &done)? {
        let limit = learned.limits.of(&name);
        let table = describe(sink, event, rules, &name, &progress, learned).await?;
        let mut queue = queue(event, rules, &name, &progress, learned);
        if let Some(table) = table {
            let ordered = learned.in_order.contains(&name);
            let portions =
                one_table(sink, &mut queue, rules, &table, limit, ordered, results).await?;
            whole.extend((portions == 1).then_some(table));
        } else {
            for (index, fate) in refuse(&mut queue, rules, &name, limit.why())? {
                settle(index, fate, rules, &mut results.outcome)?;
            }
        }
        results.outcome.filtered += queue.filtered;
        done.push(name);
    }
    if done.len() > 1 && results.outcome.failures.iter().any(|failure| failure.may_pass) {
        write_again(sink, event.whole()?, rules, &whole, learned, results).await?;
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

/// Writes records again that were refused because of rows of other tables, which are written now.
/// It repeats this as long as some records pass.
async fn write_again<S: Sink>(
    sink: &mut S,
    event: &Event<'_>,
    rules: &Rules,
    tables: &[Table],
    learned: &Learned,
    results: &mut Results,
) -> Result<(), Stop> {
    loop {
        let is_refused = |failure: &Failure| {
            let table = rules.routes.table(event.records[failure.record].topic);
            failure.may_pass && tables.iter().any(|known| known.name == table)
        };
        let failures = std::mem::take(&mut results.outcome.failures);
        let (again, lost): (Vec<_>, Vec<_>) = failures.into_iter().partition(is_refused);
        results.outcome.failures = lost;
        for table in tables {
            let is_ours =
                |record: &usize| rules.routes.table(event.records[*record].topic) == table.name;
            let records: Vec<usize> =
                again.iter().map(|failure| failure.record).filter(is_ours).collect();
            if records.is_empty() {
                continue;
            }
            let arena = Bump::new();
            let mut mapper = mapper::<S>(rules, table, learned.limits.of(&table.name))?;
            mapper = mapper.knowing(&learned.schemas);
            let mut rows = Rows::new(table.columns.len(), &arena);
            map(event, rules, &mut mapper, &records, &mut rows, &mut results.outcome)?;
            let key = mapper.key().to_vec();
            let mut delivery = Delivery::new(table, &key, rules.insert_mode, rules.tolerant, rows);
            delivery.in_order = true;
            deliver(sink, delivery, results).await?;
        }
        let left = results.outcome.failures.iter().filter(|failure| is_refused(failure)).count();
        if left == 0 || left == again.len() {
            return Ok(());
        }
    }
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
