//! How many rows the next page of a table has: many, because each page costs a statement and a transaction, but not more
//! than are read in half a second and sent without much memory at the other side.

use std::time::Duration;

/// Rows of a table's first page: nothing is known of it yet.
const FIRST: u32 = 1_000;
/// The bytes of keys and values that a page should have.
const BYTES: u64 = 16 << 20;
/// How long a page should take.
const TIME: Duration = Duration::from_millis(500);
/// How much larger a page may be than the one before.
const GROWTH: u64 = 8;

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

    /// Takes note of a page: the rows that it might have had and had, their bytes, and how long it took. One that was not
    /// full says little.
    pub(crate) fn learn(&mut self, limit: u32, rows: u64, bytes: u64, took: Duration) {
        if rows < u64::from(limit) || rows == 0 {
            return;
        }
        let by_bytes = rows * BYTES / bytes.max(1);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let by_time = rows * millis(TIME) / millis(took).max(1);
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
        extent.learn(FIRST, 10, 3_000, QUICK);
        assert_eq!(extent.rows(), FIRST, "it was not full");
        extent.learn(FIRST, 1_000, 300_000, QUICK);
        assert_eq!(extent.rows(), 8_000);
        extent.learn(8_000, 8_000, 2_400_000, QUICK);
        assert_eq!(extent.rows(), 50_000);
        assert_eq!(Extent::new(2).rows(), 2);
    }

    #[test]
    fn pages_of_large_or_slow_rows_are_small() {
        let mut extent = Extent::new(50_000);
        extent.learn(1_000, 1_000, 1_000 << 20, QUICK);
        assert_eq!(extent.rows(), 16);
        let mut extent = Extent::new(50_000);
        extent.learn(1_000, 1_000, 300_000, Duration::from_secs(2));
        assert_eq!(extent.rows(), 250);
        extent.learn(250, 250, u64::MAX, QUICK);
        assert_eq!(extent.rows(), 1);
    }
}
