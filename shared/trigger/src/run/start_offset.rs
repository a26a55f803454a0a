//! Finds the start offset of an assigned partition: the group's committed offset, if the log has it
//! and it belongs to this topic; otherwise the starting position decides.
//!
//! A partition is not read before its start offset is known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use krafka::admin::ListConsumerGroupOffsetsOptions;
use krafka::consumer::Consumer;
use krafka::{Kafka, KrafkaError};

use crate::assignment::goals::Goal;
use crate::assignment::start::PartitionStart;
use crate::kafka::committed::{self, Committed};
use crate::kafka::topic_partition::TopicPartition;
use crate::kafka::topics::{Topic, TopicId};
use crate::observer::{LostOffset, LostReason};
use crate::run::log::{self, Log, Offsets};
use crate::settings::mapping::{OutOfRange, StartingPosition};

/// Finds start offsets.
#[derive(Clone)]
pub(crate) struct StartOffsetFinder {
    pub(crate) kafka: Kafka,
    pub(crate) consumer: Arc<Consumer>,
    pub(crate) group: String,
    pub(crate) position: StartingPosition,
    pub(crate) out_of_range: OutOfRange,
}

/// A request for the start offset of a partition.
#[derive(Debug, Clone)]
pub(crate) struct StartRequest {
    pub(crate) topic_partition: TopicPartition,
    /// Its topic at the start of the run, if it existed then.
    pub(crate) known: Option<Topic>,
    /// Its last position, if it was read until now.
    pub(crate) before: Option<LastPosition>,
}

/// The answer to requests for start offsets.
pub(super) struct StartAnswer {
    /// The number of the request.
    pub(super) turn: u64,
    pub(super) requests: Vec<StartRequest>,
    pub(super) attempt: u32,
    pub(super) found: Result<Vec<PartitionStart>, KrafkaError>,
}

/// The last position of a partition whose start offset is looked up again.
#[derive(Debug, Clone)]
pub(crate) struct LastPosition {
    /// The next offset to read. It is used if there is no committed offset, because the coordinator
    /// deletes the offsets of a deleted topic.
    pub(crate) next: Committed,
    /// Where the log was truncated, if it was and the topic is the same.
    pub(crate) truncated_at: Option<i64>,
}

impl StartRequest {
    /// Whether the partition was created during the run, so that all its records are new.
    fn is_new(&self, topic_id: Option<&TopicId>) -> bool {
        let Some(known) = &self.known else { return true };
        let other = match (&known.topic_id, topic_id) {
            (Some(known), Some(now)) => known != now,
            _ => false,
        };
        other || self.topic_partition.partition >= known.partitions
    }
}

impl StartOffsetFinder {
    /// Finds the start offsets of partitions. Leaves out partitions for which the cluster gives no
    /// answer: the request must be repeated for them.
    ///
    /// # Errors
    ///
    /// The group's committed offsets cannot be read.
    pub(crate) async fn find(
        &self,
        requests: &[StartRequest],
    ) -> Result<Vec<PartitionStart>, KrafkaError> {
        let topic_ids = self.topic_ids(requests).await;
        let committed = self.committed(requests).await?;
        let partitions: Vec<_> = requests.iter().map(|request| &request.topic_partition).collect();
        let logs = log::logs(&self.kafka, &self.consumer, &partitions, &committed).await;
        let times = self.times(&partitions).await;
        let start = |request: &StartRequest| {
            let committed = committed.get(&request.topic_partition);
            let log = logs.get(&request.topic_partition)?;
            let topic_id = topic_ids.get(&request.topic_partition.topic)?.clone();
            let lost = truncated(request, topic_id.as_ref(), log).or_else(|| {
                committed.and_then(|committed| {
                    lost(&request.topic_partition, topic_id.as_ref(), committed, log)
                })
            });
            let time = times.get(&log::key(&request.topic_partition)).copied();
            let from = match (committed, lost.as_ref().map(|lost| lost.kind)) {
                (_, Some(LostReason::Truncated)) => lost.as_ref()?.from?,
                (Some(committed), None) => committed.offset,
                // The records that are left are unread, whatever the starting position is.
                (_, Some(LostReason::Deleted)) => log.start,
                (_, Some(LostReason::TopicRecreated)) => self.start(true, log, time)?,
                (_, Some(_)) => self.start(false, log, time)?,
                (None, None) => self.start(request.is_new(topic_id.as_ref()), log, time)?,
            };
            let stops = self.out_of_range == OutOfRange::Stop;
            let lost = lost.map(|lost| LostOffset { from: (!stops).then_some(from), ..lost });
            Some(PartitionStart {
                topic_partition: request.topic_partition.clone(),
                topic_id,
                from,
                end: log.end,
                lost,
            })
        };
        Ok(requests.iter().filter_map(start).collect())
    }

    /// Whether the group's committed offsets have reached all these goals. An offset that the log
    /// does not have does not count.
    pub(crate) async fn have_reached(&self, goals: &[(TopicPartition, Goal)]) -> bool {
        let request = |(topic_partition, _): &(TopicPartition, Goal)| StartRequest {
            topic_partition: topic_partition.clone(),
            known: None,
            before: None,
        };
        let requests: Vec<StartRequest> = goals.iter().map(request).collect();
        let topic_ids = self.topic_ids(&requests).await;
        let Ok(committed) = self.committed(&requests).await else { return false };
        let partitions: Vec<_> = requests.iter().map(|request| &request.topic_partition).collect();
        let logs = log::logs(&self.kafka, &self.consumer, &partitions, &committed).await;
        goals.iter().all(|(topic_partition, goal)| {
            let known = (logs.get(topic_partition), topic_ids.get(&topic_partition.topic));
            let (Some(log), Some(topic_id)) = known else { return false };
            let goal = goal.within(topic_id.as_ref(), log.end);
            let reached = |committed: &Committed| {
                committed.offset >= goal
                    && lost(topic_partition, topic_id.as_ref(), committed, log).is_none()
            };
            // No member commits an offset of a partition without records.
            committed.get(topic_partition).map_or(goal <= log.start, reached)
        })
    }

    /// The current ids of the topics, without topics that do not exist. The consumer uses the same
    /// metadata from now on.
    async fn topic_ids(&self, requests: &[StartRequest]) -> BTreeMap<Arc<str>, Option<TopicId>> {
        let topics: BTreeSet<&Arc<str>> =
            requests.iter().map(|request| &request.topic_partition.topic).collect();
        let mut topic_ids = BTreeMap::new();
        for topic in topics {
            let Ok(found) = self.consumer.fetch_metadata(Some(topic)).await else { continue };
            for found in found.topics {
                topic_ids.insert(Arc::clone(topic), TopicId::of(found.topic_id));
            }
        }
        topic_ids
    }

    /// The offset of the starting position in a log. All records of a new log are newer than the
    /// start of the group, so `Latest` means all of them.
    fn start(&self, is_new: bool, log: &Log, time: Option<i64>) -> Option<i64> {
        match self.position {
            StartingPosition::Latest if !is_new => Some(log.end),
            StartingPosition::TrimHorizon | StartingPosition::Latest => Some(log.start),
            StartingPosition::AtTimestamp(_) => match time? {
                none if none < 0 => Some(log.end),
                found => Some(found),
            },
        }
    }

    async fn committed(
        &self,
        requests: &[StartRequest],
    ) -> Result<BTreeMap<TopicPartition, Committed>, KrafkaError> {
        let partitions = requests
            .iter()
            .map(|request| log::client_partition(&request.topic_partition))
            .collect();
        let options =
            ListConsumerGroupOffsetsOptions::default().require_stable(true).partitions(partitions);
        let mut committed = committed::list(&self.kafka, &self.group, options).await?;
        for StartRequest { topic_partition, before, .. } in requests {
            if let (false, Some(before)) = (committed.contains_key(topic_partition), before) {
                committed.insert(topic_partition.clone(), before.next.clone());
            }
        }
        Ok(committed)
    }

    /// The offsets of the starting position, if it is a time.
    async fn times(&self, partitions: &[&TopicPartition]) -> Offsets {
        match self.position {
            StartingPosition::AtTimestamp(time) => {
                log::offsets(&self.consumer, partitions, time).await
            }
            StartingPosition::TrimHorizon | StartingPosition::Latest => Offsets::new(),
        }
    }
}

/// The lost offset, if the log of the same topic was truncated while it was read.
fn truncated(request: &StartRequest, topic_id: Option<&TopicId>, log: &Log) -> Option<LostOffset> {
    let before = request.before.as_ref()?;
    let from = before.truncated_at?;
    if before.next.lost(topic_id, (0, i64::MAX)) == Some(LostReason::TopicRecreated) {
        return None;
    }
    let TopicPartition { topic, partition } = request.topic_partition.clone();
    let (kind, offset) = (LostReason::Truncated, before.next.offset);
    Some(LostOffset {
        topic,
        partition,
        kind,
        offset,
        start: log.start,
        end: log.written,
        from: Some(from),
    })
}

/// The lost offset, if the log does not have the committed offset.
fn lost(
    topic_partition: &TopicPartition,
    topic_id: Option<&TopicId>,
    committed: &Committed,
    log: &Log,
) -> Option<LostOffset> {
    let (offset, start, end) = (committed.offset, log.start, log.written);
    let kind = committed.lost(topic_id, (start, end))?;
    let TopicPartition { topic, partition } = topic_partition.clone();
    Some(LostOffset { topic, partition, kind, offset, start, end, from: None })
}

#[cfg(test)]
mod tests;
