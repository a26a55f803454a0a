//! The records of one table that are not settled, in the event's order. The event is read as far as
//! needed.

use crate::deliver::durable::Durable;
use crate::event::incoming::Incoming;
use crate::event::reader::{Event, NotAnEvent};
use crate::model::table::TableName;
use crate::options::routes::Routes;
use crate::run::marks::Marks;

/// Records that wait to be mapped.
#[derive(Debug)]
pub(crate) struct Queue<'a, 'e> {
    incoming: &'a mut Incoming<'e>,
    routes: &'a Routes,
    table: &'a TableName,
    progress: &'a Marks,
    durable: &'a Durable,
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
        routes: &'a Routes,
        table: &'a TableName,
        progress: &'a Marks,
        durable: &'a Durable,
    ) -> Self {
        Self { incoming, routes, table, progress, durable, next: 0, last: None, filtered: 0 }
    }

    /// What was read of the event.
    pub(crate) fn event(&self) -> &Event<'e> {
        self.incoming.event()
    }

    /// Takes the next `most` records, by index in the event; fewer at its end.
    ///
    /// # Errors
    /// The body is not an event.
    pub(crate) fn take(&mut self, most: usize) -> Result<Vec<usize>, NotAnEvent> {
        let mut taken = Vec::new();
        while taken.len() < most {
            let wanted = self.next.saturating_add(most - taken.len());
            let records = &self.incoming.read(wanted)?.records;
            let Some(record) = records.get(self.next) else { break };
            let is_ours = match self.last {
                Some((topic, is_ours)) if topic == record.topic => is_ours,
                _ => self.routes.table(record.topic) == *self.table,
            };
            self.last = Some((record.topic, is_ours));
            if is_ours && self.progress.has(record) {
                self.filtered += 1;
            } else if is_ours && !self.durable.has(self.next) {
                taken.push(self.next);
            }
            self.next += 1;
        }
        Ok(taken)
    }
}
