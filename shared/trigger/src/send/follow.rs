//! The outcome of a record that was sent: the group has settled it, it became a letter, or it still
//! waits.
//!
//! Letters are recognised by the headers of Kafka Connect's dead-letter records (KIP-298), which
//! functions write too: they contain the topic, partition and offset of the record.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use krafka::consumer::{
    AutoOffsetReset, Consumer, ConsumerRecord, TopicPartition as ClientPartition,
};
use krafka::{Kafka, KrafkaError};

use crate::error::Error;
use crate::kafka::ends;
use crate::kafka::topic_partition::TopicPartition;
use crate::send::Sent;

const CONNECT: &str = "__connect.errors.";

/// How long one poll of the letter topics waits; then the group's offset is checked.
const POLL_WAIT: Duration = Duration::from_millis(200);
/// How long the broker may take to return all letters that exist.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the group's position is reported.
const REPORT_EVERY: Duration = Duration::from_secs(2);

/// The outcome of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordOutcome {
    /// The group has committed an offset after it, and there is no letter about it: it was written
    /// or filtered.
    Settled,
    /// It became a letter.
    Lettered {
        /// The position of the letter.
        letter: Sent,
        /// The reason in the letter.
        reason: String,
    },
    /// The timeout is over, and the record is not settled.
    Waiting(GroupPosition),
}

/// The position of a group in the record's partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPosition {
    /// The record.
    pub record: Sent,
    /// The group's committed offset; `None` if it has not committed one.
    pub committed: Option<i64>,
}

impl fmt::Display for GroupPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.committed {
            Some(committed) => {
                let ahead = self.record.offset - committed;
                write!(f, "the group is at offset {committed}, {ahead} records before it")
            }
            None => f.write_str("the group has not committed an offset in its partition yet"),
        }
    }
}

/// Follows a record: reads the letter topics from their ends before the record was sent.
pub struct RecordFollower<'k> {
    kafka: &'k Kafka,
    group: String,
    topics: Vec<ClientPartition>,
    letters: Consumer,
}

impl<'k> RecordFollower<'k> {
    /// Seeks to the ends of the letter topics. The group need not exist yet.
    ///
    /// # Errors
    ///
    /// One of the topics does not exist or cannot be read.
    pub async fn open(kafka: &'k Kafka, group: &str, topics: &[String]) -> Result<Self, Error> {
        let failed = Error::kafka("cannot read the topics for letters");
        let partitions = match topics {
            [] => Vec::new(),
            topics => ends::partitions(kafka, topics).await?,
        };
        let letters = kafka
            .consumer_without_group()
            .auto_offset_reset(AutoOffsetReset::Latest)
            .fetch_max_wait(POLL_WAIT)
            .metrics_push(false)
            .build()
            .await;
        let follower = Self {
            kafka,
            group: group.to_owned(),
            topics: partitions,
            letters: letters.map_err(failed)?,
        };
        follower.seek().await?;
        Ok(follower)
    }

    async fn seek(&self) -> Result<(), Error> {
        let mut of_topic: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
        for topic_partition in &self.topics {
            of_topic.entry(&topic_partition.topic).or_default().push(topic_partition.partition);
        }
        for (topic, partitions) in of_topic {
            let assigned = self.letters.assign(topic, partitions).await;
            assigned.map_err(Error::kafka("cannot read the topics for letters"))?;
        }
        for (TopicPartition { topic, partition }, end) in
            ends::all_ends(self.kafka, &self.topics).await?
        {
            let sought = self.letters.seek(&topic, partition, end).await;
            sought.map_err(Error::kafka("cannot read the topics for letters"))?;
        }
        Ok(())
    }

    /// Waits for the outcome of `sent`, at most for `patience`; reports the group's position to
    /// `report` at intervals.
    ///
    /// # Errors
    ///
    /// The letters or the group's offsets cannot be read.
    pub async fn follow(
        self,
        sent: &Sent,
        patience: Duration,
        mut report: impl FnMut(&GroupPosition),
    ) -> Result<RecordOutcome, Error> {
        let start = Instant::now();
        let mut reported_at = start;
        let outcome = loop {
            if let Some(letter) = self.poll(sent).await? {
                break letter;
            }
            let committed = self.committed(sent).await?;
            if committed.is_some_and(|committed| committed > sent.offset) {
                // Letters are acknowledged before anything is committed.
                break self.read_to_the_end(sent).await?;
            }
            let position = GroupPosition { record: sent.clone(), committed };
            if start.elapsed() >= patience {
                break RecordOutcome::Waiting(position);
            }
            if reported_at.elapsed() >= REPORT_EVERY {
                reported_at = Instant::now();
                report(&position);
            }
        };
        // An error does not matter: nothing else is read.
        let _ = self.letters.close().await;
        Ok(outcome)
    }

    async fn poll(&self, sent: &Sent) -> Result<Option<RecordOutcome>, Error> {
        if self.topics.is_empty() {
            tokio::time::sleep(POLL_WAIT).await;
            return Ok(None);
        }
        let records = self.letters.poll(POLL_WAIT).await;
        let records = records.map_err(Error::kafka("cannot read the topics for letters"))?;
        Ok(records.iter().find(|record| is_about(record, sent)).map(lettered))
    }

    /// Reads all letters that exist now, and returns the outcome.
    async fn read_to_the_end(&self, sent: &Sent) -> Result<RecordOutcome, Error> {
        let ends = ends::all_ends(self.kafka, &self.topics).await?;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let mut behind = false;
            for (TopicPartition { topic, partition }, end) in &ends {
                let position = self.letters.position(topic, *partition).await;
                behind |= position.is_none_or(|position| position < *end);
            }
            if !behind {
                return Ok(RecordOutcome::Settled);
            }
            if let Some(letter) = self.poll(sent).await? {
                return Ok(letter);
            }
        }
        let source = KrafkaError::timeout("the end was not reached");
        Err(Error::Kafka { doing: "cannot read the topics for letters", source })
    }

    async fn committed(&self, sent: &Sent) -> Result<Option<i64>, Error> {
        let admin = self.kafka.admin();
        let offsets = admin.list_consumer_group_offsets(&self.group, Default::default()).await;
        let offsets = offsets.map_err(Error::kafka("cannot read the group's offsets"))?;
        let topic_partition = ClientPartition::new(&sent.topic, sent.partition);
        Ok(offsets.get(&topic_partition).and_then(|offset| offset.as_ref().ok()?.offset))
    }
}

fn is_about(record: &ConsumerRecord, sent: &Sent) -> bool {
    let is = |name: &str, value: &str| header(record, &format!("{CONNECT}{name}")) == Some(value);
    is("topic", &sent.topic)
        && is("partition", &sent.partition.to_string())
        && is("offset", &sent.offset.to_string())
}

fn lettered(record: &ConsumerRecord) -> RecordOutcome {
    let letter = Sent {
        topic: record.topic.to_string(),
        partition: record.partition,
        offset: record.offset,
    };
    let reason = header(record, &format!("{CONNECT}exception.message"));
    RecordOutcome::Lettered {
        letter,
        reason: reason.unwrap_or("the letter gives no reason").to_owned(),
    }
}

/// The last header with this name: a later letter about the same record adds its headers at the
/// end.
fn header<'r>(record: &'r ConsumerRecord, name: &str) -> Option<&'r str> {
    let found = record.headers.iter().filter(|(known, _)| *known == name).last()?;
    std::str::from_utf8(found.1.as_ref()?).ok()
}
