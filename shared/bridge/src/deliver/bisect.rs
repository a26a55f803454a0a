//! The rows of a batch that are still to be written, in order, and how many of them to try at once.

use std::ops::Range;

/// After the target named a bad row, the next attempt takes at most this many times the rows before
/// it: the rows after a bad one are sent for nothing.
const GROWTH: usize = 2;
/// An attempt takes at least this many rows, unless they are half of an attempt that failed without
/// a named row. If bad rows follow each other, a row that is sent alone needs no search and makes
/// no other row fail.
const FLOOR: usize = 16;

/// Ranges of rows, the next one last.
#[derive(Debug)]
pub(crate) struct Bisection {
    open: Vec<Range<usize>>,
    limit: usize,
}

impl Bisection {
    /// All rows of a batch at once.
    pub(crate) fn of(rows: usize) -> Self {
        let mut portions = Self { open: Vec::new(), limit: usize::MAX };
        portions.push(0..rows);
        portions
    }

    /// Takes the rows to try next; rows beyond the limit stay for later.
    pub(crate) fn take(&mut self) -> Option<Range<usize>> {
        let rows = self.open.pop()?;
        let end = rows.start.saturating_add(self.limit).min(rows.end);
        self.push(end..rows.end);
        Some(rows.start..end)
    }

    /// All rows that are still to be written.
    pub(crate) fn left(&self) -> impl Iterator<Item = usize> {
        self.open.iter().rev().cloned().flatten()
    }

    /// Notes that the rows taken last are written.
    pub(crate) fn passed(&mut self) {
        self.limit = self.limit.saturating_mul(GROWTH);
    }

    /// Notes that one of the rows taken is bad. The rows before it come next: the target accepted
    /// them, but they are not written.
    pub(crate) fn without(&mut self, rows: Range<usize>, bad: usize) {
        if rows.len() > 1 {
            self.limit = (GROWTH * (bad - rows.start)).max(FLOOR.min(rows.len() / 2));
        }
        self.push(bad + 1..rows.end);
        self.push(rows.start..bad);
    }

    /// Notes that one of the rows taken may be bad: it is tried alone, after those before it.
    pub(crate) fn apart(&mut self, rows: Range<usize>, doubtful: usize) {
        self.push(doubtful + 1..rows.end);
        self.push(doubtful..doubtful + 1);
        self.push(rows.start..doubtful);
    }

    /// Notes that one of the rows taken is bad, and it is not known which.
    pub(crate) fn halves(&mut self, rows: Range<usize>) {
        let half = rows.start + rows.len() / 2;
        self.push(half..rows.end);
        self.push(rows.start..half);
    }

    /// Puts these rows next.
    pub(crate) fn push(&mut self, rows: Range<usize>) {
        if !rows.is_empty() {
            self.open.push(rows);
        }
    }
}
