//! The records of one table that are not settled, in the event's order. The event is read as far as
//! needed.

use crate::deliver::durable::Durable;
use crate::event::incoming::Incoming;
use crate::event::reader::Event;
use crate::format::framed::gather;
use crate::format::registry::KnownSchemas;
use crate::model::table::TableName;
use crate::options::rules::Rules;
use crate::run::marks::Marks;
use crate::run::outcome::Stop;

/// Records that wait to be mapped.
#[derive(Debug)]
pub(crate) struct Queue<'a, 'e> {
    incoming: &'a mut Incoming<'e>,
    rules: &'a Rules,
    table: &'a TableName,
    progress: &'a Marks,
    durable: &'a Durable,
    schemas: &'a KnownSchemas,
    /// The first record that was not looked at.
    next: usize,
    /// The topic of the last one, and whether it goes to the table.
    last: Option<(&'e str, bool)>,
    /// Records that were skipped because they were written before.
    pub(crate) filtered: usize,
}

impl<'a, 'e> Queue<'a, 'e> {
    pub(crate) fn new(
        incoming: &'a mut Incoming<'e>,
        rules: &'a Rules,
        table: &'a TableName,
        progress: &'a Marks,
        durable: &'a Durable,
        schemas: &'a KnownSchemas,
    ) -> Self {
        let (next, last, filtered) = (0, None, 0);
        Self { incoming, rules, table, progress, durable, schemas, next, last, filtered }
    }

    /// The schemas of a registry that are known.
    pub(crate) fn schemas(&self) -> &'a KnownSchemas {
        self.schemas
    }

    /// What was read of the event.
    pub(crate) fn event(&self) -> &Event<'e> {
        self.incoming.event()
    }

    /// Takes the next `most` records, by index in the event; fewer at its end.
    ///
    /// # Errors
    /// The body is not an event, or the records need schemas that are not known yet.
    pub(crate) fn take(&mut self, most: usize) -> Result<Vec<usize>, Stop> {
        let (mut taken, mut unlearned) = (Vec::new(), Vec::new());
        let (formats, needs_key) = (self.rules.formats, self.rules.needs_key());
        while taken.len() < most {
            let wanted = self.next.saturating_add(most - taken.len());
            let records = &self.incoming.read(wanted)?.records;
            let Some(record) = records.get(self.next) else { break };
            let is_ours = match self.last {
                Some((topic, is_ours)) if topic == record.topic => is_ours,
                _ => self.rules.routes.table(record.topic) == *self.table,
            };
            self.last = Some((record.topic, is_ours));
            if is_ours && self.progress.has(record) {
                self.filtered += 1;
            } else if is_ours && !self.durable.has(self.next) {
                gather(record, formats, needs_key, self.schemas, &mut unlearned);
                taken.push(self.next);
            }
            self.next += 1;
        }
        if unlearned.is_empty() { Ok(taken) } else { Err(Stop::unlearned(unlearned)) }
    }
}
