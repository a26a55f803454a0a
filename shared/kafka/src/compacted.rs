//! A compacted topic, read to its very end: the last value of each key.
//!
//! The end is the high watermark, not the last stable offset: behind an open transaction of somebody else there may be
//! committed records that the last stable offset hides. The reader waits until that transaction has ended.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;
use krafka::admin::{
    ConfigResource, CreateTopicsOptions, DescribeConfigsOptions, DescribeTopicsOptions,
    ListOffsetsOptions, NewTopic, OffsetSpec,
};
use krafka::consumer::{AutoOffsetReset, Consumer, IsolationLevel, TopicPartition};
use krafka::error::ErrorCode;
use krafka::{Kafka, KrafkaError};
use tokio::time::Instant;

use crate::{Access, SendError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
const WAIT: Duration = Duration::from_millis(100);
const POLICY: &str = "cleanup.policy";

/// The committed values of a compacted topic, by key; `None` if there is no such topic. It changes nothing.
///
/// # Errors
/// The cluster cannot be reached, the topic is not compacted, or its end was not reached by `deadline`, also because
/// somebody's transaction is open in it.
pub async fn read_compacted(
    access: &Access,
    topic: &str,
    deadline: Instant,
) -> Result<Option<HashMap<Bytes, Bytes>>, SendError> {
    let kafka = access.connect_with(access.builder().connect_timeout(CONNECT_TIMEOUT)).await?;
    let compacted = Compacted { kafka: &kafka, topic, servers: access.servers() };
    let found = compacted.read_existing(Until::End(deadline)).await?;
    Ok(found.map(|found| found.values))
}

/// How far to read, and by when.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// To the end.
    End(Instant),
    /// To the end, or to where nothing comes for a moment, perhaps because of an open transaction.
    Stalled(Instant),
}

/// What was read.
#[derive(Debug)]
pub(crate) struct Found {
    /// The last value of each key.
    pub(crate) values: HashMap<Bytes, Bytes>,
    /// Whether the end was reached.
    pub(crate) is_whole: bool,
}

/// A compacted topic of one cluster.
pub(crate) struct Compacted<'k> {
    pub(crate) kafka: &'k Kafka,
    pub(crate) topic: &'k str,
    pub(crate) servers: &'k str,
}

impl Compacted<'_> {
    /// Reads everything that is committed. A topic that is missing is created, with one partition.
    ///
    /// # Errors
    /// The topic is not compacted; or its end was not reached by `deadline`, because a server does not answer or
    /// because somebody's transaction stays open.
    pub(crate) async fn read(&self, until: Until) -> Result<Found, SendError> {
        match self.read_existing(until).await? {
            Some(found) => Ok(found),
            None => {
                self.create().await?;
                Ok(Found { values: HashMap::new(), is_whole: true })
            }
        }
    }

    /// The same of a topic that is not created; `None` if it is missing.
    pub(crate) async fn read_existing(&self, until: Until) -> Result<Option<Found>, SendError> {
        let (partitions, compaction) = tokio::join!(self.partitions(), self.require_compaction());
        let Some(partitions) = partitions? else { return Ok(None) };
        compaction?;
        let ends = self.ends(&partitions).await?;
        if ends.is_empty() {
            return Ok(Some(Found { values: HashMap::new(), is_whole: true }));
        }
        let consumer = self.consumer(&ends).await.map_err(|error| self.failed(&error))?;
        let read = self.drain(&consumer, &ends, until).await;
        // What it still holds is not needed.
        let _ = consumer.close().await;
        read.map(Some)
    }

    /// `None` if there is no such topic.
    async fn partitions(&self) -> Result<Option<Vec<TopicPartition>>, SendError> {
        let described = self.kafka.admin();
        let described =
            described.describe_topics([self.topic], DescribeTopicsOptions::default()).await;
        let mut described = described.map_err(|_| SendError::misnamed(self.topic, self.servers))?;
        match described.remove(self.topic) {
            Some(Ok(found)) => {
                let numbers = found.partitions.iter().map(|partition| partition.partition);
                let partition = |number| TopicPartition::new(self.topic, number);
                Ok(Some(numbers.map(partition).collect()))
            }
            Some(Err(KrafkaError::Broker { code: ErrorCode::UnknownTopicOrPartition, .. })) => {
                Ok(None)
            }
            Some(Err(error)) => Err(SendError::looking_up(&error, self.topic, self.servers)),
            None => Err(SendError::timed_out("answer", self.servers)),
        }
    }

    async fn create(&self) -> Result<(), SendError> {
        let topic =
            NewTopic::new(self.topic, 1, -1).map(|topic| topic.with_config(POLICY, "compact"));
        let topic = topic.map_err(|_| SendError::misnamed(self.topic, self.servers))?;
        let created =
            self.kafka.admin().create_topics([topic], CreateTopicsOptions::default()).await;
        let created = created.map_err(|error| self.failed(&error))?;
        match created.into_values().next() {
            Some(Err(error)) => Err(not_created(&error, self.topic, self.servers)),
            _ => Ok(()),
        }
    }

    /// With another policy the offsets would vanish with time, and rows would be told twice.
    async fn require_compaction(&self) -> Result<(), SendError> {
        let resource = ConfigResource::topic(self.topic);
        let options = DescribeConfigsOptions::default().config_names(vec![POLICY.to_owned()]);
        let described = self.kafka.admin().describe_configs([resource], options).await;
        let described = described.map_err(|error| self.failed(&error))?;
        // Whoever may not ask is not kept from reading.
        let Some(Ok(entries)) = described.into_values().next() else { return Ok(()) };
        let policy = entries.into_iter().find(|entry| entry.name == POLICY);
        match policy.and_then(|policy| policy.value) {
            Some(policy) if policy != "compact" => Err(SendError::Refused(format!(
                "topic {} at {} has {POLICY}={policy}: it keeps offsets and needs {POLICY}=compact",
                self.topic, self.servers
            ))),
            _ => Ok(()),
        }
    }

    /// The high watermarks of the partitions that hold something.
    async fn ends(&self, partitions: &[TopicPartition]) -> Result<BTreeMap<i32, i64>, SendError> {
        let wanted = partitions.iter().map(|partition| (partition.clone(), OffsetSpec::Latest));
        let options = ListOffsetsOptions::default().read_committed(false);
        let listed = self.kafka.admin().list_offsets(wanted, options).await;
        let mut ends = BTreeMap::new();
        for (partition, end) in listed.map_err(|error| self.failed(&error))? {
            let end = end.map_err(|error| self.failed(&error))?.offset;
            if end > 0 {
                ends.insert(partition.partition, end);
            }
        }
        Ok(ends)
    }

    async fn consumer(&self, ends: &BTreeMap<i32, i64>) -> Result<Consumer, KrafkaError> {
        let consumer = self
            .kafka
            .consumer_without_group()
            .auto_offset_reset(AutoOffsetReset::Earliest)
            .isolation_level(IsolationLevel::ReadCommitted)
            .fetch_max_wait(WAIT)
            .metrics_push(false)
            .build()
            .await?;
        consumer.assign(self.topic, ends.keys().copied().collect()).await?;
        for partition in ends.keys() {
            consumer.seek_to_beginning(self.topic, *partition).await?;
        }
        Ok(consumer)
    }

    async fn drain(
        &self,
        consumer: &Consumer,
        ends: &BTreeMap<i32, i64>,
        until: Until,
    ) -> Result<Found, SendError> {
        let mut values = HashMap::new();
        loop {
            let records = consumer.poll(WAIT).await.map_err(|error| self.failed(&error))?;
            let is_stalled = records.is_empty();
            for record in records {
                match (record.key, record.value) {
                    (Some(key), Some(value)) => drop(values.insert(key, value)),
                    (Some(key), None) => drop(values.remove(&key)),
                    (None, _) => {}
                }
            }
            if self.is_reached(consumer, ends).await {
                return Ok(Found { values, is_whole: true });
            }
            let (Until::Stalled(deadline) | Until::End(deadline)) = until;
            if is_stalled && matches!(until, Until::Stalled(_)) {
                return Ok(Found { values, is_whole: false });
            }
            if Instant::now() >= deadline {
                let what = format!("hand out topic {} to its end", self.topic);
                return Err(SendError::timed_out(&what, self.servers));
            }
        }
    }

    async fn is_reached(&self, consumer: &Consumer, ends: &BTreeMap<i32, i64>) -> bool {
        for (partition, end) in ends {
            if consumer.position(self.topic, *partition).await.is_none_or(|at| at < *end) {
                return false;
            }
        }
        true
    }

    fn failed(&self, error: &KrafkaError) -> SendError {
        SendError::looking_up(error, self.topic, self.servers)
    }
}

/// A topic that exists after all was not seen a moment ago: by a broker whose knowledge is old, or because somebody has
/// just created it. It may hold offsets, so nothing may begin without them.
fn not_created(error: &KrafkaError, topic: &str, servers: &str) -> SendError {
    match error {
        KrafkaError::Broker { code: ErrorCode::TopicAlreadyExists, .. } => {
            SendError::Unavailable(format!(
                "topic {topic} at {servers} was missing and exists now: it has to be read again"
            ))
        }
        _ => SendError::looking_up(error, topic, servers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_that_exists_after_all_is_not_empty() {
        let error = KrafkaError::broker(ErrorCode::TopicAlreadyExists, "x");
        let told = not_created(&error, "c-offsets", "b:9092");
        assert!(matches!(told, SendError::Unavailable(_)), "{told}");
        let error = KrafkaError::broker(ErrorCode::TopicAuthorizationFailed, "x");
        let told = not_created(&error, "c-offsets", "b:9092");
        assert!(matches!(told, SendError::Unauthorized(_)), "{told}");
    }
}
