//! Describes the topics at intervals, and decides to which topics the consumer is subscribed. The
//! module `topics` decides what follows for the partitions that are read.

use std::collections::{BTreeMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use krafka::consumer::TopicPartition as ClientPartition;
use krafka::{Kafka, KrafkaError};

use crate::group;
use crate::kafka::topics::{Topic, TopicSelection, View};
use crate::settings::mapping::Mapping;

/// How soon the topics are described again after a rebalance or an unexpected event.
const SOON: Duration = Duration::from_secs(1);

/// The descriptions of the topics and the assignment of the group.
pub(super) struct TopicUpdate {
    pub(super) view: View,
    /// The partitions that are assigned to members of the group; `None` if they are not known, or
    /// during a rebalance.
    pub(super) assigned: Option<HashSet<ClientPartition>>,
}

type Refreshing = Pin<Box<dyn Future<Output = Result<TopicUpdate, KrafkaError>> + Send>>;

/// The known topics, and when they are described again.
pub(super) struct TopicWatch {
    /// The topics at the start of the run.
    pub(super) known: BTreeMap<Arc<str>, Topic>,
    /// The last descriptions of the topics.
    pub(super) view: View,
    /// The last description of every topic that ever existed during the run.
    pub(super) seen: BTreeMap<Arc<str>, Topic>,
    refreshing: Option<Refreshing>,
    refresh_at: Instant,
    max_age: Duration,
    /// The topics to which the consumer is subscribed.
    subscribed: Vec<String>,
    /// The topics to which it subscribes before the next poll, if they change.
    to_subscribe: Option<Vec<String>>,
    /// How often in a row a rebalance was requested.
    rebalances: u32,
    rebalance_at: Option<Instant>,
}

impl TopicWatch {
    pub(super) fn new(view: View, max_age: Duration) -> Self {
        let (known, seen) = (view.topics.clone(), view.topics.clone());
        let to_subscribe = (!known.is_empty()).then(|| names(&view));
        Self {
            known,
            view,
            seen,
            refreshing: None,
            refresh_at: Instant::now() + max_age,
            max_age,
            subscribed: Vec::new(),
            to_subscribe,
            rebalances: 0,
            rebalance_at: None,
        }
    }

    /// Starts to describe the topics, if this is due.
    pub(super) fn refresh(&mut self, kafka: &Kafka, mapping: &Mapping, now: Instant) {
        if self.refreshing.is_some() || self.refresh_at > now {
            return;
        }
        // A random interval, so that members that started together do not send requests together.
        self.refresh_at = now + self.max_age.mul_f64(0.8 + fastrand::f64() / 5.0);
        let (kafka, selection, group) =
            (kafka.clone(), mapping.topics.clone(), mapping.group.clone());
        self.refreshing = Some(Box::pin(async move { fetch(&kafka, &selection, &group).await }));
    }

    /// Describes the topics again soon.
    pub(super) fn refresh_soon(&mut self, now: Instant) {
        self.refresh_at = self.refresh_at.min(now + SOON.min(self.max_age));
    }

    /// Waits for the descriptions, without end if there is no request.
    pub(super) async fn updated(&mut self) -> Result<TopicUpdate, KrafkaError> {
        let Some(refreshing) = &mut self.refreshing else { return std::future::pending().await };
        let updated = refreshing.await;
        self.refreshing = None;
        updated
    }

    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.refreshing.is_none().then_some(self.refresh_at)
    }

    /// The topics to which the consumer must subscribe before its next poll, if they change.
    pub(super) fn take_subscription(&mut self) -> Option<Vec<String>> {
        let to_subscribe = self.to_subscribe.take()?;
        self.subscribed.clone_from(&to_subscribe);
        Some(to_subscribe)
    }

    /// Subscribes again before the next poll, because the subscription may be lost.
    pub(super) fn subscribe_again(&mut self) {
        self.to_subscribe = Some(names(&self.view)).filter(|names| !names.is_empty());
    }

    pub(super) fn missing(&self) -> usize {
        self.view.missing.len()
    }

    /// Subscribes to the existing topics, if they have changed. Otherwise requests a rebalance if
    /// some partitions are not assigned to any member.
    pub(super) fn update_subscription(
        &mut self,
        assigned: Option<&HashSet<ClientPartition>>,
        now: Instant,
    ) {
        let names = names(&self.view);
        let mut subscribed = self.subscribed.clone();
        subscribed.dedup();
        if subscribed != names {
            self.to_subscribe = Some(names);
            return;
        }
        let Some(assigned) = assigned else { return };
        if self.view.partitions().all(|partition| assigned.contains(&partition)) {
            self.rebalances = 0;
            return;
        }
        if self.rebalance_at.is_none_or(|at| at <= now) {
            self.rebalances += 1;
            let pause = SOON.saturating_mul(1 << (2 * self.rebalances).min(16));
            self.rebalance_at = Some(now + pause.min(self.max_age));
            self.to_subscribe = Some(relisted(&self.subscribed, names));
        }
    }
}

/// A different list with the same topics. The coordinator starts a rebalance if a member joins with
/// a different subscription, so one topic is listed twice, or once again the next time. This does
/// not affect the assignment.
fn relisted(subscribed: &[String], mut names: Vec<String>) -> Vec<String> {
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

async fn fetch(
    kafka: &Kafka,
    selection: &TopicSelection,
    group: &str,
) -> Result<TopicUpdate, KrafkaError> {
    let view = selection.look_up(kafka).await?;
    // If the login is not allowed to describe the group, no rebalance is requested.
    let assigned = group::assigned_partitions(kafka, group).await.ok().flatten();
    Ok(TopicUpdate { view, assigned })
}
