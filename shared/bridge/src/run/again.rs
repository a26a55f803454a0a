//! Records that were refused because of other rows, written again when those are written.

use bumpalo::Bump;

use crate::deliver::delivery::Delivery;
use crate::event::reader::Event;
use crate::map::row::Rows;
use crate::model::failure::Failure;
use crate::model::table::Table;
use crate::options::rules::Rules;
use crate::run::learned::Learned;
use crate::run::one_table::{deliver, map_some, mapper};
use crate::run::outcome::{Results, Stop};
use crate::sink::target::Sink;

/// Writes the deferred records of a table again, now that all its portions are written. Those that
/// conflict with others are written as long as some pass.
///
/// # Errors
/// The attempt failed.
pub(crate) async fn write_deferred<S: Sink>(
    sink: &mut S,
    event: &Event<'_>,
    rules: &Rules,
    table: &Table,
    mut deferred: Vec<Failure>,
    learned: &Learned,
    results: &mut Results,
) -> Result<(), Stop> {
    while !deferred.is_empty() {
        let before = std::mem::take(&mut results.outcome.failures);
        let records: Vec<usize> = deferred.iter().map(|failure| failure.record).collect();
        write_again(sink, event, rules, table, &records, learned, results).await?;
        let failures = std::mem::replace(&mut results.outcome.failures, before);
        let (conflicts, lost): (Vec<_>, Vec<_>) =
            failures.into_iter().partition(|failure| failure.may_pass);
        results.outcome.failures.extend(lost);
        if conflicts.len() == deferred.len() {
            results.outcome.failures.extend(conflicts);
            break;
        }
        deferred = conflicts;
    }
    Ok(())
}

/// Writes records again that were refused because of rows of other tables, which are written now.
/// It repeats this as long as some records pass.
///
/// # Errors
/// The attempt failed.
pub(crate) async fn write_conflicts<S: Sink>(
    sink: &mut S,
    event: &Event<'_>,
    rules: &Rules,
    tables: &[Table],
    learned: &Learned,
    results: &mut Results,
) -> Result<(), Stop> {
    loop {
        let failures = std::mem::take(&mut results.outcome.failures);
        let (again, lost): (Vec<_>, Vec<_>) =
            failures.into_iter().partition(|failure| failure.may_pass);
        results.outcome.failures = lost;
        for table in tables {
            let is_ours =
                |record: &usize| rules.routes.table(event.records[*record].topic) == table.name;
            let records: Vec<usize> =
                again.iter().map(|failure| failure.record).filter(is_ours).collect();
            write_again(sink, event, rules, table, &records, learned, results).await?;
        }
        let left = results.outcome.failures.iter().filter(|failure| failure.may_pass).count();
        if left == 0 || left == again.len() {
            return Ok(());
        }
    }
}

/// Writes records of a table in order, each of which is the last that is about its row.
async fn write_again<S: Sink>(
    sink: &mut S,
    event: &Event<'_>,
    rules: &Rules,
    table: &Table,
    mut records: &[usize],
    learned: &Learned,
    results: &mut Results,
) -> Result<(), Stop> {
    let mut mapper =
        mapper::<S>(rules, table, learned.limits.of(&table.name))?.knowing(&learned.schemas);
    let key = mapper.key().to_vec();
    while !records.is_empty() {
        let arena = Bump::new();
        let mut rows = Rows::new(table.columns.len(), &arena);
        let next = &records[..records.len().min(learned.portion.rows(table))];
        let (portion, outcome) = (learned.portion, &mut results.outcome);
        let taken = map_some(event, rules, portion, &mut mapper, next, &mut rows, outcome)?;
        let mut delivery = Delivery::new(table, &key, rules.insert_mode, rules.tolerant, rows);
        delivery.in_order = true;
        deliver(sink, delivery, results, None).await?;
        records = &records[taken..];
    }
    Ok(())
}
