//! How much time an invocation has, and what of it is kept for its last steps.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluice_bridge::run::pipeline::Clock;
use tokio::time::Instant;

/// Assumed where the runtime tells none.
const UNKNOWN: Duration = Duration::from_secs(300);
/// A deadline in 1970 is none: some local emulators send one. A year after 1970.
const TOLD: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Kept for the answer itself.
const ANSWER: Duration = Duration::from_millis(50);
/// Kept for giving up: asking the target to forget what it has.
const ABANDON: Duration = Duration::from_millis(250);
/// Kept for letters and commit, as a share of what is left and at most.
const SHARE: u32 = 5;
const MOST: Duration = Duration::from_secs(5);

/// The moments by which the steps of an invocation must end.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    write: Instant,
    settle: Instant,
    answer: Instant,
}

impl Deadline {
    /// From Lambda's header: milliseconds since 1970. Of a deadline that has passed nothing is left.
    #[must_use]
    pub fn from_epoch_millis(millis: u64) -> Self {
        let since = Duration::from_millis(millis);
        if since < TOLD {
            return Self::after(UNKNOWN);
        }
        let left = (UNIX_EPOCH + since).duration_since(SystemTime::now());
        Self::after(left.unwrap_or_default())
    }

    /// From now.
    #[must_use]
    pub fn after(left: Duration) -> Self {
        let now = Instant::now();
        let answer = left.saturating_sub(ANSWER);
        let settle = answer.saturating_sub(ABANDON);
        let write = settle - (settle / SHARE).min(MOST);
        Self { write: now + write, settle: now + settle, answer: now + answer }
    }

    /// Rows must be written by then; the rest is for letters and commit.
    #[must_use]
    pub fn write(&self) -> Instant {
        self.write
    }

    /// Letters must be acknowledged and the target have committed by then.
    #[must_use]
    pub fn settle(&self) -> Instant {
        self.settle
    }

    /// The answer must be on its way by then.
    #[must_use]
    pub fn answer(&self) -> Instant {
        self.answer
    }
}

impl Clock for Deadline {
    fn remaining(&self) -> Duration {
        self.write.saturating_duration_since(Instant::now())
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}
