//! The one place where a row's fate is decided: in bulk first, then by isolating whatever the
//! target refuses, so that one bad row costs one row.

use crate::ahead::Ahead;
use crate::batch::{Group, group, one_by_one, uniform};
use crate::failure::{Cause, Failure, GivenBack, SinkError, Stage};
use crate::row::Rows;
use crate::rules::InsertMode;
use crate::sink::Sink;
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
    /// Those that are on their way already.
    pub(crate) ahead: Ahead<'e>,
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
pub(crate) struct Progress {
    pub(crate) delivered: Delivered,
    /// Rows of one record that were refused where others of their event were yet to come.
    pub(crate) refused: Vec<(usize, Cause)>,
}

impl<'a, 'e> Delivery<'a, 'e> {
    /// A delivery of which nothing is on its way yet.
    #[must_use]
    pub fn new(
        table: &'a Table,
        key: &'a [usize],
        mode: InsertMode,
        tolerant: bool,
        rows: Rows<'e>,
    ) -> Self {
        Self { table, key, mode, tolerant, rows, ahead: Ahead::default() }
    }

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
        let ahead = std::mem::take(&mut self.ahead).into_group();
        let first = ahead.as_ref().map_or(0, |group| group.picked.len());
        let opaque = (first..self.rows.len()).any(|row| self.is_opaque(sink, row));
        let (order, refused) = self.order(sink, first, opaque);
        let mut progress = Progress::default();
        for (row, cause) in refused {
            if !self.tolerant {
                let culprit = self.rows.records(row).pop().map(|record| (record, Stage::Write));
                return Err(GivenBack { error: SinkError::data(None, cause), culprit });
            }
            progress.delivered.fail(&self.rows, row, &cause);
        }
        let groups = match opaque {
            true => one_by_one(&self.rows, &order, self.key, self.mode),
            false => self.groups(sink, &order, ahead.is_none()),
        };
        if let Some(group) = &ahead {
            let batch = group.batch(self.table, self.key, &self.rows);
            let answer = sink.finish(&batch).await;
            self.isolate(sink, batch, Some(answer), &mut progress).await?;
        }
        for group in &groups {
            let batch = group.batch(self.table, self.key, &self.rows);
            self.isolate(sink, batch, None, &mut progress).await?;
        }
        let parts = groups.len() + usize::from(ahead.is_some());
        let order = [ahead.map_or(Vec::new(), |group| group.picked), order].concat();
        let refused = std::mem::take(&mut progress.refused);
        let may_follow = |row: usize| parts > 1 && !opaque && self.rows.is_latest(row, &order);
        let (again, lost): (Vec<_>, Vec<_>) =
            refused.into_iter().partition(|(row, _)| may_follow(*row));
        for (row, cause) in lost {
            progress.delivered.fail(&self.rows, row, &cause);
        }
        let again: Vec<usize> = again.into_iter().map(|(row, _)| row).collect();
        self.write_again(sink, &again, &mut progress).await?;
        Ok(progress.delivered)
    }

    /// Whether a row is found by a key that only the target can compare.
    pub(crate) fn is_opaque(&self, sink: &impl Sink, row: usize) -> bool {
        let cells = self.rows.cells(row);
        !self.key.iter().all(|&column| sink.compares(self.table, column, cells[column]))
    }

    /// The rows from one on to write, those of one key reduced where rows are found by key, and
    /// the rows that must not be covered up by others.
    fn order(
        &mut self,
        sink: &impl Sink,
        first: usize,
        opaque: bool,
    ) -> (Vec<usize>, Vec<(usize, Cause)>) {
        self.prepare(sink, first, &self.rows.mentioned(first));
        if self.mode == InsertMode::Insert || opaque {
            return (self.rows.from(first), Vec::new());
        }
        let table = self.table;
        self.rows.reduced(first, |cells| sink.check(table, cells))
    }

    /// Readies the rows from one on for what tells them apart: where rows are only added, records
    /// that leave out different optional columns still share a statement, for an insert would store
    /// null in them anyway; elsewhere each has its key.
    pub(crate) fn prepare(&mut self, sink: &impl Sink, first: usize, columns: &[usize]) {
        if self.mode == InsertMode::Insert {
            let has_default = |column: &usize| self.table.columns[*column].has_default;
            let columns: Vec<_> = columns.iter().copied().filter(|c| !has_default(c)).collect();
            self.rows.fill_nulls(first, &columns);
        } else {
            self.find_keys(self.key, sink);
        }
    }

    /// The rows in groups, of which there is but one where they are uniform and all there are.
    fn groups(&mut self, sink: &impl Sink, order: &[usize], all: bool) -> Vec<Group> {
        if all && let Some(group) = uniform(&self.rows, order, self.key, self.mode) {
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
}

impl Delivered {
    pub(crate) fn fail(&mut self, rows: &Rows<'_>, row: usize, cause: &Cause) {
        let records = rows.records(row).into_iter();
        let failure = |record| Failure { record, stage: Stage::Write, cause: cause.clone() };
        self.failures.extend(records.map(failure));
    }
}
