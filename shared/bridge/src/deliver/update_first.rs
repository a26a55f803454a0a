//! A record of an upsert that leaves columns out, for a row that exists. A database judges the row that
//! would be inserted before it looks for the one that exists: NOT NULL, a check, or a trigger may
//! refuse the former, although the latter could be changed. So refused rows are changed first, and only
//! those that do not exist are inserted.

use std::collections::HashSet;

use crate::deliver::bisect::Portions;
use crate::deliver::delivery::{Delivery, Halt, Tally};
use crate::model::failure::{Cause, Fault, SinkError};
use crate::sink::batch::{Batch, Group, Operation};
use crate::sink::target::{Sink, Written};

impl Delivery<'_, '_> {
    /// Whether a refusal may be about the row that would be inserted, and not about the change of a
    /// row that exists.
    pub(crate) fn may_exist(&self, batch: &Batch<'_, '_>, cause: &Cause) -> bool {
        let is_left_out = |column: usize| {
            !self.table.columns[column].generated && !batch.columns.contains(&column)
        };
        let partial = (0..self.table.columns.len()).any(is_left_out);
        batch.operation == Operation::Upsert
            && cause.code.is_some()
            && (partial || self.table.has_side_effects)
    }

    /// Changes those rows that exist; the others, and those that the target refuses even so, are left.
    /// Rows of different keys change their order.
    pub(crate) async fn update_first<S: Sink>(
        &self,
        sink: &mut S,
        batch: &Batch<'_, '_>,
        rows: Vec<usize>,
        progress: &mut Tally,
    ) -> Result<Vec<usize>, Halt> {
        progress.rearranged = true;
        let update = batch.picking(&rows).as_update();
        let mut portions = Portions::of(rows.len());
        let mut left = HashSet::new();
        while let Some(part) = portions.take() {
            let batch = update.slice(part.clone());
            match sink.write(&batch).await {
                Ok(Written { rejected, unmatched }) => {
                    portions.passed();
                    rejected.iter().try_for_each(|it| self.check_order(&it.cause, progress))?;
                    let refused = rejected.iter().map(|rejected| rejected.row);
                    left.extend(refused.chain(unmatched).map(|row| batch.rows()[row]));
                }
                Err(SinkError { fault: Fault::Data(culprit), cause }) => {
                    self.check_order(&cause, progress)?;
                    let lone = (part.len() == 1).then_some(0);
                    match culprit.filter(|row| *row < part.len()).or(lone) {
                        Some(row) => {
                            left.insert(batch.rows()[row]);
                            portions.without(part.clone(), part.start + row);
                        }
                        None => portions.halves(part),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        let (left, changed): (Vec<_>, Vec<_>) =
            rows.into_iter().partition(|row| left.contains(row));
        let records = |row: usize| self.rows.record_count(row);
        progress.delivered.written += changed.into_iter().map(records).sum::<usize>();
        Ok(left)
    }

    /// Changes a row that was refused by itself, if it exists; why not, if it is refused.
    pub(crate) async fn change<S: Sink>(
        &self,
        sink: &mut S,
        row: usize,
        cause: Cause,
        progress: &mut Tally,
    ) -> Result<Option<Cause>, Halt> {
        let alone = Group::of_row(&self.rows, row, self.key, self.mode);
        let batch = alone.batch(self.table, self.key, &self.rows);
        if !self.may_exist(&batch, &cause) {
            return Ok(Some(cause));
        }
        match sink.write(&batch.as_update()).await {
            Ok(Written { mut rejected, unmatched }) => match (rejected.pop(), unmatched.is_empty())
            {
                (Some(rejected), _) => Ok(Some(rejected.cause)),
                (None, false) => Ok(Some(cause)),
                (None, true) => {
                    progress.delivered.written += self.rows.record_count(row);
                    Ok(None)
                }
            },
            Err(SinkError { fault: Fault::Data(_), cause }) => Ok(Some(cause)),
            Err(error) => Err(error.into()),
        }
    }
}
