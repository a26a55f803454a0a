//! Sends rows to the target while later rows are still being mapped. Most events can be sent like
//! this from start to end: rows of one shape, no two of one key. The first row of another kind ends
//! the stream; it and all later rows are written as ordinary batches.

use std::collections::HashSet;

use crate::deliver::delivery::Delivery;
use crate::deliver::lead::{Lead, Streaming};
use crate::map::row::Op;
use crate::options::rules::InsertMode;
use crate::sink::batch::{Group, fits};
use crate::sink::target::Sink;

impl<'e> Delivery<'_, 'e> {
    /// Sends the rows that were mapped since the last call, if they can be streamed.
    pub async fn stream_ready<S: Sink>(&mut self, sink: &mut S) {
        self.streaming = match std::mem::take(&mut self.streaming) {
            Streaming::Waiting if !self.rows.is_empty() => self.start(sink).await,
            Streaming::Open(lead) => self.follow(sink, lead).await,
            over => over,
        };
    }

    async fn start<S: Sink>(&mut self, sink: &mut S) -> Streaming<'e> {
        if self.rows.op(0) == Op::Delete {
            return Streaming::Never;
        }
        self.prepare(0, &self.rows.mentioned(0));
        let mut group = Group::of_row(&self.rows, 0, self.key, self.mode);
        group.picked.clear();
        let mut lead = Lead { group, keys: HashSet::new() };
        self.gather(&mut lead);
        let all = lead.group.picked.len() == self.rows.len();
        if all && sink.stream(&lead.group.batch(self.table, self.key, &self.rows)).await {
            Streaming::Open(lead)
        } else {
            Streaming::Never
        }
    }

    async fn follow<S: Sink>(&mut self, sink: &mut S, mut lead: Lead<'e>) -> Streaming<'e> {
        let first = lead.group.picked.len();
        self.prepare(first, &lead.group.columns);
        self.gather(&mut lead);
        let end = lead.group.picked.len();
        if end > first {
            let batch = lead.group.batch(self.table, self.key, &self.rows);
            sink.stream(&batch.slice(first..end)).await;
        }
        match end == self.rows.len() {
            true => Streaming::Open(lead),
            false => Streaming::Closed(lead.group),
        }
    }

    fn gather(&self, lead: &mut Lead<'e>) {
        for row in lead.group.picked.len()..self.rows.len() {
            if !fits(&lead.group, &self.rows, row, self.mode) || self.is_opaque(row) {
                return;
            }
            if self.mode != InsertMode::Insert {
                let Some(key) = self.rows.key(row) else { return };
                let before = lead.group.picked.last().and_then(|&row| self.rows.key(row));
                let sorted = before.is_none_or(|before| before.precedes(key));
                if !lead.keys.insert(key.clone()) {
                    return;
                }
                lead.group.sorted &= sorted;
            }
            lead.group.picked.push(row);
        }
    }
}
