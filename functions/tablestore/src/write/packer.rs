//! Packs the rows of a batch into as few requests as the service's limits allow. A request is packed when it is
//! wanted, so that only those that are on their way take memory.

use std::iter::Peekable;
use std::vec::IntoIter;

use sluice_bridge::model::failure::Cause;
use sluice_bridge::sink::Rejected;
use sluice_bridge::sink::batch::Batch;

use crate::wire::batch::{MOST_BYTES, MOST_ROWS, overhead, push_row, request};
use crate::write::plan::{Plan, RowKind};

/// A request, and the rows that are not in it because the service would refuse them.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// The body; empty if it has no row.
    pub(super) body: Vec<u8>,
    /// Its rows, by index in the batch, in its order.
    pub(super) rows: Vec<(usize, RowKind)>,
    pub(super) rejected: Vec<Rejected>,
}

/// The requests of a batch.
pub(super) struct Packer<'p, 'a, 'e> {
    plan: &'p Plan<'a>,
    batch: &'p Batch<'a, 'e>,
    /// The rows that are left, by index in the batch.
    rows: Peekable<IntoIter<usize>>,
    row: Vec<u8>,
    scratch: Vec<u8>,
}

impl<'p, 'a, 'e> Packer<'p, 'a, 'e> {
    /// Requests for some rows of a batch.
    pub(super) fn new(plan: &'p Plan<'a>, batch: &'p Batch<'a, 'e>, rows: Vec<usize>) -> Self {
        let rows = rows.into_iter().peekable();
        Self { plan, batch, rows, row: Vec::new(), scratch: Vec::new() }
    }

    /// Appends a row. `false` if the request has no room for it.
    fn add(&mut self, row: usize, rows: &mut Vec<u8>, packed: &mut Packed) -> bool {
        self.row.clear();
        let cells = self.batch.cells(row);
        let kind = match self.plan.write(cells, &mut self.row, &mut self.scratch) {
            Ok(kind) => kind,
            Err(cause) => {
                packed.rejected.push(Rejected { row, cause });
                return true;
            }
        };
        let before = rows.len();
        push_row(rows, kind.operation, kind.existence, &self.row);
        if overhead(&self.batch.table.name.name) + rows.len() <= MOST_BYTES {
            packed.rows.push((row, kind));
            return true;
        }
        rows.truncate(before);
        if before == 0 {
            let cause = Cause::new("the row has more than 4 MB, the limit of a request");
            packed.rejected.push(Rejected { row, cause });
        }
        before == 0
    }
}

impl Iterator for Packer<'_, '_, '_> {
    type Item = Packed;

    fn next(&mut self) -> Option<Packed> {
        let (mut packed, mut rows) = (Packed::default(), Vec::new());
        while let Some(&row) = self.rows.peek()
            && packed.rows.len() < MOST_ROWS
            && self.add(row, &mut rows, &mut packed)
        {
            self.rows.next();
        }
        if packed.rows.is_empty() && packed.rejected.is_empty() {
            return None;
        }
        if !packed.rows.is_empty() {
            packed.body = request(&self.batch.table.name.name, &rows);
        }
        Some(packed)
    }
}
