//! Upserts that leave columns out, for rows that exist. A database checks the row that would be
//! inserted before it looks for the existing one: NOT NULL, a check, or a trigger may refuse the
//! new row, although the existing one could be updated. So refused rows are updated first, and only
//! those that do not exist are inserted.

use std::collections::HashSet;

use crate::deliver::bisect::Bisection;
use crate::deliver::delivery::{Delivery, Halt};
use crate::deliver::tally::Tally;
use crate::model::failure::{Cause, Fault, SinkError};
use crate::sink::batch::{Batch, Group, Operation};
use crate::sink::target::{Rejected, Sink, Written};

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
        let (mut left, mut conflicts) = (HashSet::new(), Vec::new());
        while let Some(part) = portions.take() {
            let batch = update.slice(part.clone());
            match self.write(sink, &batch, tally).await {
                Ok(Written { rejected, unmatched, .. }) => {
                    portions.passed();
                    rejected.iter().try_for_each(|it| self.check_order(&it.cause, tally))?;
                    let refused = rejected.iter().map(|rejected| rejected.row);
                    let open: HashSet<usize> = refused.chain(unmatched.iter().copied()).collect();
                    let updated = (0..batch.len()).filter(|row| !open.contains(row));
                    updated.for_each(|row| tally.wrote(&self.rows, batch.rows()[row]));
                    left.extend(unmatched.into_iter().map(|row| batch.rows()[row]));
                    for Rejected { row, cause } in rejected {
                        match cause.conflict {
                            Some(_) => conflicts.push((batch.rows()[row], cause)),
                            None => _ = left.insert(batch.rows()[row]),
                        }
                    }
                }
                Err(SinkError { fault: Fault::Data(culprit), cause }) => {
                    self.check_order(&cause, tally)?;
                    let lone = (part.len() == 1).then_some(0);
                    match culprit.filter(|row| *row < part.len()).or(lone) {
                        Some(row) => {
                            match cause.conflict {
                                Some(_) => conflicts.push((batch.rows()[row], cause)),
                                None => _ = left.insert(batch.rows()[row]),
                            }
                            portions.without(part.clone(), part.start + row);
                        }
                        None => portions.halves(part),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        for (row, cause) in conflicts {
            self.refuse(sink, row, cause, true, tally).await?;
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
            Ok(Written { mut rejected, unmatched, .. }) => {
                match (rejected.pop(), unmatched.is_empty()) {
                    (Some(rejected), _) => Ok(Some(rejected.cause)),
                    (None, false) => Ok(Some(cause)),
                    (None, true) => {
                        tally.wrote(&self.rows, row);
                        Ok(None)
                    }
                }
            }
            Err(SinkError { fault: Fault::Data(_), cause }) => Ok(Some(cause)),
            Err(error) => Err(error.into()),
        }
    }
}
