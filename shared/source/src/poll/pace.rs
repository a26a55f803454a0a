//! How fast rows are read, so that a server has time for others (`max.rows.per.second`).

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Spreads rows over time.
#[derive(Debug)]
pub(crate) struct Pace {
    per_second: Option<NonZeroU32>,
    /// Before this, nothing more is read.
    next: Option<Instant>,
}

impl Pace {
    pub(crate) fn new(per_second: Option<NonZeroU32>) -> Self {
        Self { per_second, next: None }
    }

    /// The rows of a page: those of one second at most.
    pub(crate) fn limit(&self, page_rows: u32) -> u32 {
        self.per_second.map_or(page_rows, |rows| rows.get().min(page_rows))
    }

    /// Takes note of rows that were read until `now`.
    pub(crate) fn spend(&mut self, rows: u64, now: Instant) {
        let Some(per_second) = self.per_second else { return };
        let nanos = rows.saturating_mul(1_000_000_000) / u64::from(per_second.get());
        let begins = self.next.map_or(now, |next| next.max(now));
        self.next = Some(begins + Duration::from_nanos(nanos));
    }

    /// Waits until more may be read, or until `until`.
    pub(crate) async fn wait(&self, until: Option<Instant>) {
        if let Some(next) = self.next {
            sleep_until(until.map_or(next, |until| until.min(next))).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_spread_over_time() {
        let (mut pace, now) = (Pace::new(NonZeroU32::new(100)), Instant::now());
        assert_eq!((pace.limit(5_000), pace.limit(7)), (100, 7));
        pace.spend(50, now);
        pace.spend(100, now);
        assert_eq!(pace.next, Some(now + Duration::from_millis(1_500)));
        let later = now + Duration::from_secs(9);
        pace.spend(1, later);
        assert_eq!(
            pace.next,
            Some(later + Duration::from_millis(10)),
            "a pause is not made up for"
        );
    }

    #[test]
    fn without_a_limit_nothing_waits() {
        let mut pace = Pace::new(None);
        pace.spend(1_000_000, Instant::now());
        assert_eq!((pace.next, pace.limit(5_000)), (None, 5_000));
    }
}
