//! The event source mapping: what it is told, and how a run of it begins and ends.
//!
//! The run itself is in [`crate::run`].

use std::sync::Arc;
use std::time::Duration;

use krafka::Kafka;

use crate::assignment::Patience;
use crate::destination::{Destination, Postbox};
use crate::error::Error;
use crate::event::batch::Limits;
use crate::filter::Filter;
use crate::function::FunctionConfig;
use crate::kafka::ends;
use crate::kafka::topics::Selection;
use crate::observer::Observer;
use crate::observer::Summary;
use crate::run::consumer;
use crate::run::{Cluster, Run};

/// Where a group begins that has committed nothing yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartingPosition {
    /// At the oldest record.
    TrimHorizon,
    /// At the records that come from now on.
    Latest,
    /// At the first record of this time or later, in milliseconds since 1970; at the end where
    /// there is none.
    AtTimestamp(i64),
}

/// What happens to a partition whose log does not hold the group's offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutOfRange {
    /// Reading goes on: at the oldest record if retention has deleted what was not read, and by
    /// the starting position otherwise.
    StartingPosition,
    /// The partition stops until somebody sets an offset.
    Stop,
}

/// Everything a mapping is told.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The topics to read.
    pub topics: Selection,
    /// The consumer group to read them as.
    pub group: String,
    /// Where the group begins that has committed nothing yet.
    pub starting_position: StartingPosition,
    /// What happens where the log does not hold the group's offset.
    pub out_of_range: OutOfRange,
    /// How old the description of the topics may become: topics and partitions that were added are
    /// read after that time at the latest.
    pub metadata_max_age: Duration,
    /// The brokers as the event names them.
    pub bootstrap: String,
    /// The size of a batch.
    pub limits: Limits,
    /// Patterns of which a record's value must match one, if there are any.
    pub filters: Vec<Filter>,
    /// How long a batch is tried.
    pub patience: Patience,
    /// Where records that are given up go, if [`Disposal::Sent`](crate::Disposal::Sent) is their fate.
    pub destination: Option<Destination>,
    /// Whether the answer's `batchItemFailures` are heeded; otherwise every answer is a success.
    pub report_item_failures: bool,
    /// How many function processes run at most.
    pub concurrency: usize,
    /// Whether to end once everything that is there at the start is settled.
    pub once: bool,
    /// How long the group waits for a member that has gone silent.
    pub session_timeout: Duration,
    /// The function.
    pub function: FunctionConfig,
}

/// Runs `mapping` until `stop` resolves, or with `once` until its topics are drained. What is in
/// flight then is finished and committed, and the member leaves its group.
///
/// # Errors
///
/// If the function never comes up, the broker refuses for good, or with `once` a topic is missing.
/// Nothing unsettled is committed in any case.
pub async fn run(
    kafka: &Kafka,
    mapping: Mapping,
    observer: Arc<dyn Observer>,
    stop: impl Future<Output = ()>,
) -> Result<Summary, Error> {
    let mut view =
        mapping.topics.look(kafka).await.map_err(Error::kafka("cannot look up the topics"))?;
    if mapping.once {
        if let Some((topic, error)) = view.missing.pop_first() {
            return Err(Error::Topic(topic, error));
        }
        if view.topics.is_empty() {
            return Err(Error::NoTopic(mapping.topics.describe()));
        }
    }
    let partitions: Vec<_> = view.partitions().collect();
    let postbox = match mapping.destination.clone() {
        Some(destination) => Some(Arc::new(Postbox::open(destination).await?)),
        None => None,
    };
    let goals =
        if mapping.once { ends::ends(kafka, &partitions).await? } else { Default::default() };
    let (consumer, changes) = consumer::open(kafka, &mapping).await?;
    let cluster = Cluster { kafka: kafka.clone(), consumer: Arc::clone(&consumer), view };
    let run = Run::new(mapping, observer, cluster, postbox, goals);
    let result = run.until(stop, changes).await;
    // Everything that counts is committed: a group that cannot be left waits out the session.
    let _ = consumer.close().await;
    result
}
