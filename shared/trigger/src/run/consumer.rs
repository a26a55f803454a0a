//! The consumer: how it is built, and how changes of its assignment reach the run. The run decides
//! which topics it reads, and from which offsets.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use krafka::Kafka;
use krafka::consumer::{
    AutoOffsetReset, Consumer, ConsumerRebalanceListener, IsolationLevel,
    PartitionAssignmentStrategy, TopicPartition as ClientPartition,
};
use tokio::sync::{mpsc, oneshot};

use crate::error::Error;
use crate::kafka::topic_partition::TopicPartition;
use crate::settings::mapping::Mapping;

/// How long a fetch waits at the broker for records. It is short, because a partition that resumes
/// waits for the fetches of the others.
pub(crate) const FETCH_WAIT: Duration = Duration::from_millis(100);
/// The size of one fetch, and of one partition in it, in bytes. It is a large part of a batch, so
/// that the waiting batches limit the memory, and small enough for the CPU's cache.
const FETCH_BYTES: i32 = 4 * 1024 * 1024;
const PARTITION_FETCH_BYTES: i32 = 1024 * 1024;
/// A member learns of a rebalance from its next heartbeat, and the whole group waits for it.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// The default of Kafka's own clients; it is longer if the function's timeout is long.
const POLL_INTERVAL: Duration = Duration::from_secs(300);

/// A change of the assignment. The group waits until `done` is used or dropped.
#[derive(Debug)]
pub(crate) struct AssignmentChange {
    pub(crate) kind: ChangeKind,
    pub(crate) partitions: Vec<TopicPartition>,
    pub(crate) done: oneshot::Sender<()>,
}

/// The kind of a [`AssignmentChange`].
#[derive(Debug, Clone, Copy)]
pub(crate) enum ChangeKind {
    /// The partitions are assigned. They are not read before their start offsets are known.
    Assigned,
    /// The partitions must be handed over. They stay assigned until then.
    Revoked,
    /// The partitions may be assigned to another member already.
    Lost,
}

/// Builds the consumer for the group of `mapping`. It joins once it is subscribed to a topic.
pub(crate) async fn open(
    kafka: &Kafka,
    mapping: &Mapping,
) -> Result<(Arc<Consumer>, mpsc::UnboundedReceiver<AssignmentChange>), Error> {
    let (sender, changes) = mpsc::unbounded_channel();
    let slot = Arc::default();
    let consumer = kafka
        .consumer(&mapping.group)
        .enable_auto_commit(false)
        // `StartOffsetFinder` finds the start offset. If the log loses the offset later, the
        // consumer goes back to the oldest record, and the run decides again.
        .auto_offset_reset(AutoOffsetReset::Earliest)
        .isolation_level(IsolationLevel::ReadCommitted)
        // With both strategies all partitions are handed over before the group changes, so the
        // records in flight are committed by then. With the cooperative protocol a commit can
        // have an old generation.
        .partition_assignment_strategies([
            PartitionAssignmentStrategy::RoundRobin,
            PartitionAssignmentStrategy::Range,
        ])
        .session_timeout(mapping.session_timeout)
        .heartbeat_interval((mapping.session_timeout / 10).min(HEARTBEAT))
        // Handing over a partition waits inside a poll for a start of the function and an
        // invocation, each of which may take the whole timeout.
        .max_poll_interval(POLL_INTERVAL.max(mapping.function.timeout * 3))
        .fetch_max_wait(FETCH_WAIT)
        .fetch_max_bytes(FETCH_BYTES)
        .max_partition_fetch_bytes(PARTITION_FETCH_BYTES)
        // A poll returns all fetched records: with a limit the consumer would discard the rest and
        // fetch it again.
        .max_poll_records(-1)
        .metrics_push(false)
        .rebalance_listener(ChangeForwarder { changes: sender, consumer: Arc::clone(&slot) })
        .build()
        .await
        .map_err(Error::kafka("cannot set up the consumer"))?;
    let consumer = Arc::new(consumer);
    // The slot is empty, because only this function sets it.
    let _ = slot.set(Arc::downgrade(&consumer));
    Ok((consumer, changes))
}

/// Forwards changes of the assignment to the run, and waits until they are handled.
struct ChangeForwarder {
    changes: mpsc::UnboundedSender<AssignmentChange>,
    /// Set after the consumer has been built with this listener.
    consumer: Arc<OnceLock<Weak<Consumer>>>,
}

impl ChangeForwarder {
    async fn forward(&self, kind: ChangeKind, partitions: &[ClientPartition]) {
        let (done, wait) = oneshot::channel();
        let partitions = partitions.iter().map(TopicPartition::from).collect();
        // After the end of the run nobody receives changes, and nothing needs to be done.
        if self.changes.send(AssignmentChange { kind, partitions, done }).is_ok() {
            let _ = wait.await;
        }
    }

    fn consumer(&self) -> Option<Arc<Consumer>> {
        self.consumer.get().and_then(Weak::upgrade)
    }
}

impl ConsumerRebalanceListener for ChangeForwarder {
    async fn on_partitions_assigned(&self, partitions: &[ClientPartition]) {
        let Some(consumer) = self.consumer() else { return };
        for partition in partitions {
            consumer.pause(&partition.topic, &[partition.partition]).await;
        }
        self.forward(ChangeKind::Assigned, partitions).await;
    }

    async fn on_partitions_revoked(&self, partitions: &[ClientPartition]) {
        self.forward(ChangeKind::Revoked, partitions).await;
        // This member may become the group leader, which assigns the partitions that it knows.
        let Some(consumer) = self.consumer() else { return };
        for topic in consumer.subscription().await {
            // If a topic cannot be described, its last known partitions are assigned.
            let _ = consumer.fetch_metadata(Some(&topic)).await;
        }
    }

    async fn on_partitions_lost(&self, partitions: &[ClientPartition]) {
        self.forward(ChangeKind::Lost, partitions).await;
    }
}
