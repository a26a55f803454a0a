//! What is known of the topics, when they are looked at again, and what the consumer is to be subscribed
//! to. What follows for the partitions that are read is decided in `topics`.

use std::collections::{BTreeMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use krafka::consumer::TopicPartition;
use krafka::{Kafka, KrafkaError};

use crate::group;
use crate::kafka::topics::{Selection, Topic, View};
use crate::settings::mapping::Mapping;

/// How soon the topics are looked at again after the group has changed, or something was odd.
const SOON: Duration = Duration::from_secs(1);

/// What a look brought.
pub(super) struct Look {
    pub(super) view: View,
    /// The partitions that the group reads; `None` if that is not known, or just changing.
    pub(super) covered: Option<HashSet<TopicPartition>>,
}

type Looking = Pin<Box<dyn Future<Output = Result<Look, KrafkaError>> + Send>>;

/// What is known of the topics, and when to look again.
pub(super) struct Watch {
    /// The topics as they were when the run began.
    pub(super) known: BTreeMap<Arc<str>, Topic>,
    /// The topics as they were last seen.
    pub(super) view: View,
    /// Topics as they were last seen, those included that are gone.
    pub(super) seen: BTreeMap<Arc<str>, Topic>,
    looking: Option<Looking>,
    look_at: Instant,
    max_age: Duration,
    /// What the consumer is subscribed to.
    subscribed: Vec<String>,
    /// What it is to be subscribed to with the next poll.
    wanted: Option<Vec<String>>,
    /// How often in a row the group was asked to spread its partitions again.
    spreads: u32,
    spread_at: Option<Instant>,
}

impl Watch {
    pub(super) fn new(view: View, max_age: Duration) -> Self {
        let (known, seen) = (view.topics.clone(), view.topics.clone());
        let wanted = (!known.is_empty()).then(|| names(&view));
        Self {
            known,
            view,
            seen,
            looking: None,
            look_at: Instant::now() + max_age,
            max_age,
            subscribed: Vec::new(),
            wanted,
            spreads: 0,
            spread_at: None,
        }
    }

    /// Looks at the topics, if it is time.
    pub(super) fn look(&mut self, kafka: &Kafka, mapping: &Mapping, now: Instant) {
        if self.looking.is_some() || self.look_at > now {
            return;
        }
        // Members that began together do not look together.
        self.look_at = now + self.max_age.mul_f64(0.8 + fastrand::f64() / 5.0);
        let (kafka, selection, group) =
            (kafka.clone(), mapping.topics.clone(), mapping.group.clone());
        self.looking = Some(Box::pin(async move { look(&kafka, &selection, &group).await }));
    }

    /// Looks again before long.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.look_at = self.look_at.min(now + SOON.min(self.max_age));
    }

    /// Waits for what a look brings, for ever if none is under way.
    pub(super) async fn looked(&mut self) -> Result<Look, KrafkaError> {
        let Some(looking) = &mut self.looking else { return std::future::pending().await };
        let looked = looking.await;
        self.looking = None;
        looked
    }

    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.looking.is_none().then_some(self.look_at)
    }

    /// What the consumer has to be subscribed to before it polls again, if that changes.
    pub(super) fn take_wanted(&mut self) -> Option<Vec<String>> {
        let wanted = self.wanted.take()?;
        self.subscribed.clone_from(&wanted);
        Some(wanted)
    }

    /// The consumer may not be subscribed to what it should be.
    pub(super) fn subscribe_again(&mut self) {
        self.wanted = Some(names(&self.view)).filter(|names| !names.is_empty());
    }

    pub(super) fn missing(&self) -> usize {
        self.view.missing.len()
    }

    /// Subscribes to what is there, where that differs; otherwise has the group spread partitions
    /// that nobody reads.
    pub(super) fn follow(&mut self, covered: Option<&HashSet<TopicPartition>>, now: Instant) {
        let names = names(&self.view);
        let mut subscribed = self.subscribed.clone();
        subscribed.dedup();
        if subscribed != names {
            self.wanted = Some(names);
            return;
        }
        let Some(covered) = covered else { return };
        if self.view.partitions().all(|partition| covered.contains(&partition)) {
            self.spreads = 0;
            return;
        }
        if self.spread_at.is_none_or(|at| at <= now) {
            self.spreads += 1;
            let pause = SOON.saturating_mul(1 << (2 * self.spreads).min(16));
            self.spread_at = Some(now + pause.min(self.max_age));
            self.wanted = Some(otherwise(&self.subscribed, names));
        }
    }
}

/// The same topics in other words. The coordinator lets a group be only when a member says the
/// same as before, so a name is said twice, or once again: it makes no difference to who gets what.
fn otherwise(subscribed: &[String], mut names: Vec<String>) -> Vec<String> {
    if subscribed.len() == names.len()
        && let Some(first) = names.first().cloned()
    {
        names.insert(0, first);
    }
    names
}

fn names(view: &View) -> Vec<String> {
    view.topics.keys().map(ToString::to_string).collect()
}

async fn look(kafka: &Kafka, selection: &Selection, group: &str) -> Result<Look, KrafkaError> {
    let view = selection.look(kafka).await?;
    // Not every login may describe the group; then only its own members' news are followed.
    let covered = group::covered(kafka, group).await.ok().flatten();
    Ok(Look { view, covered })
}
