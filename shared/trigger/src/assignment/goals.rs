//! Where a run with `once` is done: the ends of its topics, as they were at its start. If a topic is
//! deleted and created again during the run, its new records count instead of the old ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::assignment::start::PartitionStart;
use crate::kafka::topic_partition::TopicPartition;
use crate::kafka::topics::{Topic, TopicId};

/// The offset at which a run is done with a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Goal {
    offset: i64,
    topic_id: Option<TopicId>,
}

impl Goal {
    /// The goal in a log that ends at `end`: a log that was truncated ends before it, and the log
    /// of another topic has nothing to do with it.
    pub(crate) fn within(&self, topic_id: Option<&TopicId>, end: i64) -> i64 {
        if is_other(self.topic_id.as_ref(), topic_id) { end } else { self.offset.min(end) }
    }
}

/// The goals of a run; none if it has no end.
#[derive(Debug, Default)]
pub(crate) struct Goals {
    /// The topics at the start of the run, also those without records.
    topics: BTreeMap<Arc<str>, Option<TopicId>>,
    goals: BTreeMap<TopicPartition, Goal>,
    /// Whether a log was deleted before its goal was reached.
    missed: bool,
}

impl Goals {
    /// The goals of a run over `topics`: the ends of their partitions that have records.
    pub(crate) fn new(
        topics: &BTreeMap<Arc<str>, Topic>,
        ends: BTreeMap<TopicPartition, i64>,
    ) -> Self {
        let topics: BTreeMap<_, _> =
            topics.iter().map(|(name, topic)| (name.clone(), topic.topic_id.clone())).collect();
        let goal = |(topic_partition, offset): (TopicPartition, i64)| {
            let topic_id = topics.get(&topic_partition.topic).cloned().flatten();
            (topic_partition, Goal { offset, topic_id })
        };
        Self { goals: ends.into_iter().map(goal).collect(), topics, missed: false }
    }

    /// The goal of a partition whose reading starts now.
    pub(super) fn at_start(&mut self, start: &PartitionStart) -> Option<i64> {
        let topic_partition = &start.topic_partition;
        let known = self.goals.get(topic_partition);
        let topic_id = match known {
            Some(goal) => &goal.topic_id,
            None => self.topics.get(&topic_partition.topic)?,
        };
        let offset = if is_other(topic_id.as_ref(), start.topic_id.as_ref()) {
            self.missed |= known.is_some();
            Some(start.end).filter(|end| start.from < *end)
        } else {
            known.map(|goal| goal.offset.min(start.end))
        };
        match offset {
            Some(offset) => {
                let goal = Goal { offset, topic_id: start.topic_id.clone() };
                self.goals.insert(topic_partition.clone(), goal);
            }
            None => _ = self.goals.remove(topic_partition),
        }
        offset
    }

    /// Forgets the goal of a partition, because it is reached.
    pub(super) fn reach(&mut self, topic_partition: &TopicPartition) {
        self.goals.remove(topic_partition);
    }

    /// Forgets the goals of topics that do not exist any more. Returns the names of those topics.
    pub(crate) fn keep_topics(&mut self, exists: impl Fn(&str) -> bool) -> Vec<Arc<str>> {
        let mut gone: Vec<Arc<str>> = Vec::new();
        let Self { goals, missed, .. } = self;
        goals.retain(|TopicPartition { topic, .. }, _| {
            if !exists(topic) && gone.last() != Some(topic) {
                gone.push(Arc::clone(topic));
            }
            exists(topic)
        });
        *missed |= !gone.is_empty();
        gone
    }

    /// Whether a log was deleted before its goal was reached.
    pub(super) fn are_missed(&self) -> bool {
        self.missed
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&TopicPartition, &Goal)> {
        self.goals.iter()
    }
}

/// Whether the two ids are those of different topics. An old broker has no ids.
fn is_other(before: Option<&TopicId>, now: Option<&TopicId>) -> bool {
    matches!((before, now), (Some(before), Some(now)) if before != now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic_id(byte: u8) -> Option<TopicId> {
        TopicId::of([byte; 16])
    }

    fn partition(number: i32) -> TopicPartition {
        TopicPartition { topic: "orders".into(), partition: number }
    }

    /// Partition 0 ends at 30, partition 1 is empty.
    fn goals() -> Goals {
        let topics = [("orders".into(), Topic { topic_id: topic_id(1), partitions: 2 })];
        Goals::new(&topics.into(), [(partition(0), 30)].into())
    }

    fn start(number: i32, byte: u8, from: i64, end: i64) -> PartitionStart {
        let (topic_partition, topic_id) = (partition(number), topic_id(byte));
        PartitionStart { topic_partition, topic_id, from, end, lost: None }
    }

    #[test]
    fn later_records_are_no_goal_and_a_truncated_log_has_a_nearer_one() {
        let mut goals = goals();
        assert_eq!(goals.at_start(&start(0, 1, 0, 50)), Some(30));
        assert_eq!(goals.at_start(&start(1, 1, 0, 5)), None, "it was empty");
        assert_eq!(goals.at_start(&start(2, 1, 0, 5)), None, "it did not exist");
        assert_eq!(goals.at_start(&start(0, 1, 0, 20)), Some(20));
        assert_eq!(goals.at_start(&start(0, 1, 0, 40)), Some(20), "it was reached then");
        let other = PartitionStart {
            topic_partition: TopicPartition { topic: "later".into(), partition: 0 },
            ..start(0, 1, 0, 5)
        };
        assert_eq!(goals.at_start(&other), None);
        assert_eq!(Goals::default().at_start(&start(0, 1, 0, 50)), None);
    }

    #[test]
    fn the_records_of_a_topic_that_was_made_again_are_the_goal() {
        let mut goals = goals();
        assert!(!goals.are_missed());
        assert_eq!(goals.at_start(&start(0, 2, 0, 50)), Some(50), "longer");
        assert!(goals.are_missed());
        assert_eq!(goals.at_start(&start(0, 2, 10, 60)), Some(50), "its end was noted");
        assert_eq!(goals.at_start(&start(1, 2, 0, 7)), Some(7), "it was empty before");
        assert_eq!(goals.at_start(&start(2, 2, 0, 8)), Some(8), "it has more partitions");
        assert_eq!(goals.at_start(&start(0, 3, 0, 0)), None, "empty");
        assert_eq!(goals.iter().count(), 2);
        let goal = Goal { offset: 30, topic_id: topic_id(1) };
        let within = |byte, end| goal.within(topic_id(byte).as_ref(), end);
        assert_eq!([within(1, 50), within(1, 20), within(2, 50), within(0, 50)], [30, 20, 50, 30]);
    }

    #[test]
    fn a_topic_that_is_gone_has_no_goals() {
        let mut goals = goals();
        assert_eq!(goals.keep_topics(|_| true), [] as [Arc<str>; 0]);
        assert!(!goals.are_missed());
        assert_eq!(goals.keep_topics(|_| false), ["orders".into()]);
        assert!(goals.are_missed() && goals.iter().count() == 0);
    }

    #[test]
    fn a_goal_that_is_reached_is_not_missed() {
        let mut goals = goals();
        goals.reach(&partition(0));
        assert_eq!(goals.keep_topics(|_| false), [] as [Arc<str>; 0]);
        assert_eq!(goals.at_start(&start(0, 2, 0, 50)), Some(50));
        assert!(!goals.are_missed());
    }
}
