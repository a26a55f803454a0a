//! Whether other members of the group have reached their goals, for a run with `once`.

use std::pin::Pin;
use std::time::{Duration, Instant};

use crate::assignment::goals::Goal;
use crate::kafka::topic_partition::TopicPartition;
use crate::run::start_offset::StartOffsetFinder;

/// How often the offsets of other members are checked; each check is one request.
const INTERVAL: Duration = Duration::from_millis(500);

/// Checks at intervals whether other members of the group have reached their goals.
#[derive(Default)]
pub(crate) struct OtherMembers {
    request: Option<Pin<Box<dyn Future<Output = bool> + Send>>>,
    next_at: Option<Instant>,
}

impl OtherMembers {
    /// Starts to check whether the group has committed all offsets before `goals`, unless the last
    /// check was a moment ago. Until it has, the partitions may be assigned to this member again.
    pub(crate) fn check(
        &mut self,
        start_finder: &StartOffsetFinder,
        goals: Vec<(TopicPartition, Goal)>,
        now: Instant,
    ) {
        if self.request.is_some() || self.next_at.is_some_and(|next_at| next_at > now) {
            return;
        }
        self.next_at = Some(now + INTERVAL);
        let start_finder = start_finder.clone();
        self.request = Some(Box::pin(async move { start_finder.have_reached(&goals).await }));
    }

    /// Waits for the answer, without end if there is no request.
    pub(crate) async fn answer(&mut self) -> bool {
        let Some(request) = &mut self.request else { return std::future::pending().await };
        let drained = request.await;
        self.request = None;
        drained
    }

    /// When the next check is due.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        self.next_at
    }
}
