//! The pause before a failed action is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// The pause after the given number of failures in a row: 100 ms, doubling, at most 10 s.
#[must_use]
pub(crate) fn pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    FIRST.saturating_mul(1 << doublings).min(LONGEST)
}

/// The same, shortened at random by up to a half, so that processes that ended together do not
/// start together.
#[must_use]
pub(crate) fn scattered(failures: u32) -> Duration {
    pause(failures).mul_f64(0.5 + fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_ten_seconds() {
        let millis = |failures| pause(failures).as_millis();
        assert_eq!([1, 2, 3, 4].map(millis), [100, 200, 400, 800]);
        assert_eq!([7, 8, 9, u32::MAX].map(millis), [6400, 10_000, 10_000, 10_000]);
    }
}
