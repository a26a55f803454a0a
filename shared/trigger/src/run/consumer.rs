//! The group member: how it is built, and how changes of its assignment reach the run. Which topics
//! it reads, and from where, is decided by the run.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use krafka::Kafka;
use krafka::consumer::{
    AutoOffsetReset, Consumer, ConsumerRebalanceListener, IsolationLevel,
    PartitionAssignmentStrategy, TopicPartition,
};
use tokio::sync::{mpsc, oneshot};

use crate::error::Error;
use crate::kafka::place::{Place, place};
use crate::settings::mapping::Mapping;

/// How long a fetch waits at the broker for records. Short, since a partition that is read on
/// waits for the fetches of the others.
pub(crate) const FETCH_WAIT: Duration = Duration::from_millis(100);
/// Bytes of one fetch, and of one partition in it: a good part of a batch, so that memory is bounded
/// by the batches that wait, and little enough to be dealt with while it is in the cache.
const FETCH_BYTES: i32 = 4 * 1024 * 1024;
const PARTITION_FETCH_BYTES: i32 = 1024 * 1024;
/// Longer than a fetch takes, and shorter than a topic takes to be made again.
const STALE: Duration = Duration::from_millis(200);
/// A member hears of a rebalance with its next heartbeat, and the whole group waits for it.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// The default of Kafka's own clients; longer for a function that takes longer.
const POLL_INTERVAL: Duration = Duration::from_secs(300);

/// A change of the assignment. The group waits until `done` is used or dropped.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) what: What,
    pub(crate) places: Vec<Place>,
    pub(crate) done: oneshot::Sender<()>,
}

/// What happens to the partitions of a [`Change`].
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    /// They are ours now. Nothing of them is read before it is known where they begin.
    Assigned,
    /// They are to be handed over, and are ours until then.
    Revoked,
    /// They are another member's already.
    Lost,
}

/// The consumer for the group of `mapping`. It joins once it is subscribed to something.
pub(crate) async fn open(
    kafka: &Kafka,
    mapping: &Mapping,
) -> Result<(Arc<Consumer>, mpsc::UnboundedReceiver<Change>), Error> {
    let (sender, changes) = mpsc::unbounded_channel();
    let slot = Arc::default();
    let consumer = kafka
        .consumer(&mapping.group)
        .enable_auto_commit(false)
        // Where a partition begins is decided by `Beginner`. If the log loses the offset later, the
        // consumer goes back to the oldest record, and the run decides again.
        .auto_offset_reset(AutoOffsetReset::Earliest)
        .isolation_level(IsolationLevel::ReadCommitted)
        // Both hand everything over before the group changes: what is in flight is committed by
        // then. Under the cooperative protocol a commit can meet a generation that is over.
        .partition_assignment_strategies([
            PartitionAssignmentStrategy::RoundRobin,
            PartitionAssignmentStrategy::Range,
        ])
        .session_timeout(mapping.session_timeout)
        .heartbeat_interval((mapping.session_timeout / 10).min(HEARTBEAT))
        // Handing a partition over waits for its invocation, inside one poll: a start of the
        // function and an invocation, each of which may take the whole timeout.
        .max_poll_interval(POLL_INTERVAL.max(mapping.function.timeout * 3))
        .fetch_max_wait(FETCH_WAIT)
        .fetch_max_bytes(FETCH_BYTES)
        .max_partition_fetch_bytes(PARTITION_FETCH_BYTES)
        // What was fetched is handed out whole: a limit would throw the rest away and fetch it
        // again.
        .max_poll_records(-1)
        // So long without a fetch, the client may have found another topic of the same name.
        .lag_staleness_threshold(STALE)
        .metrics_push(false)
        .rebalance_listener(Relay { changes: sender, consumer: Arc::clone(&slot) })
        .build()
        .await
        .map_err(Error::kafka("cannot set up the consumer"))?;
    let consumer = Arc::new(consumer);
    // It is empty: nobody else sets it.
    let _ = slot.set(Arc::downgrade(&consumer));
    Ok((consumer, changes))
}

/// Passes changes on and waits until they are dealt with.
struct Relay {
    changes: mpsc::UnboundedSender<Change>,
    /// Known only once it has been built, with this.
    consumer: Arc<OnceLock<Weak<Consumer>>>,
}

impl Relay {
    async fn pass(&self, what: What, partitions: &[TopicPartition]) {
        let (done, wait) = oneshot::channel();
        let places = partitions.iter().map(place).collect();
        // Once the run is over nobody listens, and nothing is left to deal with.
        if self.changes.send(Change { what, places, done }).is_ok() {
            let _ = wait.await;
        }
    }

    fn consumer(&self) -> Option<Arc<Consumer>> {
        self.consumer.get().and_then(Weak::upgrade)
    }
}

impl ConsumerRebalanceListener for Relay {
    async fn on_partitions_assigned(&self, partitions: &[TopicPartition]) {
        let Some(consumer) = self.consumer() else { return };
        for partition in partitions {
            consumer.pause(&partition.topic, &[partition.partition]).await;
        }
        self.pass(What::Assigned, partitions).await;
    }

    async fn on_partitions_revoked(&self, partitions: &[TopicPartition]) {
        self.pass(What::Revoked, partitions).await;
        // This member may lead the next generation: what it assigns is what it knows of the topics.
        let Some(consumer) = self.consumer() else { return };
        for topic in consumer.subscription().await {
            // A topic that cannot be described is assigned as it was known.
            let _ = consumer.fetch_metadata(Some(&topic)).await;
        }
    }

    async fn on_partitions_lost(&self, partitions: &[TopicPartition]) {
        self.pass(What::Lost, partitions).await;
    }
}
