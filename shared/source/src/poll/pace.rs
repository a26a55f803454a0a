//! How fast rows are read, so that a server has time for others (`max.rows.per.second`).

use std::cell::Cell;
use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Spreads rows over time.
#[derive(Debug)]
pub(crate) struct Pace {
    per_second: Option<NonZeroU32>,
    /// How many read side by side.
    readers: u32,
    /// Before this, nothing more is read.
    next: Cell<Option<Instant>>,
}

impl Pace {
    pub(crate) fn new(per_second: Option<NonZeroU32>, readers: usize) -> Self {
        let readers = u32::try_from(readers).unwrap_or(u32::MAX).max(1);
        Self { per_second, readers, next: Cell::new(None) }
    }

    /// The rows of a page: those that all readers together may read in one second, at most.
    pub(crate) fn limit(&self, page_rows: u32) -> u32 {
        let of_reader = |rows: NonZeroU32| (rows.get() / self.readers).max(1);
        self.per_second.map_or(page_rows, |rows| of_reader(rows).min(page_rows))
    }

    /// Takes note of rows that were read until `now`.
    pub(crate) fn spend(&self, rows: u64, now: Instant) {
        let Some(per_second) = self.per_second else { return };
        let nanos = rows.saturating_mul(1_000_000_000) / u64::from(per_second.get());
        let begins = self.next.get().map_or(now, |next| next.max(now));
        self.next.set(Some(begins + Duration::from_nanos(nanos)));
    }

    /// Waits until more may be read, or until `until`.
    pub(crate) async fn wait(&self, until: Option<Instant>) {
        if let Some(next) = self.next.get() {
            sleep_until(until.map_or(next, |until| until.min(next))).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_spread_over_time() {
        let (pace, now) = (Pace::new(NonZeroU32::new(100), 1), Instant::now());
        assert_eq!((pace.limit(5_000), pace.limit(7)), (100, 7));
        pace.spend(50, now);
        pace.spend(100, now);
        assert_eq!(pace.next.get(), Some(now + Duration::from_millis(1_500)));
        let later = now + Duration::from_secs(9);
        pace.spend(1, later);
        assert_eq!(
            pace.next.get(),
            Some(later + Duration::from_millis(10)),
            "a pause is not made up for"
        );
    }

    #[test]
    fn those_who_read_side_by_side_share_a_second() {
        let pace = |rows| Pace::new(NonZeroU32::new(rows), 4);
        assert_eq!((pace(100).limit(5_000), pace(100).limit(7), pace(3).limit(5_000)), (25, 7, 1));
    }

    #[test]
    fn without_a_limit_nothing_waits() {
        let pace = Pace::new(None, 4);
        pace.spend(1_000_000, Instant::now());
        assert_eq!((pace.next.get(), pace.limit(5_000)), (None, 5_000));
    }
}
