//! The records of one table: mapped to rows and delivered, in portions if they are large.

use bumpalo::Bump;

use crate::deliver::deferred::Deferred;
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
use crate::run::learned::Learned;
use crate::run::outcome::{Outcome, Results, Stop};
use crate::run::portion::Portion;
use crate::run::queue::Queue;
use crate::sink::target::{Sink, StreamChunk};

/// Writes the records of a table, and returns those that were refused in one of several portions and
/// that its other rows may make valid.
///
/// # Errors
/// The attempt failed.
pub(crate) async fn one_table<S: Sink>(
    sink: &mut S,
    queue: &mut Queue<'_, '_>,
    rules: &Rules,
    table: &Table,
    learned: &Learned,
    results: &mut Results,
) -> Result<Vec<Failure>, Stop> {
    let mut mapper =
        mapper::<S>(rules, table, learned.limits.of(&table.name))?.knowing(queue.schemas());
    let in_order = learned.in_order.contains(&table.name);
    let chunk = sink.stream_chunk().filter(|_| !in_order);
    let mut feed = Feed::open(queue, rules, table, learned.portion, chunk)?;
    let key = mapper.key().to_vec();
    let (mut deferred, mut portions, mut lacks) = (Deferred::default(), 0, false);
    while !feed.waiting.is_empty() {
        let arena = Bump::new();
        let rows = Rows::new(table.columns.len(), &arena);
        let mut delivery = Delivery::new(table, &key, rules.insert_mode, rules.tolerant, rows);
        delivery.in_order = in_order;
        // Rows that will be written again are only looked at.
        let ahead = (!lacks).then_some(&mut *sink);
        feed.fill(ahead, &mut mapper, &mut delivery, &mut results.outcome).await?;
        // All portions together say what is missing, as one would: it is created once.
        lacks = lacks || missing(&mapper, rules, table).is_some();
        if lacks {
            continue;
        }
        let is_part = portions > 0 || !feed.waiting.is_empty();
        deliver(sink, delivery, results, is_part.then_some(&mut deferred)).await?;
        portions += 1;
    }
    match missing(&mapper, rules, table) {
        Some(columns) => Err(SchemaChange::Columns { table: table.name.clone(), columns }.into()),
        None => Ok(deferred.into_failures()),
    }
}

/// The records of a table, one portion at a time.
struct Feed<'f, 'a, 'e> {
    queue: &'f mut Queue<'a, 'e>,
    rules: &'f Rules,
    table: &'f Table,
    portion: Portion,
    /// How many rows a portion has at most.
    most: usize,
    /// How many records are mapped before rows are sent, if the sink takes them meanwhile.
    chunk: Option<usize>,
    /// The records that were taken from the queue.
    waiting: Vec<usize>,
}

impl<'f, 'a, 'e> Feed<'f, 'a, 'e> {
    /// Takes the first records.
    ///
    /// # Errors
    /// As [`Queue::take`].
    fn open(
        queue: &'f mut Queue<'a, 'e>,
        rules: &'f Rules,
        table: &'f Table,
        portion: Portion,
        chunk: Option<StreamChunk>,
    ) -> Result<Self, Stop> {
        let most = portion.rows(table);
        let waiting = queue.take(chunk.map_or(most, |chunk| chunk.least.min(most)))?;
        let chunk = chunk.filter(|chunk| waiting.len() >= chunk.least).map(|chunk| chunk.rows);
        Ok(Self { queue, rules, table, portion, most, chunk, waiting })
    }

    /// Maps records until the portion is full or no records are left. Rows are sent meanwhile if the
    /// sink is given and takes them.
    ///
    /// # Errors
    /// A record cannot be mapped and no refusal is tolerated, or as [`Queue::take`].
    async fn fill<'r, S: Sink>(
        &mut self,
        mut sink: Option<&mut S>,
        mapper: &mut Mapper<'_>,
        delivery: &mut Delivery<'_, 'r>,
        outcome: &mut Outcome,
    ) -> Result<(), Stop>
    where
        'e: 'r,
    {
        let at_once = self.chunk.unwrap_or(self.most);
        let mut room = self.most;
        while room > 0 && !self.waiting.is_empty() {
            let mut taken = 0;
            while taken < self.waiting.len() && self.portion.has_room(delivery.rows.arena()) {
                let end = self.waiting.len().min(taken.saturating_add(at_once));
                let records = &self.waiting[taken..end];
                let (event, rows) = (self.queue.event(), &mut delivery.rows);
                let mapped =
                    map_some(event, self.rules, self.portion, mapper, records, rows, outcome);
                self.check_hidden(mapper)?;
                taken += mapped?;
                if let Some(sink) = sink.as_mut().filter(|_| self.chunk.is_some()) {
                    delivery.stream_ready(*sink).await;
                }
            }
            room -= taken;
            self.waiting.drain(..taken);
            if !self.waiting.is_empty() {
                break;
            }
            self.waiting = self.queue.take(at_once.min(if room > 0 { room } else { self.most }))?;
        }
        Ok(())
    }

    /// Checks that no key of the records may have a column that is only hidden from the sink.
    fn check_hidden(&self, mapper: &Mapper<'_>) -> Result<(), SinkError> {
        match (mapper.unknown(), self.table.shape.may_hide_columns()) {
            (Some(key), Some(hides)) => {
                let cause = refusal::hidden(self.table, key, hides);
                Err(SinkError { fault: Fault::Fatal, cause })
            }
            _ => Ok(()),
        }
    }
}

/// Delivers rows and counts what became of their records. If the table has more rows, what is refused
/// may be deferred until they are written.
pub(crate) async fn deliver<S: Sink>(
    sink: &mut S,
    delivery: Delivery<'_, '_>,
    results: &mut Results,
    deferred: Option<&mut Deferred>,
) -> Result<(), Stop> {
    let (table, durable) = (delivery.table, results.durable.as_mut());
    let delivered = match deferred {
        Some(deferred) => delivery.deliver_part(sink, durable, deferred).await,
        None => delivery.deliver(sink, durable).await,
    };
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
/// With tolerance, a record that cannot be mapped is a failure of its own.
pub(crate) fn map_some<'e>(
    event: &Event<'e>,
    rules: &Rules,
    portion: Portion,
    mapper: &mut Mapper<'_>,
    records: &[usize],
    rows: &mut Rows<'e>,
    outcome: &mut Outcome,
) -> Result<usize, Stop> {
    for (count, &record) in records.iter().enumerate() {
        let fate = rows.add(mapper, record, &event.records[record]);
        settle(record, fate, rules, outcome)?;
        if !portion.has_room(rows.arena()) {
            return Ok(count + 1);
        }
    }
    Ok(records.len())
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
