//! The run's side towards the broker: reading, pausing, the assignment, committed offsets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use krafka::KrafkaError;
use krafka::consumer::ConsumerRecord;
use krafka::error::ErrorCode;

use super::{LAST_COMMITS, Poll, Run};
use crate::commit::Offsets;
use crate::consumer::{Change, FETCH_WAIT, What, place};
use crate::error::Error;
use crate::observer::Notice;

/// How long to wait before a poll that failed is tried again.
const POLL_PAUSE: Duration = Duration::from_millis(500);

/// How long one poll waits while the group rebalances. A heartbeat that the broker held back behind
/// the request to join is answered with the request, and names a generation that is over. Until the
/// new one has begun, krafka 0.28.1 takes that for a loss of the membership at the beginning of each
/// poll, and forgets who it is; a poll that is under way looks past it. So there are few beginnings.
const REBALANCE_WAIT: Duration = Duration::from_secs(5);

impl Run {
    /// The next poll, after `pause`.
    pub(super) fn poll(&self, pause: Duration) -> Poll {
        let consumer = Arc::clone(&self.consumer);
        let wait = if self.rebalancing { REBALANCE_WAIT } else { FETCH_WAIT };
        Box::pin(async move {
            tokio::time::sleep(pause).await;
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
                return Ok(POLL_PAUSE);
            }
            Err(source) => return Err(Error::Kafka { doing: "cannot read", source }),
        };
        let now = Instant::now();
        if !records.is_empty() {
            self.first_record.get_or_insert(now);
        }
        self.assignment.receive(records, now);
        for (partition, lag) in self.consumer.lag().await {
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
    pub(super) fn change(&mut self, Change { what, places, lost, done }: Change) {
        self.rebalancing = !matches!(what, What::Assigned);
        match what {
            What::Assigned if self.stopping => {}
            What::Assigned => {
                self.assignment.add(places);
                for lost in lost {
                    self.assignment.lose(&lost);
                    self.observer.notice(&Notice::Lost(lost));
                }
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
            }
        }
    }

    /// Ends a run that drains its topics once they are: here, and where other members read.
    pub(super) fn watch_goals(&mut self) {
        if !self.mapping.once || self.stopping || !self.assignment.is_drained() {
            return;
        }
        let goals: Vec<_> =
            self.assignment.goals_elsewhere().map(|(place, goal)| (place.clone(), goal)).collect();
        if goals.is_empty() {
            self.stop();
        } else {
            self.elsewhere.ask(&self.consumer, goals, Instant::now());
        }
    }

    /// Other members have drained their partitions, or not.
    pub(super) fn drained_elsewhere(&mut self, drained: bool) {
        // What was asked about may have become ours meanwhile.
        if drained && self.assignment.is_drained() {
            self.stop();
        }
    }
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
