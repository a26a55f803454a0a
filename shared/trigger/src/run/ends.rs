//! The end offsets of paused partitions, which are not fetched while batches wait.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use krafka::KrafkaError;
use krafka::consumer::Consumer;

use crate::kafka::topic_partition::TopicPartition;

/// How often the ends are requested: about as often as an alert checks the lag.
const INTERVAL: Duration = Duration::from_secs(10);

/// The timestamp by which `ListOffsets` returns the end of the log.
const LATEST: i64 = -1;

/// The end offsets by topic and partition.
pub(super) type EndOffsets = HashMap<(String, i32), Result<i64, KrafkaError>>;

/// Requests the end offsets at intervals.
#[derive(Default)]
pub(super) struct Ends {
    request: Option<Pin<Box<dyn Future<Output = EndOffsets> + Send>>>,
    next_at: Option<Instant>,
}

impl Ends {
    /// Whether the next request is due.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.request.is_none() && self.next_at.is_none_or(|at| at <= now)
    }

    /// Requests the ends of these partitions, if there are any.
    pub(super) fn request(
        &mut self,
        consumer: &Arc<Consumer>,
        partitions: Vec<TopicPartition>,
        now: Instant,
    ) {
        if partitions.is_empty() {
            self.next_at = None;
            return;
        }
        self.next_at = Some(now + INTERVAL);
        let consumer = Arc::clone(consumer);
        self.request = Some(Box::pin(async move {
            let named: Vec<_> = partitions.iter().map(|it| (&*it.topic, it.partition)).collect();
            consumer.offsets_for_times(&named, LATEST).await
        }));
    }

    /// Waits for the answer, without end if there is no request.
    pub(super) async fn answer(&mut self) -> EndOffsets {
        let Some(request) = &mut self.request else { return std::future::pending().await };
        let found = request.await;
        self.request = None;
        found
    }

    /// When the next check is due.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.next_at
    }
}
