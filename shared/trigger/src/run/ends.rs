//! The ends of partitions that are not read for now: a fetch would tell them, and there is none
//! while batches wait.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use krafka::KrafkaError;
use krafka::consumer::Consumer;

use crate::kafka::place::Place;

/// How old the end of such a partition may be: an alert on lag looks about as often.
const ASK_EVERY: Duration = Duration::from_secs(10);

/// What `ListOffsets` calls the end of the log.
const LATEST: i64 = -1;

/// What is found.
pub(super) type Found = HashMap<(String, i32), Result<i64, KrafkaError>>;

/// Asks for them, now and then.
#[derive(Default)]
pub(super) struct Ends {
    asking: Option<Pin<Box<dyn Future<Output = Found> + Send>>>,
    ask_at: Option<Instant>,
}

impl Ends {
    /// Whether it is time to ask.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.asking.is_none() && self.ask_at.is_none_or(|at| at <= now)
    }

    /// Asks for the ends of these partitions, if there are any.
    pub(super) fn ask(&mut self, consumer: &Arc<Consumer>, places: Vec<Place>, now: Instant) {
        if places.is_empty() {
            self.ask_at = None;
            return;
        }
        self.ask_at = Some(now + ASK_EVERY);
        let consumer = Arc::clone(consumer);
        self.asking = Some(Box::pin(async move {
            let named: Vec<_> = places.iter().map(|it| (&*it.topic, it.partition)).collect();
            consumer.offsets_for_times(&named, LATEST).await
        }));
    }

    /// Waits for the answer, for ever if nothing is asked.
    pub(super) async fn answer(&mut self) -> Found {
        let Some(asking) = &mut self.asking else { return std::future::pending().await };
        let found = asking.await;
        self.asking = None;
        found
    }

    /// When it should be asked again.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.ask_at
    }
}
