//! The time of an invocation, and the parts of it that are reserved for the last steps.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluice_bridge::run::pipeline::Clock;
use tokio::time::Instant;

/// The time of an invocation if the runtime gives no deadline.
const UNKNOWN: Duration = Duration::from_secs(300);
/// A deadline before this, a year after 1970, is not a deadline: some local emulators send such
/// values.
const TOLD: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// The time that is reserved for the answer.
const ANSWER: Duration = Duration::from_millis(50);
/// The time that is reserved for abandoning the target's transaction.
const ABANDON: Duration = Duration::from_millis(250);
/// The time that is reserved for letters and commit: a share of the rest, and its maximum.
const SHARE: u32 = 5;
const MOST: Duration = Duration::from_secs(5);

/// The times by which the steps of an invocation must end.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    write: Instant,
    settle: Instant,
    answer: Instant,
}

impl Deadline {
    /// Reads Lambda's header: milliseconds since 1970. A deadline that has passed leaves no time.
    #[must_use]
    pub fn from_epoch_millis(millis: u64) -> Self {
        let since = Duration::from_millis(millis);
        if since < TOLD {
            return Self::after(UNKNOWN);
        }
        let left = (UNIX_EPOCH + since).duration_since(SystemTime::now());
        Self::after(left.unwrap_or_default())
    }

    /// The deadline after this time.
    #[must_use]
    pub fn after(left: Duration) -> Self {
        let now = Instant::now();
        let answer = left.saturating_sub(ANSWER);
        let settle = answer.saturating_sub(ABANDON);
        let write = settle - (settle / SHARE).min(MOST);
        Self { write: now + write, settle: now + settle, answer: now + answer }
    }

    /// The time by which rows must be written; the rest is for letters and commit.
    #[must_use]
    pub fn write(&self) -> Instant {
        self.write
    }

    /// The time by which letters must be acknowledged and the target must have committed.
    #[must_use]
    pub fn settle(&self) -> Instant {
        self.settle
    }

    /// The time by which the answer must be sent.
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
