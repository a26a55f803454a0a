//! A consumer group, without joining it: its state, its offsets, and moving its offsets.
//!
//! Display belongs to the command line. A move is planned first, as data, and carried out only on
//! request; a group with members is never moved.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use krafka::admin::{ListOffsetsOptions, OffsetSpec};
use krafka::consumer::TopicPartition as ClientPartition;
use krafka::error::ErrorCode;
use krafka::{Kafka, KrafkaError};

use crate::error::Error;
use crate::kafka::committed::{self, Committed};
use crate::kafka::lost_offset::LostReason;
use crate::kafka::topics::{TopicSelection, View};

mod plan;

pub use plan::{Move, Target};

/// A group and its offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its state, by the coordinator's name: `Stable`, `Empty`, `Dead` if it does not exist, …
    pub state: String,
    /// The number of its members.
    pub members: usize,
    /// The partitions, ordered by topic and number.
    pub partitions: Vec<GroupPartition>,
    /// Topics in which the group has committed offsets, but which do not exist.
    pub gone: Vec<String>,
}

/// A group's offset in one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPartition {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The committed offset: the next offset that the group reads.
    pub committed: Option<i64>,
    /// The log's start offset.
    pub start: i64,
    /// The end of the log; records of open transactions do not count.
    pub end: i64,
    /// Why the log does not have the committed offset, if it does not.
    pub out_of_range: Option<LostReason>,
}

impl GroupPartition {
    /// The number of records that the group has not read yet: all records of the partition if it
    /// has not committed an offset, or if the log does not have the offset.
    #[must_use]
    pub fn lag(&self) -> u64 {
        let from = match (self.committed, self.out_of_range) {
            (Some(committed), None) => committed.max(self.start),
            _ => self.start,
        };
        u64::try_from(self.end - from).unwrap_or(0)
    }
}

impl Group {
    /// The lag of all partitions together.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.partitions.iter().map(GroupPartition::lag).sum()
    }

    /// Whether it has members, or members are joining.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.members > 0 || !matches!(self.state.as_str(), "Empty" | "Dead")
    }
}

/// Looks up a group: its offsets in `topics`, or if `topics` is empty in all topics in which it has
/// committed offsets.
///
/// # Errors
///
/// A topic does not exist, or the broker does not answer or refuses the request.
pub async fn look_up(kafka: &Kafka, name: &str, topics: &[String]) -> Result<Group, Error> {
    let (state, members) = describe(kafka, name).await?;
    let committed = commits(kafka, name).await?;
    let named: BTreeSet<&String> = topics.iter().collect();
    let known: BTreeSet<&String> = committed.keys().map(|(topic, _)| topic).collect();
    let all = if named.is_empty() { &known } else { &named };
    let selection = TopicSelection::Named(all.iter().copied().cloned().collect());
    let looking = Error::kafka("cannot describe the topics");
    let mut view = selection.look_up(kafka).await.map_err(looking)?;
    if !named.is_empty()
        && let Some((topic, error)) = view.missing.pop_first()
    {
        return Err(Error::Topic(topic, error));
    }
    let gone = view.missing.into_keys().collect();
    let view = View { missing: BTreeMap::new(), ..view };
    let partitions: Vec<_> = view.partitions().collect();
    let starts = list(kafka, &partitions, OffsetSpec::Earliest, true).await?;
    let ends = list(kafka, &partitions, OffsetSpec::Latest, true).await?;
    let written = list(kafka, &partitions, OffsetSpec::Latest, false).await?;
    let partitions = starts.into_iter().filter_map(|(partition, start)| {
        let end = *ends.get(&partition)?;
        let commit = committed.get(&partition);
        let topic_id = view.topics.get(&*partition.0).and_then(|topic| topic.topic_id.as_ref());
        let log = (start, *written.get(&partition)?);
        let out_of_range = commit.and_then(|commit| commit.lost(topic_id, log));
        let committed = commit.map(|commit| commit.offset);
        let (topic, partition) = partition;
        Some(GroupPartition { topic, partition, committed, start, end, out_of_range })
    });
    Ok(Group { name: name.to_owned(), state, members, partitions: partitions.collect(), gone })
}

/// Commits the offsets of `moves` for the group.
///
/// # Errors
///
/// The group has members by now, or the broker refuses. Some offsets may be committed then; call
/// [`look_up`] to see which.
pub async fn move_offsets(kafka: &Kafka, group: &str, moves: &[Move]) -> Result<(), Error> {
    let (state, members) = describe(kafka, group).await?;
    let (partitions, gone) = (Vec::new(), Vec::new());
    let now = Group { name: group.to_owned(), state, members, partitions, gone };
    if now.is_active() {
        return Err(active_error(&now));
    }
    let offsets =
        moves.iter().map(|step| (ClientPartition::new(&step.topic, step.partition), step.to));
    let admin = kafka.admin();
    let altered = admin.alter_consumer_group_offsets(group, offsets, Default::default());
    for (_, result) in altered.await.map_err(Error::kafka("cannot commit the offsets"))? {
        result.map_err(|source| match source {
            // The coordinator's answer if a member has joined in the meantime.
            KrafkaError::Broker { code: ErrorCode::UnknownMemberId, .. } => active_error(&now),
            source => Error::Kafka { doing: "cannot commit the offsets", source },
        })?;
    }
    Ok(())
}

/// The error for a group that cannot be moved because it is active.
#[must_use]
pub fn active_error(group: &Group) -> Error {
    Error::Group(format!(
        "group {} is active ({} members, state {}): stop its members first, because they would \
         continue at their own offsets",
        group.name, group.members, group.state
    ))
}

/// The state and the number of members; the state of a group that does not exist is `Dead`.
async fn describe(kafka: &Kafka, group: &str) -> Result<(String, usize), Error> {
    let failed = Error::kafka("cannot describe the group");
    let mut described =
        match kafka.admin().describe_consumer_groups([group], Default::default()).await {
            Ok(described) => described,
            Err(error) => return Err(failed(error)),
        };
    match described.remove(group) {
        Some(Ok(found)) => Ok((found.state, found.members.len())),
        Some(Err(KrafkaError::Broker { code: ErrorCode::GroupIdNotFound, .. })) | None => {
            Ok(("Dead".to_owned(), 0))
        }
        Some(Err(error)) => Err(failed(error)),
    }
}

/// The partitions that are assigned to members of the group; `None` during a rebalance, or if the
/// assignment of a member is not known.
pub(crate) async fn assigned_partitions(
    kafka: &Kafka,
    group: &str,
) -> Result<Option<HashSet<ClientPartition>>, KrafkaError> {
    let admin = kafka.admin();
    let mut described = admin.describe_consumer_groups([group], Default::default()).await?;
    let Some(found) = described.remove(group) else { return Ok(None) };
    let found = found?;
    if found.state != "Stable" {
        return Ok(None);
    }
    let mut assigned = HashSet::new();
    for member in found.members {
        let Some(assignment) = member.assignment else { return Ok(None) };
        for topic in assignment {
            let name = &topic.topic_name;
            assigned.extend(topic.partitions.iter().map(|it| ClientPartition::new(name, *it)));
        }
    }
    Ok(Some(assigned))
}

/// The error for a group whose members support none of our partition assignment strategies.
pub(crate) async fn other_protocol(kafka: &Kafka, group: &str) -> Error {
    let admin = kafka.admin();
    let described = admin.describe_consumer_groups([group], Default::default()).await;
    let found = described.ok().and_then(|mut found| found.remove(group)?.ok());
    let theirs = match found.as_ref().and_then(|found| found.assignor.as_deref()) {
        Some(assignor) if !assignor.is_empty() => format!("the assignment protocol {assignor}"),
        _ => "another assignment protocol".to_owned(),
    };
    Error::Group(format!(
        "group {group} has members that use {theirs}; this command uses roundrobin or range: stop \
         those members, add roundrobin or range to their partition.assignment.strategy, or use \
         another group"
    ))
}

const LOOKING: &str = "cannot look up offsets";

pub(crate) type NamedPartition = (String, i32);

/// The committed offsets of a group, by topic and partition.
pub(crate) async fn committed(
    kafka: &Kafka,
    group: &str,
) -> Result<BTreeMap<NamedPartition, i64>, Error> {
    let commits = commits(kafka, group).await?;
    Ok(commits.into_iter().map(|(partition, commit)| (partition, commit.offset)).collect())
}

async fn commits(kafka: &Kafka, group: &str) -> Result<BTreeMap<NamedPartition, Committed>, Error> {
    let listed = committed::list(kafka, group, Default::default()).await;
    let listed = listed.map_err(Error::kafka("cannot read the group's offsets"))?;
    let named =
        |(partition, commit): (crate::kafka::topic_partition::TopicPartition, Committed)| {
            ((partition.topic.to_string(), partition.partition), commit)
        };
    Ok(listed.into_iter().map(named).collect())
}

async fn list(
    kafka: &Kafka,
    partitions: &[ClientPartition],
    spec: OffsetSpec,
    read_committed: bool,
) -> Result<BTreeMap<NamedPartition, i64>, Error> {
    let failed = |source| Error::Kafka { doing: LOOKING, source };
    let wanted = partitions.iter().map(|partition| (partition.clone(), spec));
    let options = ListOffsetsOptions::default().read_committed(read_committed);
    let mut offsets = BTreeMap::new();
    for (partition, listed) in kafka.admin().list_offsets(wanted, options).await.map_err(failed)? {
        let offset = listed.map_err(failed)?.offset;
        offsets.insert((partition.topic, partition.partition), offset);
    }
    Ok(offsets)
}

/// The offset of the first record with this timestamp or a later one, for each partition that has
/// one. The admin client would repeat the request for the other partitions, so a consumer is used.
pub(crate) async fn offsets_of_time(
    kafka: &Kafka,
    partitions: &[(&str, i32)],
    time: i64,
) -> Result<BTreeMap<NamedPartition, i64>, Error> {
    let failed = |source| Error::Kafka { doing: LOOKING, source };
    let consumer = kafka.consumer_without_group().build().await.map_err(failed)?;
    let mut found = BTreeMap::new();
    for (partition, offset) in consumer.offsets_for_times(partitions, time).await {
        let offset = offset.map_err(failed)?;
        if offset >= 0 {
            found.insert(partition, offset);
        }
    }
    Ok(found)
}
