//! The one place where a row's fate is decided: in bulk first, then by isolating whatever the
//! target refuses, so that one bad row costs one row.

use std::cell::OnceCell;

use crate::batch::{Batch, Group, group, one_by_one, uniform};
use crate::failure::{Cause, Failure, Fault, GivenBack, SinkError, Stage};
use crate::portions::Portions;
use crate::row::Rows;
use crate::rules::InsertMode;
use crate::sink::{Rejected, Sink, Written};
use crate::table::Table;

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

/// What is known so far.
#[derive(Default)]
struct Progress {
    delivered: Delivered,
    /// Rows of one record that were refused where others of their event were yet to come.
    refused: Vec<(usize, Cause)>,
}

impl Delivery<'_, '_> {
    /// Writes the rows. Every record of a row not named in the answer is written with the
    /// sink's `commit`.
    ///
    /// The number of calls to the sink is bounded: two for each bad row plus a logarithm where
    /// the target points at it, 2·log₂(rows) for each where it does not; and one more for each
    /// where the rows are of several shapes, since a row may refer to one that came after it.
    ///
    /// # Errors
    /// Transient and unknown faults, and the first bad row unless tolerant: nothing of this
    /// must be committed then.
    pub async fn deliver<S: Sink>(mut self, sink: &mut S) -> Result<Delivered, GivenBack> {
        let opaque = self.has_opaque_keys(sink);
        let (order, refused) = self.order(sink, opaque);
        let mut progress = Progress::default();
        for (row, cause) in refused {
            if !self.tolerant {
                let culprit = self.rows.records(row).pop().map(|record| (record, Stage::Write));
                return Err(GivenBack { error: SinkError::data(None, cause), culprit });
            }
            progress.delivered.fail(&self.rows, row, &cause);
        }
        let groups = if opaque {
            one_by_one(&self.rows, &order, self.key, self.mode)
        } else {
            self.groups(sink, &order)
        };
        for group in &groups {
            let batch = group.batch(self.table, self.key, &self.rows);
            self.isolate(sink, batch, &mut progress).await?;
        }
        let refused = std::mem::take(&mut progress.refused);
        for (row, cause) in refused {
            if groups.len() > 1 && !opaque && self.rows.is_latest(row, &order) {
                self.write_alone(sink, row, &mut progress).await?;
            } else {
                progress.delivered.fail(&self.rows, row, &cause);
            }
        }
        Ok(progress.delivered)
    }

    /// Whether a row is found by a key that only the target can compare.
    fn has_opaque_keys(&self, sink: &impl Sink) -> bool {
        let compares = |row: usize, &column: &usize| {
            sink.compares(self.table, column, self.rows.cells(row)[column])
        };
        !(0..self.rows.len()).all(|row| self.key.iter().all(|column| compares(row, column)))
    }

    /// The rows to write, those of one key reduced where rows are found by key, and the rows
    /// that must not be covered up by others.
    fn order(&mut self, sink: &impl Sink, opaque: bool) -> (Vec<usize>, Vec<(usize, Cause)>) {
        let table = self.table;
        if self.mode == InsertMode::Insert {
            self.rows.fill_nulls(|column| table.columns[column].has_default);
            return (self.rows.in_order(), Vec::new());
        }
        if opaque {
            return (self.rows.in_order(), Vec::new());
        }
        self.find_keys(self.key, sink);
        self.rows.reduced(|cells| sink.check(table, cells))
    }

    fn groups(&mut self, sink: &impl Sink, order: &[usize]) -> Vec<Group> {
        if let Some(group) = uniform(&self.rows, order, self.key, self.mode) {
            return vec![group];
        }
        if self.mode == InsertMode::Insert {
            // Without a key of ours, rows that the table itself tells apart keep their order too.
            let key = if self.key.is_empty() { &self.table.primary_key } else { self.key };
            if !key.is_empty() {
                self.find_keys(key, sink);
            }
        }
        group(&self.rows, order, self.key, self.mode)
    }

    fn find_keys(&mut self, columns: &[usize], sink: &impl Sink) {
        let table = self.table;
        self.rows
            .find_keys(columns, |column, cell, arena| sink.key_text(table, column, cell, arena));
    }

    async fn isolate<S: Sink>(
        &self,
        sink: &mut S,
        mut batch: Batch<'_, '_>,
        progress: &mut Progress,
    ) -> Result<(), GivenBack> {
        let in_order = OnceCell::new();
        let mut portions = Portions::of(batch.len());
        while let Some(rows) = portions.take() {
            match sink.write(&batch.slice(rows.clone())).await {
                Ok(written) => {
                    portions.passed();
                    self.accept(sink, &batch.slice(rows), written, progress).await?;
                }
                Err(SinkError { fault: Fault::Data(culprit), cause }) if self.tolerant => {
                    let lone = (rows.len() == 1).then_some(0);
                    if let Some(row) = culprit.filter(|row| *row < rows.len()).or(lone) {
                        let bad = rows.start + row;
                        portions.without(rows, bad);
                        self.refuse(sink, &batch, bad, cause, progress).await?;
                        continue;
                    }
                    if rows.len() == batch.len() {
                        // Rows that refer to earlier ones find them written.
                        let sorted = || self.rows.in_record_order(batch.rows());
                        batch = batch.reordered(in_order.get_or_init(sorted));
                    }
                    portions.halves(rows);
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
        progress: &mut Progress,
    ) -> Result<(), GivenBack> {
        let records = |row: usize| self.rows.record_count(batch.rows()[row]);
        let all: usize = (0..batch.len()).map(records).sum();
        let rejected: usize = written.rejected.iter().map(|rejected| records(rejected.row)).sum();
        let unmatched: usize = written.unmatched.iter().map(|row| records(*row)).sum();
        progress.delivered.written += all - rejected - unmatched;
        progress.delivered.filtered += unmatched;
        for Rejected { row, cause } in written.rejected {
            if !self.tolerant {
                return Err(self.give_back(batch, SinkError::data(Some(row), cause)));
            }
            let row = batch.rows()[row];
            if !self.take_apart(sink, row, progress).await? {
                progress.delivered.fail(&self.rows, row, &cause);
            }
        }
        Ok(())
    }

    /// A row that the target refused may get a second chance.
    async fn refuse<S: Sink>(
        &self,
        sink: &mut S,
        batch: &Batch<'_, '_>,
        row: usize,
        cause: Cause,
        progress: &mut Progress,
    ) -> Result<(), GivenBack> {
        let row = batch.rows()[row];
        if !self.take_apart(sink, row, progress).await? {
            progress.refused.push((row, cause));
        }
        Ok(())
    }

    /// Of a row that stands for several records each gets its own chance, in order; `false` if
    /// it stands for one.
    async fn take_apart<S: Sink>(
        &self,
        sink: &mut S,
        row: usize,
        progress: &mut Progress,
    ) -> Result<bool, GivenBack> {
        let Some(parts) = self.rows.parts(row) else { return Ok(false) };
        for &part in parts {
            self.write_alone(sink, part, progress).await?;
        }
        Ok(true)
    }

    /// Writes one record's row by itself, for better or worse.
    async fn write_alone<S: Sink>(
        &self,
        sink: &mut S,
        row: usize,
        progress: &mut Progress,
    ) -> Result<(), GivenBack> {
        let delivered = &mut progress.delivered;
        let alone = Group::of_row(&self.rows, row, self.key, self.mode);
        match sink.write(&alone.batch(self.table, self.key, &self.rows)).await {
            Ok(mut written) => match written.rejected.pop() {
                Some(rejected) => delivered.fail(&self.rows, row, &rejected.cause),
                None => {
                    delivered.filtered += written.unmatched.len();
                    delivered.written += 1 - written.unmatched.len();
                }
            },
            Err(SinkError { fault: Fault::Data(_), cause }) => {
                delivered.fail(&self.rows, row, &cause);
            }
            Err(error) => return Err(error.into()),
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
        let culprit = row.and_then(|row| match self.rows.records(batch.rows()[row]).as_slice() {
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
