//! The ends of partitions that are not read for now: a fetch would tell them, and there is none
//! while batches wait.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use krafka::KrafkaError;
use krafka::consumer::Consumer;

use super::Run;
use crate::assignment::Place;

/// How old the end of such a partition may be: an alert on lag looks about as often.
const ASK_EVERY: Duration = Duration::from_secs(10);

/// What `ListOffsets` calls the end of the log.
const LATEST: i64 = -1;

type Found = HashMap<(String, i32), Result<i64, KrafkaError>>;

#[derive(Default)]
pub(super) struct Ends {
    asking: Option<Pin<Box<dyn Future<Output = Found> + Send>>>,
    ask_at: Option<Instant>,
}

impl Ends {
    fn ask(&mut self, consumer: &Arc<Consumer>, places: Vec<Place>, now: Instant) {
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

impl Run {
    /// Asks for the ends of the partitions that are paused, now and then.
    pub(super) fn ask_ends(&mut self, now: Instant) {
        if self.ends.asking.is_some() || self.ends.ask_at.is_some_and(|at| at > now) {
            return;
        }
        let paused = self.assignment.partitions().filter(|(_, partition)| partition.paused);
        let paused: Vec<Place> = paused.map(|(place, _)| place.clone()).collect();
        self.ends.ask_at = None;
        if !paused.is_empty() {
            self.ends.ask(&self.consumer, paused, now);
        }
    }

    /// Notes the ends. One that was not told is asked for again.
    pub(super) fn note_ends(&mut self, found: Found) {
        for ((topic, partition), end) in found {
            let place = Place { topic: topic.into(), partition };
            if let (Some(partition), Ok(end)) = (self.assignment.get_mut(&place), end) {
                partition.extend(end);
            }
        }
    }
}
