//! The run's side towards the broker: reading, pausing, the assignment, committed offsets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use krafka::KrafkaError;
use krafka::consumer::{Consumer, ConsumerRecord};
use krafka::error::ErrorCode;

use super::ends::Found;
use super::{LAST_COMMITS, Poll, Run};
use crate::error::Error;
use crate::group;
use crate::kafka::place::{Place, place};
use crate::observer::Notice;
use crate::run::commit::Offsets;
use crate::run::consumer::{Change, FETCH_WAIT, What};

/// How long to wait before a poll that failed is tried again.
const POLL_PAUSE: Duration = Duration::from_millis(500);

/// How long one poll waits while the group rebalances. A heartbeat that the broker held back behind
/// the request to join is answered with the request, and names a generation that is over. Until the
/// new one has begun, krafka 0.28.1 takes that for a loss of the membership at the beginning of each
/// poll, and forgets who it is; a poll that is under way looks past it. So there are few beginnings.
const REBALANCE_WAIT: Duration = Duration::from_secs(5);

impl Run {
    /// The next poll, after `pause`.
    pub(super) fn poll(&mut self, pause: Duration) -> Poll {
        let consumer = Arc::clone(&self.consumer);
        let wait = if self.rebalancing { REBALANCE_WAIT } else { FETCH_WAIT };
        let wanted = self.watch.take_wanted();
        Box::pin(async move {
            tokio::time::sleep(pause).await;
            if let Some(topics) = wanted {
                // Between two polls: during one, the group could be joined with half of it.
                subscribe(&consumer, &topics).await?;
            }
            consumer.poll(wait).await
        })
    }

    /// Takes what a poll brought, and says how long to wait before the next.
    pub(super) async fn receive(
        &mut self,
        polled: Result<Vec<ConsumerRecord>, KrafkaError>,
    ) -> Result<Duration, Error> {
        let records = match polled {
            Ok(records) => records,
            Err(source) if is_passing(&source) => {
                self.observer.notice(&Notice::Broker(format!("cannot read, again: {source}")));
                self.watch.subscribe_again();
                return Ok(POLL_PAUSE);
            }
            Err(KrafkaError::Broker { code: ErrorCode::InconsistentGroupProtocol, .. }) => {
                return Err(group::other_protocol(&self.kafka, &self.mapping.group).await);
            }
            Err(source) => return Err(Error::Kafka { doing: "cannot read", source }),
        };
        let now = Instant::now();
        if !records.is_empty() {
            self.first_record.get_or_insert(now);
        }
        let lags = self.consumer.lag().await;
        self.watch_jumps(&records, &lags).await;
        self.assignment.receive(records, now);
        for (partition, lag) in lags {
            if let Some(partition) = self.assignment.get_mut(&place(&partition)) {
                partition.observe(lag.position, lag.last_stable_offset.or(lag.high_watermark));
            }
        }
        Ok(Duration::ZERO)
    }

    /// Reads on where little waits, and not where much does.
    pub(super) async fn control_flow(&mut self) {
        let limits = *self.assignment.limits();
        let mut turned = Vec::new();
        for (place, partition) in self.assignment.partitions() {
            let turn = if partition.paused {
                partition.is_hungry(&limits)
            } else {
                partition.is_full(&limits)
            };
            if turn {
                turned.push(place.clone());
            }
        }
        for place in turned {
            let Some(partition) = self.assignment.get_mut(&place) else { continue };
            partition.paused = !partition.paused;
            if partition.paused {
                self.consumer.pause(&place.topic, &[place.partition]).await;
            } else {
                self.consumer.resume(&place.topic, &[place.partition]).await;
            }
        }
    }

    /// Deals with a change of the assignment, or begins to.
    pub(super) fn change(&mut self, Change { what, places, done }: Change) {
        self.rebalancing = !matches!(what, What::Assigned);
        self.has_joined |= !self.rebalancing;
        // Whatever was asked about them is of an assignment that is over.
        self.awaiting.retain(|place, _| !places.contains(place));
        match what {
            What::Assigned if self.stopping => {}
            What::Assigned => {
                self.watch.hurry(Instant::now());
                self.begin(places.into_iter().map(|place| (place, None)).collect());
            }
            What::Lost => {
                let lost = places.len();
                let problem = format!(
                    "the group has taken {lost} partitions away unasked: what is in flight of \
                     them comes again"
                );
                self.observer.notice(&Notice::Broker(problem));
                self.assignment.remove(&places);
            }
            What::Revoked => {
                self.assignment.leave(&places);
                self.leaving.push((places, done));
            }
        }
    }

    /// Hands partitions over of which nothing is in flight and all is committed, as far as the
    /// broker lets us.
    pub(super) fn hand_over(&mut self) {
        let assignment = &mut self.assignment;
        let failed = self.committer.failures() >= LAST_COMMITS;
        self.leaving.retain(|(places, _)| {
            let ready = places
                .iter()
                .filter_map(|place| assignment.get(place))
                .all(|partition| !partition.busy && (failed || partition.uncommitted().is_none()));
            if ready {
                assignment.remove(places);
            }
            // Dropping the sender lets the group go on.
            !ready
        });
    }

    /// Notes what the broker said to a commit.
    pub(super) fn committed(&mut self, sent: Result<Offsets, KrafkaError>) {
        match sent {
            Ok(offsets) => self.assignment.confirm(&offsets),
            Err(error) => {
                let problem = format!("offsets are not committed yet: {error}");
                self.observer.notice(&Notice::Broker(problem));
                // A topic that is gone cannot be committed.
                self.watch.hurry(Instant::now());
            }
        }
    }

    /// Ends a run that drains its topics once they are: here, and where other members read.
    pub(super) fn watch_goals(&mut self) {
        let busy = !self.awaiting.is_empty() || !self.assignment.is_drained();
        if !self.mapping.once || self.stopping || busy {
            return;
        }
        let goals: Vec<_> =
            self.assignment.goals_elsewhere().map(|(place, goal)| (place.clone(), goal)).collect();
        if goals.is_empty() {
            self.stop();
        } else {
            self.elsewhere.ask(&self.beginner, goals, Instant::now());
        }
    }

    /// Other members have drained their partitions, or not.
    pub(super) fn drained_elsewhere(&mut self, drained: bool) {
        // What was asked about may have become ours meanwhile.
        if drained && self.awaiting.is_empty() && self.assignment.is_drained() {
            self.stop();
        }
    }

    /// Asks for the ends of the partitions that are paused, now and then.
    pub(super) fn ask_ends(&mut self, now: Instant) {
        if !self.ends.is_due(now) {
            return;
        }
        let paused = self.assignment.partitions().filter(|(_, partition)| partition.paused);
        let paused: Vec<Place> = paused.map(|(place, _)| place.clone()).collect();
        self.ends.ask(&self.consumer, paused, now);
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

/// Subscribes to `topics`, known as they are now; to none by leaving the group.
async fn subscribe(consumer: &Consumer, topics: &[String]) -> Result<(), KrafkaError> {
    if topics.is_empty() {
        return consumer.unsubscribe().await;
    }
    for topic in topics {
        // One that is gone by now is not assigned to anybody.
        let _ = consumer.fetch_metadata(Some(topic)).await;
    }
    consumer.subscribe(topics).await
}

/// Whether the next poll may do better: the world is at fault, or the group has moved on and takes
/// us back.
fn is_passing(error: &KrafkaError) -> bool {
    let left_behind = matches!(
        error,
        KrafkaError::Broker {
            code: ErrorCode::UnknownMemberId
                | ErrorCode::IllegalGeneration
                | ErrorCode::RebalanceInProgress,
            ..
        }
    );
    left_behind || error.is_retriable()
}
