//! Rows that the target refused, written once more at the end of their delivery: a row that came
//! after them may be what they were missing.

use crate::deliver::delivery::{Delivery, Halt};
use crate::deliver::isolate::SUSPICIOUS;
use crate::deliver::latest::Latest;
use crate::deliver::tally::Tally;
use crate::model::failure::{Cause, Conflict, Failure, Fault, GivenBack, SinkError, Stage};
use crate::sink::batch::{group, runs};
use crate::sink::target::Sink;
use crate::sink::written::Rejected;

/// If at most this many rows refer to each other, the bad one is found by leaving out each in turn.
const FAMILY: usize = 16;

impl Delivery<'_, '_> {
    /// Gives refused rows their second chance; those that are refused again are failures.
    pub(crate) async fn settle_refused<S: Sink>(
        &self,
        sink: &mut S,
        parts: usize,
        latest: &Latest<'_, '_>,
        tally: &mut Tally,
    ) -> Result<(), Halt> {
        let refused = std::mem::take(&mut tally.refused);
        let (conflicts, others): (Vec<_>, Vec<_>) =
            refused.into_iter().partition(|(_, cause)| cause.conflict.is_some());
        let may_follow =
            |row: usize| parts > 1 && matches!(latest, Latest::Known(..)) && latest.is(row);
        let (again, lost): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|(row, _)| may_follow(*row));
        for (row, cause) in lost {
            tally.fail(&self.rows, row, &cause);
        }
        let again: Vec<usize> = again.into_iter().map(|(row, _)| row).collect();
        self.write_again(sink, &again, tally).await?;
        let (last_of_key, late): (Vec<_>, Vec<_>) =
            conflicts.into_iter().partition(|(row, _)| latest.is(*row));
        for (row, cause) in late {
            self.fail_or_give_back(row, cause, tally)?;
        }
        let left = self.write_conflicts(sink, last_of_key, tally).await?;
        let is_taken = |(_, cause): &(usize, Cause)| cause.conflict == Some(Conflict::Duplicate);
        if self.may_reorder(tally) && left.iter().any(is_taken) {
            // If two rows exclude each other, the row of the first record stays.
            return Err(Halt::OutOfOrder);
        }
        for (row, cause) in left {
            let failure = |record| Failure {
                record,
                stage: Stage::Write,
                cause: cause.clone(),
                may_pass: true,
            };
            tally.outcome.failures.extend(self.rows.records(row).into_iter().map(failure));
        }
        Ok(())
    }

    fn fail_or_give_back(&self, row: usize, cause: Cause, tally: &mut Tally) -> Result<(), Halt> {
        if self.tolerant {
            tally.fail(&self.rows, row, &cause);
            return Ok(());
        }
        let culprit = self.rows.records(row).pop().map(|record| (record, Stage::Write));
        Err(GivenBack { error: SinkError::data(None, cause), culprit }.into())
    }

    /// Writes rows again that were refused before later rows of their event were written.
    async fn write_again<S: Sink>(
        &self,
        sink: &mut S,
        rows: &[usize],
        tally: &mut Tally,
    ) -> Result<(), Halt> {
        let many = rows.len() >= SUSPICIOUS;
        let groups = if many {
            group(&self.rows, rows, self.key, self.mode, sink.repeats_keys())
        } else {
            Vec::new()
        };
        let mut rest = if many { Vec::new() } else { rows.to_vec() };
        for group in &groups {
            let batch = group.batch(self.table, self.key, &self.rows).suspected(true);
            match self.write(sink, &batch, tally).await {
                Ok(written) => {
                    self.accept(sink, &batch, written, false, tally).await?;
                    for (row, cause) in std::mem::take(&mut tally.refused) {
                        tally.fail(&self.rows, row, &cause);
                    }
                }
                Err(SinkError { fault: Fault::Data(_), .. }) => rest.extend(batch.rows()),
                Err(error) => return Err(error.into()),
            }
        }
        for row in rest {
            self.write_alone(sink, row, tally).await?;
        }
        Ok(())
    }

    /// Writes rows that conflicted with others again, in record order, as long as some of them
    /// pass. Returns the rows that are still refused.
    async fn write_conflicts<S: Sink>(
        &self,
        sink: &mut S,
        mut left: Vec<(usize, Cause)>,
        tally: &mut Tally,
    ) -> Result<Vec<(usize, Cause)>, Halt> {
        let mut some_passed = tally.outcome.written > 0;
        while some_passed && !left.is_empty() {
            let before = left.len();
            left = self.write_each(sink, left, tally).await?;
            some_passed = left.len() < before;
        }
        self.write_family(sink, left, tally).await
    }

    /// Writes rows in record order: each alone, or many at once if the sink answers for each of
    /// them.
    async fn write_each<S: Sink>(
        &self,
        sink: &mut S,
        rows: Vec<(usize, Cause)>,
        tally: &mut Tally,
    ) -> Result<Vec<(usize, Cause)>, Halt> {
        let rows: Vec<usize> = rows.into_iter().map(|(row, _)| row).collect();
        let order = self.rows.in_record_order(&rows);
        let mut left = Vec::new();
        for run in runs(&self.rows, &order, self.key, self.mode, |_| false) {
            let batch = run.batch(self.table, self.key, &self.rows).suspected(true);
            let answer = match batch.len() >= SUSPICIOUS {
                true => self.write(sink, &batch, tally).await,
                false => Err(SinkError::data(None, Cause::default())),
            };
            match answer {
                Ok(written) => {
                    self.count(&batch, &written, &[], tally);
                    let row = |Rejected { row, cause }| (batch.rows()[row], cause);
                    left.extend(written.rejected.into_iter().map(row));
                }
                Err(SinkError { fault: Fault::Data(_), .. }) => {
                    for &row in batch.rows() {
                        let refused = self.alone(sink, row, tally).await?;
                        left.extend(refused.map(|cause| (row, cause)));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(left)
    }

    /// Writes rows that may refer to each other, so that none can be written first: all together,
    /// or all except one that is at fault.
    async fn write_family<S: Sink>(
        &self,
        sink: &mut S,
        mut left: Vec<(usize, Cause)>,
        tally: &mut Tally,
    ) -> Result<Vec<(usize, Cause)>, Halt> {
        let refers = |(_, cause): &(usize, Cause)| cause.conflict == Some(Conflict::Reference);
        let rows: Vec<usize> =
            left.iter().filter(|refused| refers(refused)).map(|(row, _)| *row).collect();
        if !(2..=FAMILY).contains(&rows.len()) {
            return Ok(left);
        }
        let one_less = (0..rows.len()).map(|out| [&rows[..out], &rows[out + 1..]].concat());
        let all_but_one: Vec<Vec<usize>> = one_less.filter(|rows| rows.len() > 1).collect();
        for some in std::iter::once(rows).chain(all_but_one) {
            let groups = runs(&self.rows, &some, self.key, self.mode, |_| false);
            let [group] = groups.as_slice() else { continue };
            let batch = group.batch(self.table, self.key, &self.rows);
            match self.write(sink, &batch, tally).await {
                Ok(written) => {
                    self.count(&batch, &written, &[], tally);
                    let is_rejected = |row| written.rejected.iter().any(|it| some[it.row] == row);
                    left.retain(|(row, _)| !some.contains(row) || is_rejected(*row));
                    return Ok(left);
                }
                Err(SinkError { fault: Fault::Data(_), .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(left)
    }
}
