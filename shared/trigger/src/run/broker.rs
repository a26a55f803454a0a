//! The part of a run that talks to the broker: polls, flow control, rebalances, committed offsets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use krafka::KrafkaError;
use krafka::consumer::{Consumer, ConsumerRecord};
use krafka::error::ErrorCode;

use super::ends::EndOffsets;
use super::{LAST_COMMITS, Poll, Run};
use crate::error::Error;
use crate::group;
use crate::kafka::topic_partition::TopicPartition;
use crate::observer::Notice;
use crate::run::commit::SettledOffsets;
use crate::run::consumer::{AssignmentChange, ChangeKind, FETCH_WAIT};

/// How long to wait after a failed poll.
const POLL_PAUSE: Duration = Duration::from_millis(500);

/// How long one poll waits while the group rebalances. The broker answers a delayed heartbeat
/// together with the request to join, and names the old generation. At the start of a poll, krafka
/// 0.28.1 takes this for a loss of the membership and joins as a new member, until the new
/// generation has started; a running poll ignores it. Long polls avoid such starts.
const REBALANCE_WAIT: Duration = Duration::from_secs(5);

impl Run {
    /// The next poll, after `pause`.
    pub(super) fn poll(&mut self, pause: Duration) -> Poll {
        let consumer = Arc::clone(&self.consumer);
        let wait = if self.rebalancing { REBALANCE_WAIT } else { FETCH_WAIT };
        let to_subscribe = self.watch.take_subscription();
        Box::pin(async move {
            tokio::time::sleep(pause).await;
            if let Some(topics) = to_subscribe {
                // Between two polls: during a poll, the member could join with a part of the
                // topics.
                subscribe(&consumer, &topics).await?;
            }
            consumer.poll(wait).await
        })
    }

    /// Takes the result of a poll, and returns how long to wait before the next one.
    pub(super) async fn receive(
        &mut self,
        polled: Result<Vec<ConsumerRecord>, KrafkaError>,
    ) -> Result<Duration, Error> {
        let records = match polled {
            Ok(records) => records,
            Err(source) if is_passing(&source) => {
                self.observer
                    .notice(&Notice::Broker(format!("cannot read, trying again: {source}")));
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
        self.check_positions(&records, &lags).await;
        self.assignment.receive(records, now);
        for (partition, lag) in lags {
            if let Some(partition) = self.assignment.get_mut(&TopicPartition::from(&partition)) {
                partition
                    .note_position(lag.position, lag.last_stable_offset.or(lag.high_watermark));
            }
        }
        Ok(Duration::ZERO)
    }

    /// Pauses partitions with many waiting records, and resumes partitions with few.
    pub(super) async fn control_flow(&mut self) {
        let limits = *self.assignment.limits();
        let mut turned = Vec::new();
        for (topic_partition, partition) in self.assignment.partitions() {
            let turn = if partition.paused {
                partition.wants_records(&limits)
            } else {
                partition.is_full(&limits)
            };
            if turn {
                turned.push(topic_partition.clone());
            }
        }
        for topic_partition in turned {
            let Some(partition) = self.assignment.get_mut(&topic_partition) else { continue };
            partition.paused = !partition.paused;
            if partition.paused {
                self.consumer.pause(&topic_partition.topic, &[topic_partition.partition]).await;
            } else {
                self.consumer.resume(&topic_partition.topic, &[topic_partition.partition]).await;
            }
        }
    }

    /// Handles a change of the assignment, or starts to.
    pub(super) fn change(&mut self, AssignmentChange { kind, partitions, done }: AssignmentChange) {
        self.rebalancing = !matches!(kind, ChangeKind::Assigned);
        self.has_joined |= !self.rebalancing;
        // Requests about these partitions belong to the old assignment.
        self.without_start.retain(|topic_partition, _| !partitions.contains(topic_partition));
        match kind {
            ChangeKind::Assigned if self.stopping => {}
            ChangeKind::Assigned => {
                self.watch.refresh_soon(Instant::now());
                self.find_starts(
                    partitions.into_iter().map(|topic_partition| (topic_partition, None)).collect(),
                );
            }
            ChangeKind::Lost => {
                let lost = partitions.len();
                let problem = format!(
                    "the group has taken {lost} partitions away: their records in flight are \
                     delivered again"
                );
                self.observer.notice(&Notice::Broker(problem));
                self.assignment.remove(&partitions);
            }
            ChangeKind::Revoked => {
                self.assignment.revoke(&partitions);
                self.revoked.push((partitions, done));
            }
        }
    }

    /// Hands over revoked partitions without records in flight whose offsets are committed, or
    /// whose commits have failed too often.
    pub(super) fn hand_over(&mut self) {
        let assignment = &mut self.assignment;
        let failed = self.committer.failures() >= LAST_COMMITS;
        self.revoked.retain(|(partitions, _)| {
            let ready = partitions
                .iter()
                .filter_map(|topic_partition| assignment.get(topic_partition))
                .all(|partition| !partition.busy && (failed || partition.uncommitted().is_none()));
            if ready {
                assignment.remove(partitions);
            }
            // Dropping the sender lets the group continue.
            !ready
        });
    }

    /// Handles the result of a commit.
    pub(super) fn committed(&mut self, sent: Result<SettledOffsets, KrafkaError>) {
        match sent {
            Ok(offsets) => self.assignment.confirm(&offsets),
            Err(error) => {
                let problem = format!("cannot commit offsets, trying again: {error}");
                self.observer.notice(&Notice::Broker(problem));
                // Offsets of a deleted topic cannot be committed.
                self.watch.refresh_soon(Instant::now());
            }
        }
    }

    /// Ends a run with `once` when all its goals are reached, also those of other members.
    pub(super) fn check_goals(&mut self) {
        let busy = !self.without_start.is_empty() || !self.assignment.is_drained();
        if !self.mapping.once || self.stopping || busy {
            return;
        }
        let goals: Vec<_> = self
            .assignment
            .goals_of_others()
            .map(|(topic_partition, goal)| (topic_partition.clone(), goal.clone()))
            .collect();
        if goals.is_empty() {
            self.stop();
        } else {
            self.other_members.check(&self.start_finder, goals, Instant::now());
        }
    }

    /// Handles the answer whether other members have reached their goals.
    pub(super) fn other_members_drained(&mut self, drained: bool) {
        // Their partitions may have been assigned to this member in the meantime.
        if drained && self.without_start.is_empty() && self.assignment.is_drained() {
            self.stop();
        }
    }

    /// Requests the ends of paused partitions, at intervals.
    pub(super) fn request_ends(&mut self, now: Instant) {
        if !self.ends.is_due(now) {
            return;
        }
        let paused = self.assignment.partitions().filter(|(_, partition)| partition.paused);
        let paused: Vec<TopicPartition> =
            paused.map(|(topic_partition, _)| topic_partition.clone()).collect();
        self.ends.request(&self.consumer, paused, now);
    }

    /// Notes the ends. A missing one is requested again later.
    pub(super) fn note_ends(&mut self, found: EndOffsets) {
        for ((topic, partition), end) in found {
            let topic_partition = TopicPartition { topic: topic.into(), partition };
            if let (Some(partition), Ok(end)) = (self.assignment.get_mut(&topic_partition), end) {
                partition.note_end(end);
            }
        }
    }
}

/// Subscribes to `topics` with current metadata; leaves the group if there are none.
async fn subscribe(consumer: &Consumer, topics: &[String]) -> Result<(), KrafkaError> {
    if topics.is_empty() {
        return consumer.unsubscribe().await;
    }
    for topic in topics {
        // A topic that no longer exists is not assigned to any member.
        let _ = consumer.fetch_metadata(Some(topic)).await;
    }
    consumer.subscribe(topics).await
}

/// Whether the next poll may succeed: the error is temporary, or the member can join again.
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
