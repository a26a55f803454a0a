//! What other members of the group have done, where a run ends once its topics are drained.

use std::pin::Pin;
use std::time::{Duration, Instant};

use crate::kafka::place::Place;
use crate::run::beginner::Beginner;

/// How often other members are asked after; each time costs the broker one request.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Asks what other members of the group have done, now and then, as long as it matters.
#[derive(Default)]
pub(crate) struct Elsewhere {
    asking: Option<Pin<Box<dyn Future<Output = bool> + Send>>>,
    ask_at: Option<Instant>,
}

impl Elsewhere {
    /// Asks whether the group has committed everything before `goals`, unless it was asked a
    /// moment ago. Until it has, the partitions may yet become ours.
    pub(crate) fn ask(&mut self, beginner: &Beginner, goals: Vec<(Place, i64)>, now: Instant) {
        if self.asking.is_some() || self.ask_at.is_some_and(|ask_at| ask_at > now) {
            return;
        }
        self.ask_at = Some(now + ASK_EVERY);
        let beginner = beginner.clone();
        self.asking = Some(Box::pin(async move { beginner.have_reached(&goals).await }));
    }

    /// Waits for the answer, for ever if nothing is asked.
    pub(crate) async fn answer(&mut self) -> bool {
        let Some(asking) = &mut self.asking else { return std::future::pending().await };
        let drained = asking.await;
        self.asking = None;
        drained
    }

    /// When it should be asked again.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        self.ask_at
    }
}
