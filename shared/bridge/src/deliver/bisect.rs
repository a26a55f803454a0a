//! What of a batch is still to be written, in order, and how much of it to try at once.

use std::ops::Range;

/// After a culprit was pointed out, the next attempt takes at most this many times the rows
/// that passed before it: rows behind a culprit are sent in vain.
const GROWTH: usize = 2;
/// … but never fewer than this, unless they are half of what was tried in vain: where bad rows
/// follow each other, one that goes alone needs no pointer and takes no others with it.
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

    /// The rows to try next; what is beyond the limit stays for later.
    pub(crate) fn take(&mut self) -> Option<Range<usize>> {
        let rows = self.open.pop()?;
        let end = rows.start.saturating_add(self.limit).min(rows.end);
        self.push(end..rows.end);
        Some(rows.start..end)
    }

    /// All that is still to be written.
    pub(crate) fn left(&self) -> impl Iterator<Item = usize> {
        self.open.iter().rev().cloned().flatten()
    }

    /// The rows taken last are written.
    pub(crate) fn passed(&mut self) {
        self.limit = self.limit.saturating_mul(GROWTH);
    }

    /// One of the rows taken is at fault. Those before it come next: they passed, but are not
    /// written.
    pub(crate) fn without(&mut self, rows: Range<usize>, bad: usize) {
        if rows.len() > 1 {
            self.limit = (GROWTH * (bad - rows.start)).max(FLOOR.min(rows.len() / 2));
        }
        self.push(bad + 1..rows.end);
        self.push(rows.start..bad);
    }

    /// One of the rows taken may be at fault: it comes by itself, after those before it.
    pub(crate) fn apart(&mut self, rows: Range<usize>, doubtful: usize) {
        self.push(doubtful + 1..rows.end);
        self.push(doubtful..doubtful + 1);
        self.push(rows.start..doubtful);
    }

    /// Nobody knows which of the rows taken is at fault.
    pub(crate) fn halves(&mut self, rows: Range<usize>) {
        let half = rows.start + rows.len() / 2;
        self.push(half..rows.end);
        self.push(rows.start..half);
    }

    /// These rows come next.
    pub(crate) fn push(&mut self, rows: Range<usize>) {
        if !rows.is_empty() {
            self.open.push(rows);
        }
    }
}
