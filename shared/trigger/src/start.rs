//! Where a group begins that starts at a time or at the end: each partition without a committed
//! offset is sought to that place, before anything of it is read.

use std::sync::{OnceLock, Weak};

use krafka::KrafkaError;
use krafka::consumer::{Consumer, TopicPartition};

/// How often the offsets are asked for before the whole partition is read instead.
const ATTEMPTS: u32 = 5;

/// What `ListOffsets` calls the end of the log.
const LATEST: i64 = -1;

pub(crate) struct Start {
    timestamp: i64,
}

impl Start {
    pub(crate) fn new(timestamp: i64) -> Self {
        Self { timestamp }
    }

    pub(crate) fn at_the_end() -> Self {
        Self::new(LATEST)
    }

    /// Moves those of `partitions` that the group has committed nothing of.
    pub(crate) async fn seek(
        &self,
        consumer: &OnceLock<Weak<Consumer>>,
        partitions: &[TopicPartition],
    ) {
        let Some(consumer) = consumer.get().and_then(Weak::upgrade) else { return };
        for attempt in 1..=ATTEMPTS {
            if let Ok(starts) = self.starts(&consumer, partitions).await
                && consumer.seek_many(starts).await.is_ok()
            {
                return;
            }
            tokio::time::sleep(crate::retry::pause(attempt)).await;
        }
    }

    async fn starts(
        &self,
        consumer: &Consumer,
        partitions: &[TopicPartition],
    ) -> Result<Vec<(TopicPartition, i64)>, KrafkaError> {
        let asked: Vec<_> = partitions.iter().map(named).collect();
        let committed = consumer.committed(&asked).await?;
        let is_new = |(topic, partition): &(&str, i32)| {
            !committed.contains_key(&((*topic).to_owned(), *partition))
        };
        let new: Vec<_> = asked.into_iter().filter(is_new).collect();
        // The ends first: what is written from here on is of a later time, and is to be read.
        let mut ends = consumer.offsets_for_times(&new, LATEST).await;
        let found = consumer.offsets_for_times(&new, self.timestamp).await;
        let mut starts = Vec::new();
        for (place, found) in found {
            let start = match found? {
                none if none < 0 => ends.remove(&place).unwrap_or(Ok(none))?,
                found => found,
            };
            starts.push((TopicPartition::new(place.0, place.1), start));
        }
        Ok(starts)
    }
}

fn named(partition: &TopicPartition) -> (&str, i32) {
    (&partition.topic, partition.partition)
}
