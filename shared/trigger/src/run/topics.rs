//! The part of a run that follows changes of the topics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use krafka::KrafkaError;

use super::Run;
use super::topic_watch::TopicUpdate;
use crate::kafka::topic_partition::TopicPartition;
use crate::kafka::topics::{Topic, View, why_missing};
use crate::observer::Notice;

impl Run {
    /// Handles new descriptions of the topics.
    pub(super) async fn apply_topics(&mut self, updated: Result<TopicUpdate, KrafkaError>) {
        let now = Instant::now();
        let TopicUpdate { view, assigned } = match updated {
            Ok(update) => update,
            Err(error) => {
                let problem = format!("cannot describe the topics, trying again later: {error}");
                self.observer.notice(&Notice::Broker(problem));
                return;
            }
        };
        let before = std::mem::replace(&mut self.watch.view, view);
        for notice in changes(&before, &self.watch.view, &self.watch.seen) {
            self.observer.notice(&Notice::Topic(notice));
        }
        self.watch.seen.extend(self.watch.view.topics.clone());
        let (gone, remade) = self.changed_places();
        for topic_partition in gone {
            self.assignment.remove_gone(std::slice::from_ref(&topic_partition));
            self.consumer.pause(&topic_partition.topic, &[topic_partition.partition]).await;
            self.without_start.remove(&topic_partition);
        }
        for topic_partition in remade {
            self.restart_partition(topic_partition, None).await;
        }
        self.give_up_goals(&before, now);
        if !self.stopping {
            self.watch.update_subscription(assigned.as_ref(), now);
        }
    }

    /// Does not wait for the records of a deleted topic in a run with `once`. One broker may know a
    /// topic later than the others, so two descriptions must agree.
    fn give_up_goals(&mut self, before: &View, now: Instant) {
        let view = &self.watch.view;
        let exists = |topic: &str| [before, view].iter().any(|it| it.topics.contains_key(topic));
        for topic in self.assignment.give_up_goals(exists) {
            self.observer.notice(&Notice::Topic(format!(
                "topic {topic} is given up: not all of its records were read before it was deleted"
            )));
        }
        let mut unread = self.assignment.goals_of_others();
        if unread.any(|(it, _)| !self.watch.view.topics.contains_key(&it.topic)) {
            self.watch.refresh_soon(now);
        }
    }

    /// Reports the topics that do not exist at the start.
    pub(super) fn report_missing(&self) {
        for notice in missing(&View::default(), &self.watch.view) {
            self.observer.notice(&Notice::Topic(notice));
        }
    }

    /// The assigned partitions of topics that no longer exist, and of topics that were created
    /// again.
    fn changed_places(&self) -> (Vec<TopicPartition>, Vec<TopicPartition>) {
        let (mut gone, mut remade) = (Vec::new(), Vec::new());
        for (topic_partition, partition) in self.assignment.partitions() {
            let Some(topic) = self.watch.view.topics.get(&topic_partition.topic) else {
                gone.push(topic_partition.clone());
                continue;
            };
            let other = match (&partition.topic_id, &topic.topic_id) {
                (Some(before), Some(now)) => before != now,
                _ => false,
            };
            if other {
                remade.push(topic_partition.clone());
            }
        }
        let awaited = self.without_start.keys();
        gone.extend(awaited.filter(|it| !self.watch.view.topics.contains_key(&it.topic)).cloned());
        (gone, remade)
    }
}

/// Messages about topics that cannot be read now and were not missing before.
fn missing(before: &View, now: &View) -> Vec<String> {
    let new = now.missing.iter().filter(|(topic, _)| !before.missing.contains_key(*topic));
    let messages = |(topic, error): (&String, &KrafkaError)| {
        let was = if before.topics.contains_key(&**topic) { " any more" } else { "" };
        format!("topic {topic} cannot be read{was}: {}; waiting for it", why_missing(error))
    };
    new.map(messages).collect()
}

/// Messages about changes of the topics. `seen` has every topic that ever existed during the run.
fn changes(before: &View, now: &View, seen: &BTreeMap<Arc<str>, Topic>) -> Vec<String> {
    let mut messages = missing(before, now);
    for topic in before.topics.keys() {
        if !now.topics.contains_key(topic) && !now.missing.contains_key(&**topic) {
            messages.push(format!("topic {topic} does not exist any more"));
        }
    }
    for (topic, found) in &now.topics {
        let partitions = found.partitions;
        match (before.topics.get(topic), seen.get(topic)) {
            (_, Some(known)) if known.topic_id != found.topic_id => messages.push(format!(
                "topic {topic} was deleted and created again, with {partitions} partitions; rows \
                 and stored offsets of the deleted topic are not changed"
            )),
            (None, _) => {
                messages.push(format!("topic {topic} now exists, with {partitions} partitions"));
            }
            (Some(known), _) if known.partitions != partitions => messages.push(format!(
                "topic {topic} now has {partitions} partitions instead of {}",
                known.partitions
            )),
            (Some(_), _) => {}
        }
    }
    messages
}
