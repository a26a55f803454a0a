//! The event source mapping: what it is told, and how a run of it begins and ends.
//!
//! The run itself is in [`crate::run`].

use std::sync::Arc;
use std::time::Duration;

use krafka::Kafka;

use crate::assignment::Patience;
use crate::batch::Limits;
use crate::destination::{Destination, Postbox};
use crate::error::Error;
use crate::filter::Filter;
use crate::function::FunctionConfig;
use crate::observer::Observer;
use crate::run::Run;
use crate::summary::Summary;
use crate::{consumer, drain};

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

/// Everything a mapping is told.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The topics to read.
    pub topics: Vec<String>,
    /// The consumer group to read them as.
    pub group: String,
    /// Where the group begins that has committed nothing yet.
    pub starting_position: StartingPosition,
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
/// If a topic is missing, the function never comes up, or the broker refuses for good. Nothing
/// unsettled is committed in any case.
pub async fn run(
    kafka: &Kafka,
    mapping: Mapping,
    observer: Arc<dyn Observer>,
    stop: impl Future<Output = ()>,
) -> Result<Summary, Error> {
    let partitions = drain::partitions(kafka, &mapping.topics).await?;
    let postbox = match mapping.destination.clone() {
        Some(destination) => Some(Arc::new(Postbox::open(destination).await?)),
        None => None,
    };
    let goals =
        if mapping.once { drain::ends(kafka, &partitions).await? } else { Default::default() };
    let (consumer, changes) = consumer::join(kafka, &mapping).await?;
    let run = Run::new(mapping, observer, Arc::clone(&consumer), postbox, goals);
    let result = run.until(stop, changes).await;
    // Everything that counts is committed: a group that cannot be left waits out the session.
    let _ = consumer.close().await;
    result
}
