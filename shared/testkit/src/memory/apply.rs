//! What a batch does to the tables in memory, row by row.

use sluice_bridge::model::failure::{Cause, SinkError};
use sluice_bridge::sink::batch::Batch;
use sluice_bridge::sink::{Postponed, Rejected, Written};

use super::shape::Judge;
use super::sink::{MemorySink, Work};
use super::{Change, Report};
use crate::table::ColumnSpec;

impl MemorySink {
    /// Applies a batch; refused rows change nothing.
    pub(super) fn apply(
        &mut self,
        batch: &Batch<'_, '_>,
        postponed: &[usize],
    ) -> Result<Written, SinkError> {
        let Self { work, report, is_bad, .. } = self;
        let Work { tables, changes, .. } = work.as_mut().expect("begin comes first");
        let name = &batch.table.name.name;
        let mut storage = tables.remove(name).expect("the table was described");
        let finds = |table: &str, key: &str| {
            let key = vec![Some(key.to_owned())];
            tables.get(table).is_some_and(|storage| storage.rows.contains_key(&key))
        };
        let mut written = Written::default();
        let mut done = Vec::new();
        for row in (0..batch.len()).filter(|row| !postponed.contains(row)) {
            let judged = judge(batch, row, &storage.spec.columns, &**is_bad);
            match judged.and_then(|()| storage.apply(batch, row, &finds)) {
                Ok(Some(applied)) => done.push(applied),
                Ok(None) => written.unmatched.push(row),
                Err(cause)
                    if *report == Report::Rejected
                        || *report == Report::Suspects && batch.suspect =>
                {
                    written.rejected.push(Rejected { row, cause });
                }
                Err(cause) => {
                    let applied = done.into_iter().flatten().rev();
                    applied.for_each(|applied| storage.undo(applied));
                    tables.insert(name.clone(), storage);
                    let pointer = (*report == Report::Pointer).then_some(row);
                    return Err(SinkError::data(pointer, cause));
                }
            }
        }
        tables.insert(name.clone(), storage);
        changes.extend(done.into_iter().flat_map(|applied| applied.into_iter().take(1)).map(
            |applied| Change {
                table: name.clone(),
                operation: batch.operation,
                row: applied.after.or(applied.before).unwrap_or_default(),
            },
        ));
        if !postponed.is_empty() {
            let cause = Cause::new("busy");
            written.postponed = Some(Postponed { rows: postponed.to_vec(), cause });
        }
        if self.durable.is_some() {
            self.database.keep(self.work.as_mut().expect("begin comes first"));
        }
        Ok(written)
    }
}

fn judge(
    batch: &Batch<'_, '_>,
    row: usize,
    columns: &[ColumnSpec],
    is_bad: &Judge,
) -> Result<(), Cause> {
    let cells = batch.cells(row);
    let bad = batch.columns.iter().find(|&&column| is_bad(&columns[column], cells[column]));
    bad.map_or(Ok(()), |&column| {
        let name = &columns[column].name;
        Err(Cause::mismatch(name, "good", cells[column].kind(), "the value is bad"))
    })
}
