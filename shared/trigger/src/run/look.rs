//! Describes the topics at intervals, and decides to which topics the consumer is subscribed. The
//! module `topics` decides what follows for the partitions that are read.

use std::collections::{BTreeMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use krafka::consumer::TopicPartition;
use krafka::{Kafka, KrafkaError};

use crate::group;
use crate::kafka::topics::{Selection, Topic, View};
use crate::settings::mapping::Mapping;

/// How soon the topics are described again after a rebalance or an unexpected event.
const SOON: Duration = Duration::from_secs(1);

/// The descriptions of the topics and the assignment of the group.
pub(super) struct Look {
    pub(super) view: View,
    /// The partitions that are assigned to members of the group; `None` if they are not known, or
    /// during a rebalance.
    pub(super) covered: Option<HashSet<TopicPartition>>,
}

type Looking = Pin<Box<dyn Future<Output = Result<Look, KrafkaError>> + Send>>;

/// The known topics, and when they are described again.
pub(super) struct Watch {
    /// The topics at the start of the run.
    pub(super) known: BTreeMap<Arc<str>, Topic>,
    /// The last descriptions of the topics.
    pub(super) view: View,
    /// The last description of every topic that ever existed during the run.
    pub(super) seen: BTreeMap<Arc<str>, Topic>,
    looking: Option<Looking>,
    look_at: Instant,
    max_age: Duration,
    /// The topics to which the consumer is subscribed.
    subscribed: Vec<String>,
    /// The topics to which it subscribes before the next poll, if they change.
    wanted: Option<Vec<String>>,
    /// How often in a row a rebalance was requested.
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

    /// Starts to describe the topics, if this is due.
    pub(super) fn look(&mut self, kafka: &Kafka, mapping: &Mapping, now: Instant) {
        if self.looking.is_some() || self.look_at > now {
            return;
        }
        // A random interval, so that members that started together do not send requests together.
        self.look_at = now + self.max_age.mul_f64(0.8 + fastrand::f64() / 5.0);
        let (kafka, selection, group) =
            (kafka.clone(), mapping.topics.clone(), mapping.group.clone());
        self.looking = Some(Box::pin(async move { look(&kafka, &selection, &group).await }));
    }

    /// Describes the topics again soon.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.look_at = self.look_at.min(now + SOON.min(self.max_age));
    }

    /// Waits for the descriptions, without end if there is no request.
    pub(super) async fn looked(&mut self) -> Result<Look, KrafkaError> {
        let Some(looking) = &mut self.looking else { return std::future::pending().await };
        let looked = looking.await;
        self.looking = None;
        looked
    }

    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.looking.is_none().then_some(self.look_at)
    }

    /// The topics to which the consumer must subscribe before its next poll, if they change.
    pub(super) fn take_wanted(&mut self) -> Option<Vec<String>> {
        let wanted = self.wanted.take()?;
        self.subscribed.clone_from(&wanted);
        Some(wanted)
    }

    /// Subscribes again before the next poll, because the subscription may be lost.
    pub(super) fn subscribe_again(&mut self) {
        self.wanted = Some(names(&self.view)).filter(|names| !names.is_empty());
    }

    pub(super) fn missing(&self) -> usize {
        self.view.missing.len()
    }

    /// Subscribes to the existing topics, if they have changed. Otherwise requests a rebalance if
    /// some partitions are not assigned to any member.
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

/// A different list with the same topics. The coordinator starts a rebalance if a member joins with
/// a different subscription, so one topic is listed twice, or once again the next time. This does
/// not affect the assignment.
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
    // If the login is not allowed to describe the group, no rebalance is requested.
    let covered = group::covered(kafka, group).await.ok().flatten();
    Ok(Look { view, covered })
}
