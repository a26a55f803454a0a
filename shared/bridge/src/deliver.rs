//! The one place where a row's fate is decided: in bulk first, then by isolating whatever the
//! target refuses, so that one bad row costs one row.

use std::ops::Range;

use crate::batch::{Batch, Group, group, uniform};
use crate::failure::{Cause, Failure, Fault, GivenBack, SinkError, Stage};
use crate::row::Rows;
use crate::rules::InsertMode;
use crate::sink::{Rejected, Sink, Written};
use crate::table::Table;

/// After a culprit was pointed out, the next attempt takes at most this many times the rows
/// that passed before it: rows behind a culprit are sent in vain.
const GROWTH: usize = 2;
/// … but never fewer than this.
const FLOOR: usize = 16;

/// The rows of one table, and how to write them.
#[derive(Debug)]
pub struct Delivery<'a, 'e> {
    /// The table they go to.
    pub table: &'a Table,
    /// The columns rows are found by; empty with `pk.mode=none`.
    pub key: &'a [usize],
    /// What a put does.
    pub mode: InsertMode,
    /// Whether a bad row becomes a failure of its own, or gives everything back.
    pub tolerant: bool,
    /// The rows.
    pub rows: Rows<'e>,
}

/// What became of the records of the rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Records whose row is written; counted, not inferred, so that a sum can be checked.
    pub written: usize,
    /// Records the target refuses.
    pub failures: Vec<Failure>,
    /// Records of updates that found no row.
    pub filtered: usize,
}

impl Delivery<'_, '_> {
    /// Writes the rows. Every record of a row not named in the answer is written with the
    /// sink's `commit`.
    ///
    /// The number of calls to the sink is bounded: two for each bad row plus a logarithm where
    /// the target points at it, 2·log₂(rows) for each where it does not.
    ///
    /// # Errors
    /// Transient and unknown faults, and the first bad row unless tolerant: nothing of this
    /// must be committed then.
    pub async fn deliver<S: Sink>(mut self, sink: &mut S) -> Result<Delivered, GivenBack> {
        let order = match self.mode {
            InsertMode::Insert => {
                let columns = &self.table.columns;
                self.rows.fill_nulls(|column| columns[column].has_default);
                self.rows.in_order()
            }
            InsertMode::Upsert | InsertMode::Update => {
                self.rows.find_keys(self.key, sink, self.table);
                self.rows.reduced()
            }
        };
        let mut delivered = Delivered::default();
        for group in self.groups(sink, &order) {
            let batch = group.batch(self.table, self.key, &self.rows);
            self.isolate(sink, &batch, &mut delivered).await?;
        }
        Ok(delivered)
    }

    fn groups(&mut self, sink: &impl Sink, order: &[usize]) -> Vec<Group> {
        if let Some(group) = uniform(&self.rows, order, self.key, self.mode) {
            return vec![group];
        }
        if self.mode == InsertMode::Insert {
            // Rows of one key keep their order, deletes among them too. Without a key of ours, rows that the table itself tells apart keep their order too.
            let key = if self.key.is_empty() { &self.table.primary_key } else { self.key };
            if !key.is_empty() {
                self.rows.find_keys(key, sink, self.table);
            }
        }
        group(&self.rows, order, self.key, self.mode)
    }

    async fn isolate<S: Sink>(
        &self,
        sink: &mut S,
        batch: &Batch<'_, '_>,
        delivered: &mut Delivered,
    ) -> Result<(), GivenBack> {
        let mut open = Vec::new();
        push(&mut open, 0..batch.len());
        let mut limit = usize::MAX;
        while let Some(rows) = open.pop() {
            let rows = cap(rows, limit, &mut open);
            match sink.write(&batch.slice(rows.clone())).await {
                Ok(written) => {
                    limit = limit.saturating_mul(GROWTH);
                    self.accept(sink, &batch.slice(rows), written, delivered).await?;
                }
                Err(SinkError { fault: Fault::Data(culprit), cause }) if self.tolerant => {
                    match culprit.filter(|row| *row < rows.len()) {
                        Some(row) => {
                            let bad = rows.start + row;
                            limit = (GROWTH * row).max(FLOOR);
                            // The rows before it come next: they passed, but are not written.
                            push(&mut open, bad + 1..rows.end);
                            push(&mut open, rows.start..bad);
                            self.refuse(sink, batch, bad, cause, delivered).await?;
                        }
                        None if rows.len() == 1 => {
                            self.refuse(sink, batch, rows.start, cause, delivered).await?;
                        }
                        None => {
                            let half = rows.start + rows.len() / 2;
                            push(&mut open, half..rows.end);
                            push(&mut open, rows.start..half);
                        }
                    }
                }
                Err(error) => return Err(self.give_back(&batch.slice(rows), error)),
            }
        }
        Ok(())
    }

    async fn accept<S: Sink>(
        &self,
        sink: &mut S,
        batch: &Batch<'_, '_>,
        written: Written,
        delivered: &mut Delivered,
    ) -> Result<(), GivenBack> {
        let records = |row: usize| self.rows.record_count(batch.picked(row));
        let all: usize = (0..batch.len()).map(records).sum();
        let rejected: usize = written.rejected.iter().map(|rejected| records(rejected.row)).sum();
        let unmatched: usize = written.unmatched.iter().map(|row| records(*row)).sum();
        delivered.written += all - rejected - unmatched;
        delivered.filtered += unmatched;
        for Rejected { row, cause } in written.rejected {
            if !self.tolerant {
                return Err(self.give_back(batch, SinkError::data(Some(row), cause)));
            }
            self.refuse(sink, batch, row, cause, delivered).await?;
        }
        Ok(())
    }

    /// A row that was refused is a failure, unless it stands for several records: then each of
    /// them gets its own chance, in order.
    async fn refuse<S: Sink>(
        &self,
        sink: &mut S,
        batch: &Batch<'_, '_>,
        row: usize,
        cause: Cause,
        delivered: &mut Delivered,
    ) -> Result<(), GivenBack> {
        let row = batch.picked(row);
        let Some(parts) = self.rows.parts(row) else {
            delivered.fail(&self.rows, row, &cause);
            return Ok(());
        };
        for &part in parts {
            let alone = Group::of_row(&self.rows, part, self.key, self.mode);
            match sink.write(&alone.batch(self.table, self.key, &self.rows)).await {
                Ok(mut written) => match written.rejected.pop() {
                    Some(rejected) => delivered.fail(&self.rows, part, &rejected.cause),
                    None => {
                        delivered.filtered += written.unmatched.len();
                        delivered.written += 1 - written.unmatched.len();
                    }
                },
                Err(SinkError { fault: Fault::Data(_), cause }) => {
                    delivered.fail(&self.rows, part, &cause);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl Delivery<'_, '_> {
    /// Names the record at fault where the error points at a row or can mean but one.
    fn give_back(&self, batch: &Batch<'_, '_>, error: SinkError) -> GivenBack {
        let row = match error.fault {
            Fault::Data(Some(row)) if row < batch.len() => Some(row),
            Fault::Data(_) if batch.len() == 1 => Some(0),
            _ => None,
        };
        // Of several records that became one row nobody knows which is to blame.
        let culprit = row.and_then(|row| match self.rows.records(batch.picked(row)).as_slice() {
            [record] => Some((*record, Stage::Write)),
            _ => None,
        });
        GivenBack { error, culprit }
    }
}

impl Delivered {
    fn fail(&mut self, rows: &Rows<'_>, row: usize, cause: &Cause) {
        let records = rows.records(row).into_iter();
        let failure = |record| Failure { record, stage: Stage::Write, cause: cause.clone() };
        self.failures.extend(records.map(failure));
    }
}

fn push(open: &mut Vec<Range<usize>>, rows: Range<usize>) {
    if !rows.is_empty() {
        open.push(rows);
    }
}

/// Takes at most `limit` rows and leaves the others for later.
fn cap(rows: Range<usize>, limit: usize, open: &mut Vec<Range<usize>>) -> Range<usize> {
    let end = rows.start.saturating_add(limit).min(rows.end);
    push(open, end..rows.end);
    rows.start..end
}
