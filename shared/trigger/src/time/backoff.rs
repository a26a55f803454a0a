//! The pause before a connector that has ended is started again.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// After a run of this length the pause is the shortest again.
const WELL: Duration = Duration::from_secs(60);

/// Counts the ends in a row.
#[derive(Debug, Default)]
pub struct Backoff {
    ends: u32,
}

impl Backoff {
    /// The pause after a run of length `ran`: a second, doubling up to a minute. It is shortened to
    /// between a half and the whole by `chance` (0 to 1), so that connectors that failed together
    /// do not start together.
    pub fn pause(&mut self, ran: Duration, chance: f64) -> Duration {
        if ran >= WELL {
            self.ends = 0;
        }
        let doublings = self.ends.min(16);
        self.ends += 1;
        let whole = FIRST.saturating_mul(1 << doublings).min(LONGEST);
        whole.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_a_minute_and_begins_anew_after_a_good_run() {
        let mut backoff = Backoff::default();
        let mut seconds =
            |ran, chance| backoff.pause(Duration::from_secs(ran), chance).as_secs_f64();
        assert_eq!([1.0, 1.0, 0.0].map(|chance| seconds(1, chance)), [1.0, 2.0, 2.0]);
        for _ in 0..40 {
            let pause = seconds(1, 0.3);
            assert!((0.5..=60.0).contains(&pause), "{pause}");
        }
        assert_eq!(seconds(1, 1.0), 60.0);
        assert_eq!(seconds(60, 1.0), 1.0);
    }
}
