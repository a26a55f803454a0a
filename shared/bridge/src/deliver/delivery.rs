//! The one place that decides what becomes of a row. Rows are written in bulk first; then the rows
//! that the target refuses are isolated, so that one bad row costs one row.

use crate::deliver::deferred::Deferred;
use crate::deliver::durable::Durable;
use crate::deliver::latest::Latest;
use crate::deliver::lead::Streaming;
use crate::deliver::outcome::Outcome;
use crate::deliver::tally::Tally;
use crate::map::row::{Op, Rows};
use crate::model::failure::{Cause, GivenBack, SinkError, Stage};
use crate::model::table::Table;
use crate::options::rules::InsertMode;
use crate::sink::batch::{Group, group, operation, runs, uniform};
use crate::sink::target::Sink;

/// The rows of one table, and how to write them.
#[derive(Debug)]
pub struct Delivery<'a, 'e> {
    /// The table they go to.
    pub table: &'a Table,
    /// The columns rows are found by; empty with `pk.mode=none`.
    pub key: &'a [usize],
    /// How a put is written.
    pub mode: InsertMode,
    /// Whether a bad row becomes a failure of its own. If not, it gives everything back.
    pub tolerant: bool,
    /// The rows.
    pub rows: Rows<'e>,
    /// Whether each record's row is written by itself and in record order, not reduced to the last
    /// of its key and not sorted.
    pub in_order: bool,
    /// Whether the table has more rows, which are delivered before or after these.
    is_part: bool,
    /// The rows that were sent already.
    pub(crate) streaming: Streaming<'e>,
}

/// Why the rows are not delivered.
#[derive(Debug)]
pub enum Halt {
    /// The attempt failed.
    GivenBack(Box<GivenBack>),
    /// A row was refused because of another row. Rows of one key were reduced to the last, or rows
    /// changed their order, so the refusal may not be the records' fault: the same rows are to be
    /// delivered with [`Delivery::in_order`], after the sink has undone what was written.
    OutOfOrder,
}

impl From<GivenBack> for Halt {
    fn from(given_back: GivenBack) -> Self {
        Self::GivenBack(Box::new(given_back))
    }
}

impl From<SinkError> for Halt {
    fn from(error: SinkError) -> Self {
        Self::GivenBack(Box::new(error.into()))
    }
}

impl<'a, 'e> Delivery<'a, 'e> {
    /// A delivery that has sent no row yet.
    #[must_use]
    pub fn new(
        table: &'a Table,
        key: &'a [usize],
        mode: InsertMode,
        tolerant: bool,
        rows: Rows<'e>,
    ) -> Self {
        let (in_order, is_part, streaming) = (false, false, Streaming::default());
        Self { table, key, mode, tolerant, rows, in_order, is_part, streaming }
    }

    /// Writes the rows. Every record of a row not named in the answer is written with the sink's
    /// `commit`. Without tolerance the answer still names rows that are refused because of other
    /// rows, because those other rows may still be written to other tables. If a sink is durable at
    /// once, settled records go to `durable` instead, whether the delivery succeeds or fails.
    ///
    /// The number of calls to the sink is bounded. A bad row costs two calls plus a logarithm if
    /// the target names it, and 2·log₂(rows) calls if it does not. It costs one call more if the
    /// rows have several shapes, because a row may refer to a later one.
    ///
    /// # Errors
    /// Transient and unknown faults, and the first bad row unless tolerant: then nothing of the
    /// delivery may be committed. [`Halt::OutOfOrder`] unless the rows are delivered in order.
    pub async fn deliver<S: Sink>(
        self,
        sink: &mut S,
        durable: Option<&mut Durable>,
    ) -> Result<Outcome, Halt> {
        self.tally(sink, durable, None).await
    }

    /// Writes the rows of one of several portions of a table. A row that another one may make valid is
    /// added to `deferred`, and counted nowhere: it is to be written again when all portions are.
    ///
    /// # Errors
    /// As [`Delivery::deliver`]. [`Halt::OutOfOrder`] for every conflict, because a row of another
    /// portion may have the same key.
    pub(crate) async fn deliver_part<S: Sink>(
        mut self,
        sink: &mut S,
        durable: Option<&mut Durable>,
        deferred: &mut Deferred,
    ) -> Result<Outcome, Halt> {
        self.is_part = true;
        self.tally(sink, durable, Some(deferred)).await
    }

    async fn tally<S: Sink>(
        mut self,
        sink: &mut S,
        durable: Option<&mut Durable>,
        deferred: Option<&mut Deferred>,
    ) -> Result<Outcome, Halt> {
        let settled = durable.is_some().then(Vec::new);
        // A row that is not valid in its turn may have been written with a portion before.
        let rearranged = deferred.as_ref().is_some_and(|deferred| deferred.rearranged);
        let mut tally = Tally { durable: settled, rearranged, ..Tally::default() };
        let done = self.write_all(sink, &mut tally).await;
        if let Some(deferred) = deferred {
            if self.mode == InsertMode::Insert {
                self.find_row_keys();
            }
            // If the attempt failed, the next one sends again what was refused of this portion.
            let refused =
                if done.is_ok() { std::mem::take(&mut tally.refused) } else { Vec::new() };
            let overtaken = deferred.follow(&self.rows, |row| self.is_opaque(row), refused);
            tally.outcome.failures.extend(overtaken);
            deferred.rearranged = tally.rearranged;
        }
        if let Some(durable) = durable {
            self.fail_overtaken(&mut tally);
            tally.keep(durable);
        }
        done.map(|()| tally.outcome)
    }

    async fn write_all<S: Sink>(&mut self, sink: &mut S, tally: &mut Tally) -> Result<(), Halt> {
        let lead = std::mem::take(&mut self.streaming).into_group();
        let first = lead.as_ref().map_or(0, |group| group.picked.len());
        let opaque = (first..self.rows.len()).any(|row| self.is_opaque(row));
        let in_order = self.in_order || opaque || self.is_order_seen(first) || self.has_versions();
        let (order, covered) = self.order(first, in_order);
        for (row, cause) in covered {
            if !self.tolerant {
                let culprit = self.rows.records(row).pop().map(|record| (record, Stage::Write));
                return Err(GivenBack { error: SinkError::data(None, cause), culprit }.into());
            }
            tally.fail(&self.rows, row, &cause);
        }
        let groups = match in_order {
            true => self.runs(&order),
            false => self.groups(sink, &order, lead.is_none()),
        };
        let parts = groups.len() + usize::from(lead.is_some());
        tally.rearranged |= !in_order && (parts > 1 || self.mode != InsertMode::Insert);
        if let Some(group) = &lead {
            let batch = group.batch(self.table, self.key, &self.rows);
            let answer = sink.end_stream(&batch).await;
            let answer = self.without_postponed(&batch, answer, tally);
            self.isolate(sink, batch, Some(answer), tally).await?;
        }
        for group in &groups {
            let batch = group.batch(self.table, self.key, &self.rows);
            self.isolate(sink, batch, None, tally).await?;
        }
        if tally.refused.is_empty() || self.is_part {
            return Ok(());
        }
        let order = [lead.map_or(Vec::new(), |group| group.picked), order].concat();
        let latest = if opaque { Latest::unknown(&order) } else { Latest::of(&self.rows, &order) };
        self.settle_refused(sink, parts, &latest, tally).await
    }

    /// Checks that a refusal does not depend on the order of the rows.
    ///
    /// # Errors
    /// [`Halt::OutOfOrder`] if the row was refused because of another row and the order of the rows
    /// may be the reason. Puts of different keys can be written in any order: a row that is refused
    /// too early passes once the others are written.
    pub(crate) fn check_order(&self, cause: &Cause, tally: &mut Tally) -> Result<(), Halt> {
        if cause.conflict.is_none() || !self.may_reorder(tally) {
            return Ok(());
        }
        let matters = || self.is_part || self.rows.depend_on_order();
        if *tally.order_matters.get_or_insert_with(matters) {
            Err(Halt::OutOfOrder)
        } else {
            Ok(())
        }
    }

    /// Whether the rows can be undone and written in another order.
    pub(crate) fn may_reorder(&self, tally: &Tally) -> bool {
        tally.rearranged && !self.in_order && tally.durable.is_none()
    }

    /// Groups the rows without changing their order.
    fn runs(&self, order: &[usize]) -> Vec<Group> {
        let is_alone = |row: usize| {
            self.is_opaque(row)
                && !self.table.shape.can_compare_in_batch(operation(self.rows.op(row), self.mode))
        };
        runs(&self.rows, order, self.key, self.mode, is_alone)
    }

    /// Whether the order of rows of different keys can change the result: a delete that is written
    /// before an earlier put may also delete the row to which the put refers.
    fn is_order_seen(&self, first: usize) -> bool {
        let deletes = (first..self.rows.len()).filter(|&row| self.rows.op(row) == Op::Delete);
        self.table.has_side_effects && (1..self.rows.len()).contains(&deletes.count())
    }

    /// Whether a key has several rows, and the target chooses between them by their versions.
    fn has_versions(&mut self) -> bool {
        if self.mode == InsertMode::Insert || !self.table.shape.keeps_versions() {
            return false;
        }
        self.find_keys(self.key);
        self.rows.depend_on_order()
    }

    /// Whether a row is found by a key that only the target can compare.
    pub(crate) fn is_opaque(&self, row: usize) -> bool {
        let (shape, cells) = (&self.table.shape, self.rows.cells(row));
        !self.key.iter().all(|&column| shape.can_compare_key(column, cells[column]))
    }

    /// The rows to write from `first` on, and the rows that no other row may replace. Rows of one
    /// key are reduced if rows are found by key and may change their order.
    fn order(&mut self, first: usize, in_order: bool) -> (Vec<usize>, Vec<(usize, Cause)>) {
        self.prepare(first, &self.rows.mentioned(first));
        if self.mode == InsertMode::Insert && in_order {
            self.find_row_keys();
        }
        if self.mode == InsertMode::Insert || in_order {
            return (self.rows.from(first), Vec::new());
        }
        self.rows.reduced(first, |cells| self.table.shape.check_row(cells))
    }

    /// Prepares the rows from `first` on for grouping. If rows are only added, absent columns that
    /// are optional become null, as an insert would store them, so that records with different
    /// columns share a statement. Otherwise each row gets its key.
    pub(crate) fn prepare(&mut self, first: usize, columns: &[usize]) {
        if self.mode == InsertMode::Insert {
            let has_default = |column: &usize| self.table.columns[*column].has_default;
            let columns: Vec<_> = columns.iter().copied().filter(|c| !has_default(c)).collect();
            self.rows.fill_nulls(first, &columns);
        } else {
            self.find_keys(self.key);
        }
    }

    /// Groups the rows; one group is enough if they are uniform and all rows are there.
    fn groups(&mut self, sink: &impl Sink, order: &[usize], all: bool) -> Vec<Group> {
        let may_repeat = sink.repeats_keys() || self.mode != InsertMode::Insert;
        if all
            && may_repeat
            && let Some(group) = uniform(&self.rows, order, self.key, self.mode)
        {
            return vec![group];
        }
        if self.mode == InsertMode::Insert {
            self.find_row_keys();
        }
        group(&self.rows, order, self.key, self.mode, sink.repeats_keys())
    }

    /// Finds keys if rows are only added. If no key is configured, rows with the same primary key
    /// keep their order too.
    fn find_row_keys(&mut self) {
        let key = if self.key.is_empty() { &self.table.primary_key } else { self.key };
        if !key.is_empty() {
            self.find_keys(key);
        }
    }

    fn find_keys(&mut self, columns: &[usize]) {
        let shape = &self.table.shape;
        self.rows.find_keys(columns, |column, cell, arena| shape.key_text(column, cell, arena));
    }
}
