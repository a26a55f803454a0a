//! Where a run that drains its topics is done.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::{Duration, Instant};

use krafka::Kafka;
use krafka::admin::{ListOffsetsOptions, OffsetSpec};
use krafka::consumer::TopicPartition;

use crate::assignment::Place;
use crate::error::Error;
use crate::run::beginner::Beginner;
use crate::run::consumer::place;

/// How often other members are asked after; each time costs the broker one request.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// The partitions of `topics`. A topic that is missing is named here, before anything waits for
/// it.
pub(crate) async fn partitions(
    kafka: &Kafka,
    topics: &[String],
) -> Result<Vec<TopicPartition>, Error> {
    let described = kafka
        .admin()
        .describe_topics(topics, Default::default())
        .await
        .map_err(Error::kafka("cannot look up the topics"))?;
    let mut partitions = Vec::new();
    for (topic, description) in described {
        let description = description.map_err(|error| Error::Topic(topic.clone(), error))?;
        let numbers = description.partitions.iter().map(|partition| partition.partition);
        partitions.extend(numbers.map(|number| TopicPartition::new(&topic, number)));
    }
    Ok(partitions)
}

/// The ends of `partitions` as they are now, without the partitions that hold nothing. What an
/// open transaction wrote counts as not written yet.
pub(crate) async fn ends(
    kafka: &Kafka,
    partitions: &[TopicPartition],
) -> Result<BTreeMap<Place, i64>, Error> {
    let starts = list(kafka, partitions, OffsetSpec::Earliest).await?;
    let mut ends = all_ends(kafka, partitions).await?;
    ends.retain(|place, end| starts.get(place).is_none_or(|start| start < end));
    Ok(ends)
}

/// The ends of `partitions` as they are now.
pub(crate) async fn all_ends(
    kafka: &Kafka,
    partitions: &[TopicPartition],
) -> Result<BTreeMap<Place, i64>, Error> {
    list(kafka, partitions, OffsetSpec::Latest).await
}

async fn list(
    kafka: &Kafka,
    partitions: &[TopicPartition],
    spec: OffsetSpec,
) -> Result<BTreeMap<Place, i64>, Error> {
    let failed = |source| Error::Kafka { doing: "cannot look up the end of a partition", source };
    let wanted = partitions.iter().map(|partition| (partition.clone(), spec));
    let options = ListOffsetsOptions::default().read_committed(true);
    let listed = kafka.admin().list_offsets(wanted, options).await.map_err(failed)?;
    listed
        .into_iter()
        .map(|(partition, listed)| Ok((place(&partition), listed.map_err(failed)?.offset)))
        .collect()
}

/// Asks what other members of the group have done, now and then, as long as it matters.
#[derive(Default)]
pub(crate) struct Elsewhere {
    asking: Option<Pin<Box<dyn Future<Output = bool> + Send>>>,
    ask_at: Option<Instant>,
}

impl Elsewhere {
    /// Asks whether the group has committed everything before `goals`, unless it was asked a
    /// moment ago. Until it has, the partitions may yet become ours.
    pub(crate) fn ask(&mut self, beginner: &Beginner, goals: Vec<(Place, i64)>, now: Instant) {
        if self.asking.is_some() || self.ask_at.is_some_and(|ask_at| ask_at > now) {
            return;
        }
        self.ask_at = Some(now + ASK_EVERY);
        let beginner = beginner.clone();
        self.asking = Some(Box::pin(async move { beginner.have_reached(&goals).await }));
    }

    /// Waits for the answer, for ever if nothing is asked.
    pub(crate) async fn answer(&mut self) -> bool {
        let Some(asking) = &mut self.asking else { return std::future::pending().await };
        let drained = asking.await;
        self.asking = None;
        drained
    }

    /// When it should be asked again.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        self.ask_at
    }
}
