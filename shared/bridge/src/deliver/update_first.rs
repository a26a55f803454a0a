//! Upserts that leave columns out, for rows that exist. A database checks the row that would be
//! inserted before it looks for the existing one: NOT NULL, a check, or a trigger may refuse the
//! new row, although the existing one could be updated. So refused rows are updated first, and only
//! those that do not exist are inserted.

use std::collections::HashSet;

use crate::deliver::bisect::Bisection;
use crate::deliver::delivery::{Delivery, Halt};
use crate::deliver::tally::Tally;
use crate::model::failure::{Cause, Fault, SinkError};
use crate::model::operation::Operation;
use crate::sink::batch::{Batch, Group};
use crate::sink::target::Sink;
use crate::sink::written::Rejected;

impl Delivery<'_, '_> {
    /// Whether a refusal may concern the row that would be inserted, and not the update of an
    /// existing row.
    pub(crate) fn may_exist(&self, batch: &Batch<'_, '_>, cause: &Cause) -> bool {
        let is_left_out = |column: usize| {
            !self.table.columns[column].generated && !batch.columns.contains(&column)
        };
        let partial = (0..self.table.columns.len()).any(is_left_out);
        batch.operation == Operation::Upsert
            && cause.code.is_some()
            && (partial || self.table.has_side_effects)
    }

    /// Updates the rows that exist. Returns the others, and those that the target still refuses. A row
    /// whose update conflicts with another row exists: it gets its second chance when that one may
    /// have changed. Rows of different keys change their order.
    pub(crate) async fn update_first<S: Sink>(
        &self,
        sink: &mut S,
        batch: &Batch<'_, '_>,
        rows: Vec<usize>,
        tally: &mut Tally,
    ) -> Result<Vec<usize>, Halt> {
        tally.rearranged = true;
        let update = batch.picking(&rows).as_update();
        let mut portions = Bisection::of(rows.len());
        let (mut left, mut refused) = (HashSet::new(), Vec::new());
        while let Some(part) = portions.take() {
            let batch = update.slice(part.clone());
            match self.write(sink, &batch, tally).await {
                Ok(written) => {
                    portions.passed();
                    self.count(&batch, &written, &[], tally);
                    left.extend(written.unmatched.into_iter().map(|row| batch.rows()[row]));
                    for Rejected { row, cause } in written.rejected {
                        self.check_order(&cause, tally)?;
                        refused.push((batch.rows()[row], cause));
                    }
                }
                Err(SinkError { fault: Fault::Data(culprit), cause }) => {
                    self.check_order(&cause, tally)?;
                    let lone = (part.len() == 1).then_some(0);
                    match culprit.filter(|row| *row < part.len()).or(lone) {
                        Some(row) => {
                            refused.push((batch.rows()[row], cause));
                            portions.without(part.clone(), part.start + row);
                        }
                        None => portions.halves(part),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        for (row, cause) in refused {
            match cause.conflict {
                Some(_) => self.refuse(sink, row, cause, true, tally).await?,
                None => _ = left.insert(row),
            }
        }
        Ok(rows.into_iter().filter(|row| left.contains(row)).collect())
    }

    /// Updates a row that was refused alone, if it exists. Returns the cause if it is refused.
    pub(crate) async fn change<S: Sink>(
        &self,
        sink: &mut S,
        row: usize,
        cause: Cause,
        tally: &mut Tally,
    ) -> Result<Option<Cause>, Halt> {
        let alone = Group::of_row(&self.rows, row, self.key, self.mode);
        let batch = alone.batch(self.table, self.key, &self.rows);
        if !self.may_exist(&batch, &cause) {
            return Ok(Some(cause));
        }
        match self.write(sink, &batch.as_update(), tally).await {
            Ok(mut written) => {
                self.count(&batch, &written, &[], tally);
                let refused = written.rejected.pop().map(|rejected| rejected.cause);
                Ok(refused.or((!written.unmatched.is_empty()).then_some(cause)))
            }
            Err(SinkError { fault: Fault::Data(_), cause }) => Ok(Some(cause)),
            Err(error) => Err(error.into()),
        }
    }
}
