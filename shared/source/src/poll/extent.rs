//! How many rows the next page of a table has: many, because each page costs a statement and a transaction, but not more
//! than are read in half a second and sent without much memory at the other side.

use std::time::Duration;

/// Rows of a table's first page: nothing is known of it yet, and they may be large.
const FIRST: u32 = 100;
/// Rows that a page may have however long it takes. Much of the time may be that of the statement: where no index serves
/// it, smaller pages would only be more of them.
const UNHURRIED: u64 = 5_000;
/// The bytes of keys and values that a page should have.
const BYTES: u64 = 16 << 20;
/// How long a page should take.
const TIME: Duration = Duration::from_millis(500);
/// How much larger a page may be than the one before.
const GROWTH: u64 = 8;
/// How much smaller a page is than one whose rows were too large.
const SHRINKING: u32 = 8;

/// The rows of a table's next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    rows: u32,
    most: u32,
}

impl Extent {
    /// Of a table that was not read yet. No page has more than `most` rows.
    pub(crate) fn new(most: u32) -> Self {
        Self { rows: FIRST.min(most), most }
    }

    pub(crate) fn rows(self) -> u32 {
        self.rows
    }

    /// Takes note of a page whose rows, `limit` at most, are too large together. Whether a smaller one can be read.
    pub(crate) fn shrink(&mut self, limit: Option<u32>) -> bool {
        match limit {
            Some(rows @ 2..) => {
                self.rows = (rows / SHRINKING).max(1);
                true
            }
            // One row; or rows that must be read together.
            _ => false,
        }
    }

    /// Takes note of a full page: its rows, their bytes, and how long it took. One that was not full says little.
    pub(crate) fn learn(&mut self, rows: u64, bytes: u64, took: Duration) {
        if rows == 0 {
            return;
        }
        let by_bytes = rows * BYTES / bytes.max(1);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let by_time = (rows * millis(TIME) / millis(took).max(1)).max(UNHURRIED);
        let next = by_bytes.min(by_time).min(u64::from(self.rows) * GROWTH);
        self.rows = u32::try_from(next).unwrap_or(u32::MAX).clamp(1, self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(1);

    #[test]
    fn pages_grow_until_they_are_large_enough() {
        let mut extent = Extent::new(50_000);
        assert_eq!(extent.rows(), FIRST);
        for rows in [800, 6_400, 50_000] {
            let full = u64::from(extent.rows());
            extent.learn(full, full * 300, QUICK);
            assert_eq!(extent.rows(), rows);
        }
        extent.learn(0, 0, QUICK);
        assert_eq!(extent.rows(), 50_000);
        assert_eq!(Extent::new(2).rows(), 2);
    }

    #[test]
    fn pages_of_large_rows_are_small() {
        let mut extent = Extent::new(50_000);
        extent.learn(100, 100 << 20, QUICK);
        assert_eq!(extent.rows(), 16);
        extent.learn(16, u64::MAX, QUICK);
        assert_eq!(extent.rows(), 1);
    }

    #[test]
    fn pages_that_are_too_large_shrink_to_one_row() {
        let mut extent = Extent::new(50_000);
        for rows in [12, 1] {
            assert!(extent.shrink(Some(extent.rows())));
            assert_eq!(extent.rows(), rows);
        }
        assert!(!extent.shrink(Some(1)) && !extent.shrink(None));
    }

    /// As with a query that is evaluated for each page, or where no index serves the order.
    #[test]
    fn statements_that_take_long_do_not_make_pages_smaller_and_smaller() {
        let mut extent = Extent::new(50_000);
        for rows in [800, 5_000, 5_000] {
            let full = u64::from(extent.rows());
            extent.learn(full, full * 300, Duration::from_secs(3));
            assert_eq!(extent.rows(), rows);
        }
        extent.learn(5_000, 1_500_000, Duration::from_millis(250));
        assert_eq!(extent.rows(), 10_000);
    }
}
