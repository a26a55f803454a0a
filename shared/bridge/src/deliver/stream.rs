//! Rows that set out for the target while those after them are still being mapped. They are what
//! most events are from end to end: rows of one shape, no two of one key. The first row of another
//! kind ends that, and goes with all after it the way of any batch.

use std::collections::HashSet;

use crate::deliver::delivery::Delivery;
use crate::deliver::lead::{Ahead, Vanguard};
use crate::map::row::Op;
use crate::options::rules::InsertMode;
use crate::sink::batch::{Group, fits};
use crate::sink::target::Sink;

impl<'e> Delivery<'_, 'e> {
    /// Lets the rows that came since the last call set out, if they can.
    pub async fn advance<S: Sink>(&mut self, sink: &mut S) {
        self.ahead = match std::mem::take(&mut self.ahead) {
            Ahead::Waiting if !self.rows.is_empty() => self.set_out(sink).await,
            Ahead::Open(vanguard) => self.follow(sink, vanguard).await,
            over => over,
        };
    }

    async fn set_out<S: Sink>(&mut self, sink: &mut S) -> Ahead<'e> {
        if self.rows.op(0) == Op::Delete {
            return Ahead::Never;
        }
        self.prepare(sink, 0, &self.rows.mentioned(0));
        let mut group = Group::of_row(&self.rows, 0, self.key, self.mode);
        group.picked.clear();
        let mut vanguard = Vanguard { group, keys: HashSet::new() };
        self.gather(sink, &mut vanguard);
        let all = vanguard.group.picked.len() == self.rows.len();
        if all && sink.push(&vanguard.group.batch(self.table, self.key, &self.rows)).await {
            Ahead::Open(vanguard)
        } else {
            Ahead::Never
        }
    }

    async fn follow<S: Sink>(&mut self, sink: &mut S, mut vanguard: Vanguard<'e>) -> Ahead<'e> {
        let first = vanguard.group.picked.len();
        self.prepare(sink, first, &vanguard.group.columns);
        self.gather(sink, &mut vanguard);
        let end = vanguard.group.picked.len();
        if end > first {
            let batch = vanguard.group.batch(self.table, self.key, &self.rows);
            sink.push(&batch.slice(first..end)).await;
        }
        match end == self.rows.len() {
            true => Ahead::Open(vanguard),
            false => Ahead::Closed(vanguard.group),
        }
    }

    fn gather(&self, sink: &impl Sink, vanguard: &mut Vanguard<'e>) {
        for row in vanguard.group.picked.len()..self.rows.len() {
            if !fits(&vanguard.group, &self.rows, row, self.mode) || self.is_opaque(sink, row) {
                return;
            }
            if self.mode != InsertMode::Insert {
                let Some(key) = self.rows.key(row) else { return };
                let before = vanguard.group.picked.last().and_then(|&row| self.rows.key(row));
                let sorted = before.is_none_or(|before| before.precedes(key));
                if !vanguard.keys.insert(key.clone()) {
                    return;
                }
                vanguard.group.sorted &= sorted;
            }
            vanguard.group.picked.push(row);
        }
    }
}
