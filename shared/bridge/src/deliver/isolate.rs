//! Finds the rows that the target refuses, in a bounded number of calls.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::deliver::bisect::Bisection;
use crate::deliver::delivery::{Delivery, Halt};
use crate::deliver::tally::Tally;
use crate::model::failure::{Cause, Fault, GivenBack, SinkError, Stage};
use crate::sink::batch::{Batch, Group};
use crate::sink::target::Sink;
use crate::sink::written::{Rejected, Written};

/// After this many bad rows the other rows of a batch are suspect. They are suspect at once if the
/// target does not name the bad row, because a search for one row costs as much.
pub(crate) const SUSPICIOUS: usize = 4;

/// Whether the target did not say which row it refused. The row is searched for even with
/// `errors.tolerance=none`, so that the log can name it.
fn is_unknown(culprit: Option<usize>, rows: usize) -> bool {
    rows > 1 && culprit.is_none_or(|row| row >= rows)
}

/// How far the search for refused rows has come.
struct Search {
    /// The parts of the batch that are still to be written.
    parts: Bisection,
    /// How many bad rows were found, or [`SUSPICIOUS`] after a refusal that named no row.
    found: usize,
    /// Whether the sink was asked to name the bad rows and could not.
    cannot_name: bool,
    /// Whether the rows that exist were changed already.
    changed: bool,
    /// Whether the rows are written in the order of their records.
    in_order: bool,
}

impl Search {
    fn is_suspicious(&self) -> bool {
        self.found >= SUSPICIOUS
    }

    /// The rows that are left. They start again as one part.
    fn restart(&mut self, order: &[usize]) -> Vec<usize> {
        let left: Vec<usize> = self.parts.left().map(|row| order[row]).collect();
        self.parts = Bisection::of(left.len());
        left
    }
}

impl Delivery<'_, '_> {
    /// Writes a batch without the rows that the target refuses; `answer` is the result of a first
    /// attempt at the whole batch, if there was one.
    pub(crate) async fn isolate<S: Sink>(
        &self,
        sink: &mut S,
        mut batch: Batch<'_, '_>,
        mut answer: Option<Result<Written, SinkError>>,
        tally: &mut Tally,
    ) -> Result<(), Halt> {
        let parts = Bisection::of(batch.len());
        let mut search =
            Search { parts, found: 0, cannot_name: false, changed: false, in_order: false };
        let mut order = Cow::Borrowed(batch.rows());
        while let Some(rows) = search.parts.take() {
            let part = batch.picking(&order).slice(rows.clone());
            let suspect = search.is_suspicious() && rows.len() > 1 && !search.cannot_name;
            let answer = match answer.take() {
                Some(answer) => answer,
                None => self.write(sink, &part.suspected(suspect), tally).await,
            };
            match answer {
                Ok(written) => {
                    search.parts.passed();
                    self.accept(sink, &part, written, search.changed, tally).await?;
                }
                Err(SinkError { fault: Fault::Data(culprit), cause })
                    if self.may_isolate(culprit, rows.len(), &cause)
                        || !search.changed && self.may_exist(&part, &cause) =>
                {
                    self.check_order(&cause, tally)?;
                    let may_exist =
                        !search.changed && rows.len() > 1 && self.may_exist(&part, &cause);
                    if may_exist && !batch.in_order && cause.conflict.is_none() {
                        search.changed = true;
                        search.parts.push(rows);
                        let left = search.restart(&order);
                        let left = self.update_first(sink, &batch, left, tally).await?;
                        search.parts = Bisection::of(left.len());
                        order = Cow::Owned(left);
                        continue;
                    }
                    // A sink that could not name the bad rows is not asked again.
                    search.cannot_name |= suspect;
                    let lone = (rows.len() == 1).then_some(0);
                    match culprit.filter(|row| *row < rows.len()).or(lone) {
                        Some(row) if may_exist => {
                            search.parts.apart(rows.clone(), rows.start + row);
                        }
                        Some(row) => {
                            let bad = rows.start + row;
                            search.parts.without(rows, bad);
                            search.found += 1;
                            self.refuse(sink, order[bad], cause, search.changed, tally).await?;
                        }
                        None if search.is_suspicious() => search.parts.halves(rows),
                        None => {
                            search.parts.push(rows);
                            search.found = SUSPICIOUS;
                        }
                    }
                    if search.is_suspicious() && !search.in_order {
                        // Rows that refer to earlier ones find them written.
                        search.in_order = true;
                        order = Cow::Owned(self.rows.in_record_order(&search.restart(&order)));
                        batch.sorted = false;
                    }
                }
                Err(error) => return Err(self.give_back(&part, error).into()),
            }
        }
        Ok(())
    }

    /// Whether to search for a refused row. A later row of the event may resolve a conflict, so its
    /// row is searched for without tolerance too.
    fn may_isolate(&self, culprit: Option<usize>, rows: usize, cause: &Cause) -> bool {
        self.tolerant || cause.conflict.is_some() || is_unknown(culprit, rows)
    }

    /// Handles the answer to a batch that the target took in part; `changed` says that the existing
    /// rows of the batch were updated before.
    pub(crate) async fn accept<S: Sink>(
        &self,
        sink: &mut S,
        batch: &Batch<'_, '_>,
        written: Written,
        mut changed: bool,
        tally: &mut Tally,
    ) -> Result<(), Halt> {
        self.count(batch, &written, &[], tally);
        let (conflicts, mut others): (Vec<_>, Vec<_>) =
            written.rejected.into_iter().partition(|it| it.cause.conflict.is_some());
        let may_exist = |it: &Rejected| self.may_exist(batch, &it.cause);
        let mut moved = false;
        if !changed && others.iter().filter(|it| may_exist(it)).count() > 1 {
            let rows: Vec<usize> = others.iter().map(|it| batch.rows()[it.row]).collect();
            let left = self.update_first(sink, batch, rows, tally).await?;
            moved = left.len() < others.len();
            let left: HashSet<usize> = left.into_iter().collect();
            others.retain(|it| left.contains(&batch.rows()[it.row]));
            changed = true;
        }
        for Rejected { row, cause } in others {
            self.refuse(sink, batch.rows()[row], cause, changed, tally).await?;
        }
        for Rejected { row, cause } in conflicts {
            self.check_order(&cause, tally)?;
            let row = batch.rows()[row];
            // A row that was updated just now may have caused the conflict.
            let refused = match moved {
                true => self.alone(sink, row, tally).await?,
                false => Some(cause),
            };
            if let Some(cause) = refused {
                // Other rows of the batch may have changed the table since: this row is tried again
                // at the end.
                let waits = moved || batch.len() > 1;
                self.refuse(sink, row, cause, changed || waits, tally).await?;
            }
        }
        Ok(())
    }

    /// Gives a refused row a second chance. If it stands for several records, each of them is
    /// written at once, in order. If another row may change the answer, the row is written again
    /// later.
    pub(crate) async fn refuse<S: Sink>(
        &self,
        sink: &mut S,
        row: usize,
        cause: Cause,
        changed: bool,
        tally: &mut Tally,
    ) -> Result<(), Halt> {
        let refused = match changed {
            true => Some(cause),
            false => self.change(sink, row, cause, tally).await?,
        };
        let Some(cause) = refused else { return Ok(()) };
        self.check_order(&cause, tally)?;
        if !self.tolerant && cause.conflict.is_none() {
            return Err(self.blame(row, SinkError::data(None, cause)).into());
        }
        if let Some(parts) = self.rows.parts(row) {
            for &part in parts {
                self.write_alone(sink, part, tally).await?;
            }
        } else if cause.code.is_some() {
            // The target refused it, and another row may change that.
            tally.refused.push((row, cause));
        } else {
            tally.fail(&self.rows, row, &cause);
        }
        Ok(())
    }

    /// Writes one record's row alone and counts the result.
    pub(crate) async fn write_alone<S: Sink>(
        &self,
        sink: &mut S,
        row: usize,
        tally: &mut Tally,
    ) -> Result<(), Halt> {
        if let Some(cause) = self.alone(sink, row, tally).await? {
            self.check_order(&cause, tally)?;
            tally.fail(&self.rows, row, &cause);
        }
        Ok(())
    }

    /// Writes one record's row alone. Returns the cause if it is refused.
    pub(crate) async fn alone<S: Sink>(
        &self,
        sink: &mut S,
        row: usize,
        tally: &mut Tally,
    ) -> Result<Option<Cause>, Halt> {
        let alone = Group::of_row(&self.rows, row, self.key, self.mode);
        let batch = alone.batch(self.table, self.key, &self.rows);
        let refused = match self.write(sink, &batch, tally).await {
            Ok(written) => {
                self.count(&batch, &written, &[], tally);
                written.rejected.into_iter().next().map(|rejected| rejected.cause)
            }
            Err(SinkError { fault: Fault::Data(_), cause }) => Some(cause),
            Err(error) => return Err(error.into()),
        };
        match refused {
            Some(cause) => self.change(sink, row, cause, tally).await,
            None => Ok(None),
        }
    }

    /// Names the record at fault if the error names a row or only one row is possible.
    fn give_back(&self, batch: &Batch<'_, '_>, error: SinkError) -> GivenBack {
        let row = match error.fault {
            Fault::Data(Some(row)) if row < batch.len() => Some(row),
            Fault::Data(_) if batch.len() == 1 => Some(0),
            _ => None,
        };
        match row {
            Some(row) => self.blame(batch.rows()[row], error),
            None => error.into(),
        }
    }

    /// Names the record that became a row. If the row stands for several records, none is named,
    /// because it is not known which one is at fault.
    fn blame(&self, row: usize, error: SinkError) -> GivenBack {
        let culprit = match self.rows.records(row).as_slice() {
            [record] => Some((*record, Stage::Write)),
            _ => None,
        };
        GivenBack { error, culprit }
    }
}
