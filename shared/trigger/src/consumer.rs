//! The group member: how it is built, and how changes of its assignment reach the run.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use krafka::Kafka;
use krafka::consumer::{
    AutoOffsetReset, Consumer, ConsumerRebalanceListener, IsolationLevel,
    PartitionAssignmentStrategy, TopicPartition,
};
use tokio::sync::{mpsc, oneshot};

use crate::assignment::Place;
use crate::error::Error;
use crate::lost;
use crate::mapping::{Mapping, StartingPosition};
use crate::observer::Lost;
use crate::start::Start;

/// How long a fetch waits at the broker for records. Short, since a partition that is read on
/// waits for the fetches of the others.
pub(crate) const FETCH_WAIT: Duration = Duration::from_millis(100);
/// Bytes of one fetch, and of one partition in it: a good part of a batch, so that memory is bounded
/// by the batches that wait, and little enough to be dealt with while it is in the cache.
const FETCH_BYTES: i32 = 4 * 1024 * 1024;
const PARTITION_FETCH_BYTES: i32 = 1024 * 1024;
/// A member hears of a rebalance with its next heartbeat, and the whole group waits for it.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// The default of Kafka's own clients; longer for a function that takes longer.
const POLL_INTERVAL: Duration = Duration::from_secs(300);

/// A change of the assignment. The group waits until `done` is used or dropped.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) what: What,
    pub(crate) places: Vec<Place>,
    /// What is gone of them.
    pub(crate) lost: Vec<Lost>,
    pub(crate) done: oneshot::Sender<()>,
}

/// What happens to the partitions of a [`Change`].
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    /// They are ours now.
    Assigned,
    /// They are to be handed over, and are ours until then.
    Revoked,
    /// They are another member's already.
    Lost,
}

/// Joins the group of `mapping`.
pub(crate) async fn join(
    kafka: &Kafka,
    mapping: &Mapping,
) -> Result<(Arc<Consumer>, mpsc::UnboundedReceiver<Change>), Error> {
    let (sender, changes) = mpsc::unbounded_channel();
    let start = match mapping.starting_position {
        StartingPosition::TrimHorizon => None,
        StartingPosition::Latest => Some(Start::at_the_end()),
        StartingPosition::AtTimestamp(timestamp) => Some(Start::new(timestamp)),
    };
    let slot = Arc::default();
    let consumer = kafka
        .consumer(&mapping.group)
        .enable_auto_commit(false)
        // Any other start is sought by `Start`. Where that cannot be found out, or a committed
        // offset is gone from the topic, more is read rather than less.
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
        .metrics_push(false)
        .rebalance_listener(Relay { changes: sender, start, consumer: Arc::clone(&slot) })
        .build()
        .await
        .map_err(Error::kafka("cannot set up the consumer"))?;
    let consumer = Arc::new(consumer);
    // It is empty: nobody else sets it.
    let _ = slot.set(Arc::downgrade(&consumer));
    consumer.subscribe(&mapping.topics).await.map_err(Error::kafka("cannot subscribe"))?;
    Ok((consumer, changes))
}

/// Passes changes on and waits until they are dealt with.
struct Relay {
    changes: mpsc::UnboundedSender<Change>,
    /// Where partitions without a committed offset begin, if that has to be sought.
    start: Option<Start>,
    /// Known only once it has been built, with this.
    consumer: Arc<OnceLock<Weak<Consumer>>>,
}

impl Relay {
    async fn pass(&self, what: What, partitions: &[TopicPartition], lost: Vec<Lost>) {
        let (done, wait) = oneshot::channel();
        let places = partitions.iter().map(place).collect();
        // Once the run is over nobody listens, and nothing is left to deal with.
        if self.changes.send(Change { what, places, lost, done }).is_ok() {
            let _ = wait.await;
        }
    }
}

impl ConsumerRebalanceListener for Relay {
    async fn on_partitions_assigned(&self, partitions: &[TopicPartition]) {
        if let Some(start) = &self.start {
            start.seek(&self.consumer, partitions).await;
        }
        let lost = lost::look_up(&self.consumer, partitions).await;
        self.pass(What::Assigned, partitions, lost).await;
    }

    async fn on_partitions_revoked(&self, partitions: &[TopicPartition]) {
        self.pass(What::Revoked, partitions, Vec::new()).await;
    }

    async fn on_partitions_lost(&self, partitions: &[TopicPartition]) {
        self.pass(What::Lost, partitions, Vec::new()).await;
    }
}

pub(crate) fn place(partition: &TopicPartition) -> Place {
    Place { topic: partition.topic.as_str().into(), partition: partition.partition }
}
