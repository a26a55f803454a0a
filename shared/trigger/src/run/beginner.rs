//! Finds the start offset of an assigned partition: the group's committed offset, if the log has it
//! and it belongs to this topic; otherwise the starting position decides.
//!
//! A partition is not read before its start offset is known.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use krafka::admin::{ListConsumerGroupOffsetsOptions, ListOffsetsOptions, OffsetSpec};
use krafka::consumer::{Consumer, TopicPartition};
use krafka::{Kafka, KrafkaError};

use crate::assignment::begin::Begin;
use crate::kafka::committed::{self, Committed};
use crate::kafka::place::Place;
use crate::kafka::topics::{Identity, Topic};
use crate::observer::{Lost, LostKind};
use crate::settings::mapping::{OutOfRange, StartingPosition};

/// The timestamps by which `ListOffsets` returns the start and the end of the log.
const EARLIEST: i64 = -2;
const LATEST: i64 = -1;

/// How long the broker may take to answer a request that is rarely needed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Finds start offsets.
#[derive(Clone)]
pub(crate) struct Beginner {
    pub(crate) kafka: Kafka,
    pub(crate) consumer: Arc<Consumer>,
    pub(crate) group: String,
    pub(crate) position: StartingPosition,
    pub(crate) out_of_range: OutOfRange,
}

/// A request for the start offset of a partition.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) place: Place,
    /// Its topic at the start of the run, if it existed then.
    pub(crate) known: Option<Topic>,
    /// Its last position, if it was read until now.
    pub(crate) before: Option<Before>,
}

/// The answer to requests for start offsets.
pub(super) struct Begun {
    /// The number of the request.
    pub(super) turn: u64,
    pub(super) asked: Vec<Asked>,
    pub(super) attempt: u32,
    pub(super) found: Result<Vec<Begin>, KrafkaError>,
}

/// The last position of a partition whose start offset is looked up again.
#[derive(Debug, Clone)]
pub(crate) struct Before {
    /// The next offset to read. It is used if there is no committed offset, because the coordinator
    /// deletes the offsets of a deleted topic.
    pub(crate) next: Committed,
    /// Where the log was truncated, if it was and the topic is the same.
    pub(crate) cut_at: Option<i64>,
}

impl Asked {
    /// Whether the partition was created during the run, so that all its records are new.
    fn is_new(&self, identity: Option<&Identity>) -> bool {
        let Some(known) = &self.known else { return true };
        let other = match (&known.identity, identity) {
            (Some(known), Some(now)) => known != now,
            _ => false,
        };
        other || self.place.partition >= known.partitions
    }
}

/// The range of offsets of a log.
#[derive(Debug, Clone, Copy)]
struct Log {
    /// The offset of the oldest record.
    start: i64,
    /// The last stable offset.
    end: i64,
    /// The high watermark; records of open transactions are between the two.
    written: i64,
}

type Offsets = HashMap<(String, i32), i64>;

impl Beginner {
    /// Finds the start offsets of partitions. Leaves out partitions for which the cluster gives no
    /// answer: the request must be repeated for them.
    ///
    /// # Errors
    ///
    /// The group's committed offsets cannot be read.
    pub(crate) async fn find(&self, asked: &[Asked]) -> Result<Vec<Begin>, KrafkaError> {
        let identities = self.identities(asked).await;
        let committed = self.committed(asked).await?;
        let logs = self.logs(asked, &committed).await;
        let times = self.times(asked).await;
        let begin = |asked: &Asked| {
            let committed = committed.get(&asked.place);
            let log = logs.get(&asked.place)?;
            let identity = identities.get(&asked.place.topic)?.clone();
            let lost = cut(asked, identity.as_ref(), log).or_else(|| {
                committed
                    .and_then(|committed| lost(&asked.place, identity.as_ref(), committed, log))
            });
            let time = times.get(&key(&asked.place)).copied();
            let from = match (committed, lost.as_ref().map(|lost| lost.kind)) {
                (_, Some(LostKind::Cut)) => lost.as_ref()?.from?,
                (Some(committed), None) => committed.offset,
                // The records that are left are unread, whatever the starting position is.
                (_, Some(LostKind::Dropped)) => log.start,
                (_, Some(LostKind::Remade)) => self.start(true, log, time)?,
                (_, Some(_)) => self.start(false, log, time)?,
                (None, None) => self.start(asked.is_new(identity.as_ref()), log, time)?,
            };
            let stops = self.out_of_range == OutOfRange::Stop;
            let lost = lost.map(|lost| Lost { from: (!stops).then_some(from), ..lost });
            Some(Begin { place: asked.place.clone(), identity, from, end: log.end, lost })
        };
        Ok(asked.iter().filter_map(begin).collect())
    }

    /// Whether the group's committed offsets have reached all these goals. An offset that the log
    /// does not have does not count.
    pub(crate) async fn have_reached(&self, goals: &[(Place, i64)]) -> bool {
        let ask =
            |(place, _): &(Place, i64)| Asked { place: place.clone(), known: None, before: None };
        let asked: Vec<Asked> = goals.iter().map(ask).collect();
        let identities = self.identities(&asked).await;
        let Ok(committed) = self.committed(&asked).await else { return false };
        let logs = self.logs(&asked, &committed).await;
        goals.iter().all(|(place, goal)| {
            let known = (committed.get(place), logs.get(place), identities.get(&place.topic));
            let (Some(committed), Some(log), Some(identity)) = known else { return false };
            committed.offset >= *goal && lost(place, identity.as_ref(), committed, log).is_none()
        })
    }

    /// The current ids of the topics, without topics that do not exist. The consumer uses the same
    /// metadata from now on.
    async fn identities(&self, asked: &[Asked]) -> BTreeMap<Arc<str>, Option<Identity>> {
        let topics: BTreeSet<&Arc<str>> = asked.iter().map(|asked| &asked.place.topic).collect();
        let mut identities = BTreeMap::new();
        for topic in topics {
            let Ok(found) = self.consumer.fetch_metadata(Some(topic)).await else { continue };
            for found in found.topics {
                identities.insert(Arc::clone(topic), Identity::of(found.topic_id));
            }
        }
        identities
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

    async fn committed(&self, asked: &[Asked]) -> Result<BTreeMap<Place, Committed>, KrafkaError> {
        let partitions = asked.iter().map(|asked| partition(&asked.place)).collect();
        let options =
            ListConsumerGroupOffsetsOptions::default().require_stable(true).partitions(partitions);
        let mut committed = committed::list(&self.kafka, &self.group, options).await?;
        for Asked { place, before, .. } in asked {
            if let (false, Some(before)) = (committed.contains_key(place), before) {
                committed.insert(place.clone(), before.next.clone());
            }
        }
        Ok(committed)
    }

    async fn logs(
        &self,
        asked: &[Asked],
        committed: &BTreeMap<Place, Committed>,
    ) -> BTreeMap<Place, Log> {
        let starts = self.offsets(asked, EARLIEST).await;
        let ends = self.offsets(asked, LATEST).await;
        let log = |asked: &Asked| {
            let (start, end) = (*starts.get(&key(&asked.place))?, *ends.get(&key(&asked.place))?);
            Some((asked.place.clone(), Log { start, end, written: end }))
        };
        let mut logs: BTreeMap<Place, Log> = asked.iter().filter_map(log).collect();
        let beyond = |(place, log): (&Place, &Log)| {
            let committed = committed.get(place)?;
            (committed.offset > log.end).then(|| partition(place))
        };
        let beyond: Vec<TopicPartition> = logs.iter().filter_map(beyond).collect();
        for (place, written) in self.written(&beyond).await {
            match (logs.get_mut(&place), written) {
                (Some(log), Some(written)) => log.written = written,
                // The end is not known yet, so the request is repeated.
                _ => _ = logs.remove(&place),
            }
        }
        logs
    }

    /// The high watermarks of the partitions. Another tool may have moved the group to a record of
    /// an open transaction.
    async fn written(&self, partitions: &[TopicPartition]) -> Vec<(Place, Option<i64>)> {
        if partitions.is_empty() {
            return Vec::new();
        }
        let wanted = partitions.iter().map(|partition| (partition.clone(), OffsetSpec::Latest));
        let options = ListOffsetsOptions::default().timeout(PATIENCE);
        let listed = self.kafka.admin().list_offsets(wanted, options).await.unwrap_or_default();
        let offset = |partition: &TopicPartition| {
            listed.get(partition).and_then(|listed| Some(listed.as_ref().ok()?.offset))
        };
        partitions.iter().map(|it| (crate::kafka::place::place(it), offset(it))).collect()
    }

    async fn times(&self, asked: &[Asked]) -> Offsets {
        match self.position {
            StartingPosition::AtTimestamp(time) => self.offsets(asked, time).await,
            StartingPosition::TrimHorizon | StartingPosition::Latest => Offsets::new(),
        }
    }

    async fn offsets(&self, asked: &[Asked], time: i64) -> Offsets {
        let named: Vec<_> =
            asked.iter().map(|asked| (&*asked.place.topic, asked.place.partition)).collect();
        let found = self.consumer.offsets_for_times(&named, time).await;
        found.into_iter().filter_map(|(place, offset)| Some((place, offset.ok()?))).collect()
    }
}

fn key(place: &Place) -> (String, i32) {
    (place.topic.to_string(), place.partition)
}

fn partition(place: &Place) -> TopicPartition {
    TopicPartition::new(&*place.topic, place.partition)
}

/// The lost offset, if the log of the same topic was truncated while it was read.
fn cut(asked: &Asked, identity: Option<&Identity>, log: &Log) -> Option<Lost> {
    let before = asked.before.as_ref()?;
    let from = before.cut_at?;
    if before.next.lost(identity, (0, i64::MAX)) == Some(LostKind::Remade) {
        return None;
    }
    let Place { topic, partition } = asked.place.clone();
    let (kind, offset) = (LostKind::Cut, before.next.offset);
    Some(Lost {
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
    place: &Place,
    identity: Option<&Identity>,
    committed: &Committed,
    log: &Log,
) -> Option<Lost> {
    let (offset, start, end) = (committed.offset, log.start, log.written);
    let kind = committed.lost(identity, (start, end))?;
    let Place { topic, partition } = place.clone();
    Some(Lost { topic, partition, kind, offset, start, end, from: None })
}

#[cfg(test)]
mod tests;
