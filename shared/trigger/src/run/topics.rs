//! The part of a run that follows changes of the topics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use krafka::KrafkaError;

use super::Run;
use super::look::Look;
use crate::kafka::place::Place;
use crate::kafka::topics::{Topic, View, why_missing};
use crate::observer::Notice;

impl Run {
    /// Handles new descriptions of the topics.
    pub(super) async fn follow_topics(&mut self, looked: Result<Look, KrafkaError>) {
        let now = Instant::now();
        let Look { view, covered } = match looked {
            Ok(look) => look,
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
        for place in gone {
            self.assignment.remove(std::slice::from_ref(&place));
            self.consumer.pause(&place.topic, &[place.partition]).await;
            self.awaiting.remove(&place);
        }
        for place in remade {
            self.begin_anew(place, None).await;
        }
        if !self.stopping {
            self.watch.follow(covered.as_ref(), now);
        }
    }

    /// Reports the topics that do not exist at the start.
    pub(super) fn tell_missing(&self) {
        for notice in missing(&View::default(), &self.watch.view) {
            self.observer.notice(&Notice::Topic(notice));
        }
    }

    /// The assigned partitions of topics that no longer exist, and of topics that were created
    /// again.
    fn changed_places(&self) -> (Vec<Place>, Vec<Place>) {
        let (mut gone, mut remade) = (Vec::new(), Vec::new());
        for (place, partition) in self.assignment.partitions() {
            let Some(topic) = self.watch.view.topics.get(&place.topic) else {
                gone.push(place.clone());
                continue;
            };
            let other = match (&partition.identity, &topic.identity) {
                (Some(before), Some(now)) => before != now,
                _ => false,
            };
            if other {
                remade.push(place.clone());
            }
        }
        let awaited = self.awaiting.keys();
        gone.extend(awaited.filter(|it| !self.watch.view.topics.contains_key(&it.topic)).cloned());
        (gone, remade)
    }
}

/// Messages about topics that cannot be read now and were not missing before.
fn missing(before: &View, now: &View) -> Vec<String> {
    let new = now.missing.iter().filter(|(topic, _)| !before.missing.contains_key(*topic));
    let told = |(topic, error): (&String, &KrafkaError)| {
        let was = if before.topics.contains_key(&**topic) { " any more" } else { "" };
        format!("topic {topic} cannot be read{was}: {}; waiting for it", why_missing(error))
    };
    new.map(told).collect()
}

/// Messages about changes of the topics. `seen` has every topic that ever existed during the run.
fn changes(before: &View, now: &View, seen: &BTreeMap<Arc<str>, Topic>) -> Vec<String> {
    let mut told = missing(before, now);
    for topic in before.topics.keys() {
        if !now.topics.contains_key(topic) && !now.missing.contains_key(&**topic) {
            told.push(format!("topic {topic} does not exist any more"));
        }
    }
    for (topic, found) in &now.topics {
        let partitions = found.partitions;
        match (before.topics.get(topic), seen.get(topic)) {
            (_, Some(known)) if known.identity != found.identity => told.push(format!(
                "topic {topic} was deleted and created again, with {partitions} partitions; rows \
                 and stored offsets of the deleted topic are not changed"
            )),
            (None, _) => {
                told.push(format!("topic {topic} now exists, with {partitions} partitions"))
            }
            (Some(known), _) if known.partitions != partitions => told.push(format!(
                "topic {topic} now has {partitions} partitions instead of {}",
                known.partitions
            )),
            (Some(_), _) => {}
        }
    }
    told
}
