//! Letters are replayed at the end of a schedule.

use std::time::Duration;

use fastrand::Rng;

/// A replay, and what happens meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayPhase {
    /// It is killed after so long, and then the same command runs again.
    pub killed_after: Option<Duration>,
    /// The functions are killed after so long.
    pub struck_after: Option<Duration>,
}

impl ReplayPhase {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        let after = |rng: &mut Rng, most: u64| {
            let time = Duration::from_millis(rng.u64(20..most));
            rng.bool().then_some(time)
        };
        Self { killed_after: after(rng, 250), struck_after: after(rng, 3000) }
    }
}
