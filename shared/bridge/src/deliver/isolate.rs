//! How the rows that the target refuses are found among those it takes, in a bounded number of
//! calls.

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::deliver::bisect::Portions;
use crate::deliver::delivery::{Delivery, Halt};
use crate::deliver::tally::Tally;
use crate::model::failure::{Cause, Fault, GivenBack, SinkError, Stage};
use crate::sink::batch::{Batch, Group};
use crate::sink::target::{Rejected, Sink, Written};

/// After so many culprits of one batch its other rows are under suspicion: at once where the
/// target does not point at them, for it costs no less to search for one.
pub(crate) const SUSPICIOUS: usize = 4;

/// Whether a refusal points at none of so many rows. It is looked for then even where one is one too
/// many: whoever has to mend it wants to know which.
fn is_unknown(culprit: Option<usize>, rows: usize) -> bool {
    rows > 1 && culprit.is_none_or(|row| row >= rows)
}

impl Delivery<'_, '_> {
    /// Writes a batch, without the rows that the target refuses; `answer` is what a first attempt
    /// at all of it came to, if there was one.
    pub(crate) async fn isolate<S: Sink>(
        &self,
        sink: &mut S,
        mut batch: Batch<'_, '_>,
        mut answer: Option<Result<Written, SinkError>>,
        tally: &mut Tally,
    ) -> Result<(), Halt> {
        // The rows that are left once a batch is under suspicion, and once those that exist are changed.
        let (in_order, absent) = (OnceCell::new(), OnceCell::new());
        let mut portions = Portions::of(batch.len());
        let (mut suspicion, mut in_vain, mut changed) = (0, false, false);
        while let Some(rows) = portions.take() {
            let suspect = suspicion >= SUSPICIOUS && rows.len() > 1 && !in_vain;
            let answer = match answer.take() {
                Some(answer) => answer,
                None => {
                    let batch = batch.slice(rows.clone()).suspected(suspect);
                    self.write(sink, &batch, tally).await
                }
            };
            match answer {
                Ok(written) => {
                    portions.passed();
                    self.accept(sink, &batch.slice(rows), written, changed, tally).await?;
                }
                Err(SinkError { fault: Fault::Data(culprit), cause })
                    if self.may_isolate(culprit, rows.len(), &cause)
                        || !changed && self.may_exist(&batch, &cause) =>
                {
                    self.check_order(&cause, tally)?;
                    let may_exist = !changed && rows.len() > 1 && self.may_exist(&batch, &cause);
                    if may_exist && !batch.in_order && cause.conflict.is_none() {
                        changed = true;
                        portions.push(rows);
                        let left = portions.left().map(|row| batch.rows()[row]).collect();
                        let left = self.update_first(sink, &batch, left, tally).await?;
                        batch = batch.picking(absent.get_or_init(|| left));
                        portions = Portions::of(batch.len());
                        continue;
                    }
                    // A sink that cannot tell is not asked again.
                    in_vain |= suspect;
                    let lone = (rows.len() == 1).then_some(0);
                    if let Some(row) = culprit.filter(|row| *row < rows.len()).or(lone) {
                        let bad = rows.start + row;
                        if may_exist {
                            portions.apart(rows, bad);
                            continue;
                        }
                        portions.without(rows, bad);
                        self.refuse(sink, batch.rows()[bad], cause, changed, tally).await?;
                        suspicion += 1;
                    } else if suspicion < SUSPICIOUS {
                        portions.push(rows);
                        suspicion = SUSPICIOUS;
                    } else {
                        portions.halves(rows);
                    }
                    if suspicion >= SUSPICIOUS && in_order.get().is_none() {
                        // Rows that refer to earlier ones find them written.
                        let left: Vec<usize> =
                            portions.left().map(|row| batch.rows()[row]).collect();
                        batch = batch
                            .reordered(in_order.get_or_init(|| self.rows.in_record_order(&left)));
                        portions = Portions::of(batch.len());
                    }
                }
                Err(error) => return Err(self.give_back(&batch.slice(rows), error).into()),
            }
        }
        Ok(())
    }

    /// Whether a refused row is looked for. A conflict may end with a later row of the event, so it is
    /// looked for without tolerance too.
    fn may_isolate(&self, culprit: Option<usize>, rows: usize, cause: &Cause) -> bool {
        self.tolerant || cause.conflict.is_some() || is_unknown(culprit, rows)
    }

    /// Notes what a target answered to a batch of which it took a part; `changed` says that those of
    /// its rows that exist were changed before.
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
            // A row that was changed just now may have been in its way.
            let refused = match moved {
                true => self.alone(sink, row, tally).await?,
                false => Some(cause),
            };
            if let Some(cause) = refused {
                // What others of the batch have changed since has its turn at the end.
                let waits = moved || batch.len() > 1;
                self.refuse(sink, row, cause, changed || waits, tally).await?;
            }
        }
        Ok(())
    }

    /// A row that the target refused may get a second chance: if it stands for several records, each
    /// of them at once and in order; if another row may change what the target said, later.
    async fn refuse<S: Sink>(
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
            // The target's own word, which another row may change.
            tally.refused.push((row, cause));
        } else {
            tally.fail(&self.rows, row, &cause);
        }
        Ok(())
    }

    /// Writes one record's row by itself, for better or worse.
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

    /// Writes one record's row by itself; why not, if it is refused.
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

    /// Names the record at fault where the error points at a row or can mean but one.
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

    /// Names the record that became a row. Of several that did nobody knows which is to blame.
    fn blame(&self, row: usize, error: SinkError) -> GivenBack {
        let culprit = match self.rows.records(row).as_slice() {
            [record] => Some((*record, Stage::Write)),
            _ => None,
        };
        GivenBack { error, culprit }
    }
}
