//! Whether other members of the group have reached their goals, for a run with `once`.

use std::pin::Pin;
use std::time::{Duration, Instant};

use crate::kafka::place::Place;
use crate::run::beginner::Beginner;

/// How often the offsets of other members are checked; each check is one request.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Checks at intervals whether other members of the group have reached their goals.
#[derive(Default)]
pub(crate) struct Elsewhere {
    asking: Option<Pin<Box<dyn Future<Output = bool> + Send>>>,
    ask_at: Option<Instant>,
}

impl Elsewhere {
    /// Starts to check whether the group has committed all offsets before `goals`, unless the last
    /// check was a moment ago. Until it has, the partitions may be assigned to this member again.
    pub(crate) fn ask(&mut self, beginner: &Beginner, goals: Vec<(Place, i64)>, now: Instant) {
        if self.asking.is_some() || self.ask_at.is_some_and(|ask_at| ask_at > now) {
            return;
        }
        self.ask_at = Some(now + ASK_EVERY);
        let beginner = beginner.clone();
        self.asking = Some(Box::pin(async move { beginner.have_reached(&goals).await }));
    }

    /// Waits for the answer, without end if there is no request.
    pub(crate) async fn answer(&mut self) -> bool {
        let Some(asking) = &mut self.asking else { return std::future::pending().await };
        let drained = asking.await;
        self.asking = None;
        drained
    }

    /// When the next check is due.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        self.ask_at
    }
}
