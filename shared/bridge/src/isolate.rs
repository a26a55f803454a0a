//! How the rows that the target refuses are found among those it takes, in a bounded number of
//! calls.

use std::cell::OnceCell;

use crate::batch::{Batch, Group, group};
use crate::deliver::{Delivery, Progress};
use crate::failure::{Cause, Fault, GivenBack, SinkError, Stage};
use crate::portions::Portions;
use crate::sink::{Rejected, Sink, Written};

/// After so many culprits of one batch its other rows are under suspicion: at once where the
/// target does not point at them, for it costs no less to search for one.
const SUSPICIOUS: usize = 4;

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
        progress: &mut Progress,
    ) -> Result<(), GivenBack> {
        // The rows that are left once a batch is under suspicion.
        let in_order = OnceCell::new();
        let mut portions = Portions::of(batch.len());
        let (mut suspicion, mut in_vain) = (0, false);
        while let Some(rows) = portions.take() {
            let suspect = suspicion >= SUSPICIOUS && rows.len() > 1 && !in_vain;
            let answer = match answer.take() {
                Some(answer) => answer,
                None => sink.write(&batch.slice(rows.clone()).suspected(suspect)).await,
            };
            match answer {
                Ok(written) => {
                    portions.passed();
                    self.accept(sink, &batch.slice(rows), written, progress).await?;
                }
                Err(SinkError { fault: Fault::Data(culprit), cause })
                    if self.tolerant || is_unknown(culprit, rows.len()) =>
                {
                    // A sink that cannot tell is not asked again.
                    in_vain |= suspect;
                    let lone = (rows.len() == 1).then_some(0);
                    if let Some(row) = culprit.filter(|row| *row < rows.len()).or(lone) {
                        let bad = rows.start + row;
                        portions.without(rows, bad);
                        self.refuse(sink, &batch, bad, cause, progress).await?;
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
                match cause.code {
                    // The target's own word, which another row may change.
                    Some(_) => progress.refused.push((row, cause)),
                    None => progress.delivered.fail(&self.rows, row, &cause),
                }
            }
        }
        Ok(())
    }

    /// Writes rows once more that were refused where others of their event were yet to come.
    pub(crate) async fn write_again<S: Sink>(
        &self,
        sink: &mut S,
        rows: &[usize],
        progress: &mut Progress,
    ) -> Result<(), GivenBack> {
        let many = rows.len() >= SUSPICIOUS;
        let groups = if many { group(&self.rows, rows, self.key, self.mode) } else { Vec::new() };
        let mut rest = if many { Vec::new() } else { rows.to_vec() };
        for group in &groups {
            let batch = group.batch(self.table, self.key, &self.rows).suspected(true);
            match sink.write(&batch).await {
                Ok(written) => {
                    self.accept(sink, &batch, written, progress).await?;
                    for (row, cause) in std::mem::take(&mut progress.refused) {
                        progress.delivered.fail(&self.rows, row, &cause);
                    }
                }
                Err(SinkError { fault: Fault::Data(_), .. }) => rest.extend(batch.rows()),
                Err(error) => return Err(error.into()),
            }
        }
        for row in rest {
            self.write_alone(sink, row, progress).await?;
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
