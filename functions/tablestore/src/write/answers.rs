//! What the answers to a batch's requests say of each row.

use bytes::Bytes;
use prost::Message;
use sluice_bridge::model::failure::{Cause, Fault, SinkError};
use sluice_bridge::model::operation::Operation;
use sluice_bridge::sink::{Postponed, Rejected, Written};

use crate::fault::{Refusal, TABLE_NOT_READY, TABLE_NOT_READY_MS, Verdict};
use crate::wire::batch::RowOperation;
use crate::wire::message::{BatchWriteRowResponse, RowAnswer};
use crate::write::packer::Packed;
use crate::write::plan::RowKind;

/// How the answers to an operation are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// Reads the answer to a request: the answer for each of the rows that were sent, in their order. The error says
    /// that it is no such answer.
    pub(super) read: fn(&Bytes, usize) -> Result<Vec<RowAnswer>, &'static str>,
    /// The least pause while a new table is not ready, in milliseconds.
    pub(super) not_ready_ms: u32,
}

/// Of `BatchWriteRow`.
pub(super) const ROWS: Reading = Reading { read: rows, not_ready_ms: TABLE_NOT_READY_MS };

/// What is known of the rows of a batch so far.
#[derive(Debug)]
pub(crate) struct Answers {
    operation: Operation,
    reading: Reading,
    /// Whether each row is still without an answer that settles it.
    open: Vec<bool>,
    /// Upserts that only delete columns, and found no row.
    absent: Vec<usize>,
    written: Written,
    /// Why rows are open, if that may pass.
    again: Option<Cause>,
    /// Why a whole request was refused because of its rows.
    refused: Option<Cause>,
    /// The table is gone.
    missing: Option<Cause>,
    /// What gives everything back.
    fault: Option<SinkError>,
}

/// How a batch ended.
#[derive(Debug)]
pub(crate) enum Ending {
    /// Some rows are settled, the others postponed.
    Written(Written),
    /// Nothing is written, and rows of a request are at fault.
    Refused(Cause),
    /// Nothing is written.
    Fault(SinkError),
}

impl Answers {
    /// Nothing is known of the rows yet.
    pub(super) fn new(operation: Operation, rows: usize, reading: Reading) -> Self {
        let written = Written::default();
        let (again, refused, missing, fault) = (None, None, None, None);
        let (open, absent) = (vec![true; rows], Vec::new());
        Self { operation, reading, open, absent, written, again, refused, missing, fault }
    }

    /// Whether the table is gone.
    pub(crate) fn is_missing(&self) -> bool {
        self.missing.is_some()
    }

    /// Whether a request was refused as a whole because of its rows.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// The rows that are still to be made.
    pub(super) fn take_absent(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.absent)
    }

    /// Whether a row that was sent is still open.
    pub(super) fn has_trouble(&self) -> bool {
        let causes = [&self.again, &self.refused, &self.missing];
        self.fault.is_some() || causes.iter().any(|cause| cause.is_some())
    }

    /// Takes the answer to a request; `None` if nothing was sent.
    pub(super) fn add(&mut self, packed: Packed, answer: Option<Result<Bytes, Refusal>>) {
        for rejected in packed.rejected {
            self.reject(rejected.row, rejected.cause);
        }
        match answer {
            None => {}
            Some(Err(refusal)) => self.leave_open(refusal),
            Some(Ok(body)) => match (self.reading.read)(&body, packed.rows.len()) {
                Ok(answers) => {
                    for ((row, kind), answer) in packed.rows.into_iter().zip(answers) {
                        self.add_row(row, kind, answer);
                    }
                }
                Err(why) => self.leave_open(Refusal::new(Verdict::Again, why)),
            },
        }
    }

    fn add_row(&mut self, row: usize, kind: RowKind, answer: RowAnswer) {
        if answer.is_ok {
            self.open[row] = false;
            return;
        }
        let error = answer.error.unwrap_or_default();
        let refusal = Refusal::of(&error.code, error.message.as_deref().unwrap_or_default());
        match (refusal.verdict, self.operation) {
            // The upsert found the row that it would have made.
            (Verdict::Condition, Operation::Upsert) if kind.operation == RowOperation::Put => {
                self.open[row] = false;
            }
            (Verdict::Condition, Operation::Upsert) => self.absent.push(row),
            (Verdict::Condition, Operation::Update) => {
                self.open[row] = false;
                self.written.unmatched.push(row);
            }
            (Verdict::Condition | Verdict::Data, _) => self.reject(row, refusal.cause),
            _ => self.leave_open(refusal),
        }
    }

    fn reject(&mut self, row: usize, cause: Cause) {
        self.open[row] = false;
        self.written.rejected.push(Rejected { row, cause });
    }

    /// Notes why rows stay open.
    fn leave_open(&mut self, refusal: Refusal) {
        match refusal.verdict {
            Verdict::Again => {
                let is_new = refusal.cause.code.as_deref() == Some(TABLE_NOT_READY);
                let least = if is_new { self.reading.not_ready_ms } else { 0 };
                let pause = refusal.cause.retry_after_ms.max(least);
                let again = self.again.get_or_insert(refusal.cause);
                again.retry_after_ms = again.retry_after_ms.max(pause);
            }
            Verdict::Data | Verdict::Condition => self.refused = Some(refusal.cause),
            Verdict::Missing => self.missing = Some(refusal.cause),
            Verdict::Unauthorized | Verdict::Fatal => self.fault = Some(refusal.into()),
        }
    }

    /// How the batch ended. Rows that nothing settles are postponed, unless that is true of all of them.
    pub(crate) fn ending(mut self) -> Ending {
        if let Some(fault) = self.fault {
            return Ending::Fault(fault);
        }
        self.written.rejected.sort_by_key(|rejected| rejected.row);
        self.written.unmatched.sort_unstable();
        let rows: Vec<usize> = (0..self.open.len()).filter(|&row| self.open[row]).collect();
        let passing = self.again.or(self.missing);
        let none_is_written = rows.len() + self.written.rejected.len() == self.open.len();
        match (passing, self.refused) {
            // Rows that were rejected are rejected again when the others are taken apart.
            (None, Some(refused)) if none_is_written && !rows.is_empty() => {
                Ending::Refused(refused)
            }
            (passing, refused) if !rows.is_empty() => {
                let cause = passing.or(refused).unwrap_or_else(|| Cause::new("no answer"));
                if rows.len() == self.open.len() {
                    return Ending::Fault(SinkError { fault: Fault::Transient, cause });
                }
                Ending::Written(Written {
                    postponed: Some(Postponed { rows, cause }),
                    ..self.written
                })
            }
            _ => Ending::Written(self.written),
        }
    }
}

/// The answers for the rows of a request `BatchWriteRow`.
///
/// # Errors
/// There is not one for each.
pub(super) fn rows(body: &Bytes, sent: usize) -> Result<Vec<RowAnswer>, &'static str> {
    let answer = BatchWriteRowResponse::decode(body.clone());
    let mut tables = answer.map_err(|_| "the answer cannot be decoded")?.tables;
    match (tables.pop(), tables.is_empty()) {
        (Some(table), true) if table.rows.len() == sent => Ok(table.rows),
        _ => Err("the answer is not one for each row"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::batch::Existence;
    use crate::wire::message::{Error, TableAnswer};

    const PUT: RowKind = RowKind { operation: RowOperation::Put, existence: Existence::Ignore };

    fn packed(rows: &[usize]) -> Packed {
        let rows = rows.iter().map(|&row| (row, PUT)).collect();
        Packed { rows, ..Packed::default() }
    }

    fn answer(codes: &[&str]) -> Option<Result<Bytes, Refusal>> {
        let row = |code: &&str| RowAnswer {
            is_ok: code.is_empty(),
            error: (!code.is_empty()).then(|| Error { code: (*code).to_owned(), message: None }),
        };
        let rows = codes.iter().map(row).collect();
        let table = TableAnswer { table_name: "t".to_owned(), rows };
        Some(Ok(BatchWriteRowResponse { tables: vec![table] }.encode_to_vec().into()))
    }

    fn ending(parts: Vec<(Packed, Option<Result<Bytes, Refusal>>)>) -> String {
        let mut answers = Answers::new(Operation::Insert, 4, ROWS);
        for (packed, answer) in parts {
            answers.add(packed, answer);
        }
        match answers.ending() {
            Ending::Written(Written { rejected, postponed, .. }) => {
                let rejected: Vec<usize> = rejected.into_iter().map(|it| it.row).collect();
                format!("rejected {rejected:?} postponed {:?}", postponed.map(|it| it.rows))
            }
            Ending::Refused(cause) => format!("refused: {cause}"),
            Ending::Fault(error) => format!("{:?}", error.fault),
        }
    }

    #[test]
    fn each_row_has_its_answer() {
        let said = answer(&["", "OTSInvalidPK", "OTSServerBusy", ""]);
        let all = || packed(&[0, 1, 2, 3]);
        assert_eq!(ending(vec![(all(), said)]), "rejected [1] postponed Some([2])");
        let said = answer(&["", "OTSUnheardOf", "OTSInvalidPK", ""]);
        assert_eq!(ending(vec![(all(), said)]), "Fatal");
        let said = answer(&["", "OTSObjectNotExist", "", ""]);
        assert_eq!(ending(vec![(all(), said)]), "rejected [] postponed Some([1])");
    }

    /// An answer that does not have one part for each row says nothing about any of them.
    #[test]
    fn an_answer_for_other_rows_is_none() {
        let all = || packed(&[0, 1, 2, 3]);
        for said in
            [answer(&["", "", ""]), Some(Ok(Bytes::from_static(b"\xff"))), Some(Ok(Bytes::new()))]
        {
            assert_eq!(ending(vec![(all(), said)]), "Transient");
        }
    }

    #[test]
    fn parts_that_ended_in_different_ways() {
        let refused = || Some(Err(Refusal::of("OTSParameterInvalid", "")));
        let lost = || Some(Err(Refusal::new(Verdict::Again, "no answer")));
        let halves = || (packed(&[0, 1]), packed(&[2, 3]));
        let (one, other) = halves();
        let both = ending(vec![(one, refused()), (other, refused())]);
        assert_eq!(both, "refused: the service refuses the row (OTSParameterInvalid)");
        // The bad row is not searched for while others may have been written.
        let (one, other) = halves();
        assert_eq!(ending(vec![(one, refused()), (other, lost())]), "Transient");
        let (one, other) = halves();
        let written = ending(vec![(one, refused()), (other, answer(&["", ""]))]);
        assert_eq!(written, "rejected [] postponed Some([0, 1])");
        // The same if every other row was rejected, before it was sent or by its answer.
        let cause = Cause::new("too long");
        let own = || Packed {
            rejected: vec![Rejected { row: 0, cause: cause.clone() }],
            ..packed(&[1, 2, 3])
        };
        assert_eq!(ending(vec![(own(), refused())]), both);
        assert_eq!(ending(vec![(own(), lost())]), "rejected [0] postponed Some([1, 2, 3])");
        let (one, other) = halves();
        let bad = answer(&["OTSInvalidPK", "OTSInvalidPK"]);
        assert_eq!(ending(vec![(one, refused()), (other, bad)]), both);
    }
}
