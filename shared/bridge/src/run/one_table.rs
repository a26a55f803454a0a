//! The records of one table: mapped to rows and delivered.

use bumpalo::Bump;

use crate::deliver::delivery::Delivery;
use crate::event::reader::Event;
use crate::format::refusal;
use crate::map::inferred::{InferredColumns, Names};
use crate::map::limit::Limit;
use crate::map::mapper::{Fate, Mapper};
use crate::map::row::Rows;
use crate::model::change::{NewColumn, SchemaChange};
use crate::model::failure::{Failure, Fault, GivenBack, Refusal, SinkError};
use crate::model::table::Table;
use crate::options::rules::{Rules, Unknown};
use crate::run::outcome::{Outcome, Results, Stop};
use crate::run::queue::Queue;
use crate::sink::target::Sink;

/// How many cells of one table are delivered at a time: ten thousand rows of a table with a
/// thousand columns would otherwise need hundreds of megabytes.
const MOST_CELLS: usize = 1 << 21;

/// How many bytes of decoded values are kept at a time: ten times the largest event. A few bytes of
/// a record can stand for megabytes, compressed or by its schema, and so can those of every other
/// record. The last record may go beyond it, by as much as one may become.
const MOST_BYTES: usize = 64 << 20;

/// How many rows of a table are delivered at a time.
pub(crate) fn most_rows(table: &Table) -> usize {
    (MOST_CELLS / table.columns.len().max(1)).max(1)
}

/// Writes the records of a table. Returns in how many parts.
///
/// # Errors
/// The attempt failed.
pub(crate) async fn one_table<S: Sink>(
    sink: &mut S,
    queue: &mut Queue<'_, '_>,
    rules: &Rules,
    table: &Table,
    limit: &Limit,
    in_order: bool,
    results: &mut Results,
) -> Result<usize, Stop> {
    let mut mapper = mapper::<S>(rules, table, limit)?.knowing(queue.schemas());
    let most = most_rows(table);
    let chunk = sink.stream_chunk().filter(|_| !in_order);
    let mut waiting = queue.take(chunk.map_or(most, |chunk| chunk.least.min(most)))?;
    let chunk = chunk.filter(|chunk| waiting.len() >= chunk.least);
    let at_once = chunk.map_or(most, |chunk| chunk.rows);
    let (key, hides) = (mapper.key().to_vec(), table.shape.may_hide_columns());
    let mut portions = 0;
    while !waiting.is_empty() {
        let arena = Bump::new();
        let rows = Rows::new(table.columns.len(), &arena);
        let mut delivery = Delivery::new(table, &key, rules.insert_mode, rules.tolerant, rows);
        delivery.in_order = in_order;
        let mut room = most;
        while room > 0 && !waiting.is_empty() {
            let mut taken = 0;
            while taken < waiting.len() && has_room(&arena) {
                let records = &waiting[taken..waiting.len().min(taken.saturating_add(at_once))];
                let (rows, outcome) = (&mut delivery.rows, &mut results.outcome);
                let mapped = map_some(queue.event(), rules, &mut mapper, records, rows, outcome);
                if let (Some(key), Some(hides)) = (mapper.unknown(), hides) {
                    let cause = refusal::hidden(table, key, hides);
                    return Err(SinkError { fault: Fault::Fatal, cause }.into());
                }
                taken += mapped?;
                if chunk.is_some() {
                    delivery.stream_ready(sink).await;
                }
            }
            room -= taken;
            waiting.drain(..taken);
            if !waiting.is_empty() {
                break;
            }
            waiting = queue.take(at_once.min(if room > 0 { room } else { most }))?;
        }
        if let Some(columns) = missing(&mapper, rules, table) {
            return Err(SchemaChange::Columns { table: table.name.clone(), columns }.into());
        }
        deliver(sink, delivery, results).await?;
        portions += 1;
    }
    Ok(portions)
}

/// Whether more values may be decoded into an arena. One that is empty has room for any record.
fn has_room(arena: &Bump) -> bool {
    arena.allocated_bytes() < MOST_BYTES
}

/// Delivers rows and counts what became of their records.
pub(crate) async fn deliver<S: Sink>(
    sink: &mut S,
    delivery: Delivery<'_, '_>,
    results: &mut Results,
) -> Result<(), Stop> {
    let table = delivery.table;
    let delivered = delivery.deliver(sink, results.durable.as_mut()).await;
    results.outcome.add(delivered.map_err(|halt| Stop::halted(halt, &table.name))?);
    Ok(())
}

/// The mapper of the table's records.
pub(crate) fn mapper<'t, S: Sink>(
    rules: &'t Rules,
    table: &'t Table,
    limit: &'t Limit,
) -> Result<Mapper<'t>, SinkError> {
    // If tables are created, a key seen only with null does not count as missing.
    let names = names::<S>(Some(table), limit);
    let adds = rules.auto_evolve || table.shape.is_open();
    let makes = (rules.auto_create || adds) && rules.unknown == Unknown::Error;
    let findings = makes.then(|| InferredColumns::new(names, &table.columns, adds));
    let mapper = Mapper::with(rules, table, findings);
    mapper.map_err(|cause| SinkError { fault: Fault::Fatal, cause })
}

/// The target's rules for the names of a table's columns.
pub(crate) fn names<'l, S: Sink>(table: Option<&Table>, limit: &'l Limit) -> Names<'l> {
    Names {
        is_column_name: S::is_column_name,
        canonical_name: S::canonical_name,
        columns_left: table.map_or_else(S::most_columns, |table| table.shape.columns_left()),
        is_open: table.is_some_and(|table| table.shape.is_open()),
        limit,
    }
}

/// The columns that keys need and the table lacks.
pub(crate) fn missing(mapper: &Mapper<'_>, rules: &Rules, table: &Table) -> Option<Vec<NewColumn>> {
    let is_new = |new: &NewColumn| table.columns.iter().all(|column| column.name != new.name);
    let columns: Vec<NewColumn> =
        mapper.findings()?.columns(&rules.reading).filter(is_new).collect();
    (!columns.is_empty()).then_some(columns)
}

/// Maps records to rows as long as there is room for their values, and returns how many: at least one.
fn map_some<'e>(
    event: &Event<'e>,
    rules: &Rules,
    mapper: &mut Mapper<'_>,
    records: &[usize],
    rows: &mut Rows<'e>,
    outcome: &mut Outcome,
) -> Result<usize, Stop> {
    for (count, record) in records.iter().enumerate() {
        map(event, rules, mapper, std::slice::from_ref(record), rows, outcome)?;
        if !has_room(rows.arena()) {
            return Ok(count + 1);
        }
    }
    Ok(records.len())
}

/// Maps records to rows. With tolerance, a record that cannot be mapped is a failure of its own.
pub(crate) fn map<'e>(
    event: &Event<'e>,
    rules: &Rules,
    mapper: &mut Mapper<'_>,
    records: &[usize],
    rows: &mut Rows<'e>,
    outcome: &mut Outcome,
) -> Result<(), Stop> {
    for &index in records {
        let fate = rows.add(mapper, index, &event.records[index]);
        settle(index, fate, rules, outcome)?;
    }
    Ok(())
}

/// Counts a record that is filtered, and one that is refused.
///
/// # Errors
/// It is refused, and no refusal is tolerated.
pub(crate) fn settle(
    record: usize,
    fate: Result<Fate, Refusal>,
    rules: &Rules,
    outcome: &mut Outcome,
) -> Result<(), Stop> {
    match fate {
        Ok(Fate::Put | Fate::Delete) => Ok(()),
        Ok(Fate::Filtered) => {
            outcome.filtered += 1;
            Ok(())
        }
        Err(Refusal { stage, cause }) if rules.tolerant => {
            outcome.failures.push(Failure { record, stage, cause, may_pass: false });
            Ok(())
        }
        Err(Refusal { stage, cause }) => {
            let error = SinkError::data(None, cause);
            Err(GivenBack { error, culprit: Some((record, stage)) }.into())
        }
    }
}
