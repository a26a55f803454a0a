//! Detects that the consumer's position has changed without a seek, or that it reads another topic
//! with the same name, before the records of a poll are taken.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use krafka::consumer::{ConsumerRecord, PartitionLag, TopicPartition};

use super::Run;
use crate::assignment::partition::Jump;
use crate::kafka::place::{Place, place};
use crate::kafka::topics::Identity;
use crate::observer::{Lost, LostKind};
use crate::run::beginner::Before;
use crate::settings::mapping::OutOfRange;

type Lags = HashMap<TopicPartition, PartitionLag>;

impl Run {
    /// Handles partitions whose position has jumped, or whose topic may be another one.
    pub(super) async fn watch_jumps(&mut self, records: &[ConsumerRecord], lags: &Lags) {
        let mut firsts: HashMap<(&str, i32), i64> = HashMap::new();
        for record in records {
            firsts.entry((&record.topic, record.partition)).or_insert(record.offset);
        }
        let (mut doubted, mut jumps) = (Vec::new(), Vec::new());
        for (partition, lag) in lags {
            let first = firsts.get(&(partition.topic.as_str(), partition.partition)).copied();
            let place = place(partition);
            let Some(owned) = self.assignment.get(&place) else { continue };
            let was_stale = if lag.stale {
                self.stale.insert(place.clone());
                false
            } else {
                self.stale.remove(&place)
            };
            if was_stale && first.is_some() {
                doubted.push(place.clone());
            }
            let Some(reached) = first.or(lag.position) else { continue };
            let jump = owned.compare(reached, lag.log_start_offset);
            if jump != Jump::None {
                jumps.push((place, jump, lag.high_watermark.unwrap_or(reached)));
            }
        }
        self.verify(doubted).await;
        for (place, jump, end) in jumps {
            self.watch.hurry(Instant::now());
            self.jumped(&place, jump, end).await;
        }
    }

    /// Restarts partitions that now belong to another topic. If a topic is created again, the
    /// client silently continues with the old offset, after a while without fetches.
    async fn verify(&mut self, doubted: Vec<Place>) {
        if doubted.is_empty() {
            return;
        }
        // This returns the client's cached metadata, without a request.
        let Ok(known) = self.consumer.fetch_metadata(None).await else { return };
        let known: BTreeMap<&str, Option<Identity>> =
            known.topics.iter().map(|it| (it.name.as_str(), Identity::of(it.topic_id))).collect();
        for place in doubted {
            let before = self.assignment.get(&place).and_then(|owned| owned.identity.as_ref());
            let now = known.get(&*place.topic).and_then(Option::as_ref);
            if before.is_some() && now.is_some() && before != now {
                self.watch.hurry(Instant::now());
                self.begin_anew(place, None).await;
            }
        }
    }

    /// Handles a change of the position without a seek.
    async fn jumped(&mut self, place: &Place, jump: Jump, end: i64) {
        match jump {
            Jump::None => {}
            Jump::Back { to } => self.begin_anew(place.clone(), to).await,
            Jump::Over { next, start } => {
                let stops = self.mapping.out_of_range == OutOfRange::Stop;
                let (topic, partition) = (Arc::clone(&place.topic), place.partition);
                let (kind, from) = (LostKind::Dropped, (!stops).then_some(start));
                self.lose(Lost { topic, partition, kind, offset: next, start, end, from });
            }
        }
    }

    /// Looks up the start offset of a partition again, and takes no records of it before that.
    pub(super) async fn begin_anew(&mut self, place: Place, cut_at: Option<i64>) {
        let Some(owned) = self.assignment.get(&place) else { return };
        let before = Before { next: owned.stand(), cut_at };
        self.assignment.remove(std::slice::from_ref(&place));
        self.consumer.pause(&place.topic, &[place.partition]).await;
        self.begin(vec![(place, Some(before))]);
    }
}
