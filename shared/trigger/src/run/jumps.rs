//! Detects that the consumer's position has changed without a seek, or that it reads another topic
//! with the same name, before the records of a poll are taken.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use krafka::consumer::{ConsumerRecord, PartitionLag, TopicPartition as ClientPartition};

use super::Run;
use crate::assignment::partition::Jump;
use crate::kafka::topic_partition::TopicPartition;
use crate::kafka::topics::TopicId;
use crate::observer::{LostOffset, LostReason};
use crate::run::start_offset::LastPosition;
use crate::settings::mapping::OutOfRange;

type Lags = HashMap<ClientPartition, PartitionLag>;

impl Run {
    /// Handles partitions that now belong to another topic, and those whose position has jumped.
    pub(super) async fn check_positions(&mut self, records: &[ConsumerRecord], lags: &Lags) {
        let mut firsts: HashMap<(&str, i32), i64> = HashMap::new();
        for record in records {
            firsts.entry((&record.topic, record.partition)).or_insert(record.offset);
        }
        self.verify(&firsts).await;
        let mut jumps = Vec::new();
        for (partition, lag) in lags {
            let first = firsts.get(&(partition.topic.as_str(), partition.partition)).copied();
            let topic_partition = TopicPartition::from(partition);
            let Some(owned) = self.assignment.get(&topic_partition) else { continue };
            let Some(reached) = first.or(lag.position) else { continue };
            let jump = owned.detect_jump(reached, lag.log_start_offset);
            if jump != Jump::None {
                jumps.push((topic_partition, jump, lag.high_watermark.unwrap_or(reached)));
            }
        }
        for (topic_partition, jump, end) in jumps {
            self.watch.refresh_soon(Instant::now());
            self.apply_jump(&topic_partition, jump, end).await;
        }
    }

    /// Restarts partitions with new records that now belong to another topic. If a topic is created
    /// again, the client silently continues with the old offset. It fetches by the id in its
    /// metadata, so that id is the one of these records, or a newer one.
    async fn verify(&mut self, fetched: &HashMap<(&str, i32), i64>) {
        if fetched.is_empty() {
            return;
        }
        // This returns the client's cached metadata, without a request.
        let Ok(known) = self.consumer.fetch_metadata(None).await else { return };
        let known: BTreeMap<&str, Option<TopicId>> =
            known.topics.iter().map(|it| (it.name.as_str(), TopicId::of(it.topic_id))).collect();
        for &(topic, partition) in fetched.keys() {
            let topic_partition = TopicPartition { topic: topic.into(), partition };
            let owned = self.assignment.get(&topic_partition);
            let before = owned.and_then(|owned| owned.topic_id.as_ref());
            let now = known.get(topic).and_then(Option::as_ref);
            if before.is_some() && now.is_some() && before != now {
                self.watch.refresh_soon(Instant::now());
                self.restart_partition(topic_partition, None).await;
            }
        }
    }

    /// Handles a change of the position without a seek.
    async fn apply_jump(&mut self, topic_partition: &TopicPartition, jump: Jump, end: i64) {
        match jump {
            Jump::None => {}
            Jump::Back { to } => self.restart_partition(topic_partition.clone(), to).await,
            Jump::Over { next, start } => {
                let stops = self.mapping.out_of_range == OutOfRange::Stop;
                let (topic, partition) =
                    (Arc::clone(&topic_partition.topic), topic_partition.partition);
                let (kind, from) = (LostReason::Deleted, (!stops).then_some(start));
                self.report_lost(LostOffset {
                    topic,
                    partition,
                    kind,
                    offset: next,
                    start,
                    end,
                    from,
                });
            }
        }
    }

    /// Looks up the start offset of a partition again, and takes no records of it before that.
    pub(super) async fn restart_partition(
        &mut self,
        topic_partition: TopicPartition,
        truncated_at: Option<i64>,
    ) {
        let Some(owned) = self.assignment.get(&topic_partition) else { return };
        let before = LastPosition { next: owned.next_offset(), truncated_at };
        self.assignment.remove_gone(std::slice::from_ref(&topic_partition));
        self.consumer.pause(&topic_partition.topic, &[topic_partition.partition]).await;
        self.find_starts(vec![(topic_partition, Some(before))]);
    }
}
