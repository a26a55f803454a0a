//! The start and the end of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use krafka::Kafka;
use krafka::admin::ListConsumerGroupOffsetsOptions;
use krafka::consumer::Consumer;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Run;
use super::commit::Committer;
use super::consumer;
use super::ends::Ends;
use super::log;
use super::other_members::OtherMembers;
use super::start_offset::StartOffsetFinder;
use super::topic_watch::TopicWatch;
use crate::assignment::Assignment;
use crate::assignment::goals::Goals;
use crate::destination::DestinationProducer;
use crate::error::Error;
use crate::function::output::FunctionCounts;
use crate::kafka::topics::View;
use crate::kafka::{committed, ends};
use crate::observer::histogram::Histogram;
use crate::observer::{Observer, Summary};
use crate::settings::mapping::Mapping;

/// Runs `mapping` until `stop` resolves, or with `once` until the records of its topics are
/// settled. Then records in flight are finished and committed, and the member leaves its group.
///
/// # Errors
///
/// The function does not start, the broker refuses a request for good, or with `once` a topic does
/// not exist. Records that are not settled are never committed.
pub async fn run(
    kafka: &Kafka,
    mapping: Mapping,
    observer: Arc<dyn Observer>,
    stop: impl Future<Output = ()>,
) -> Result<Summary, Error> {
    let mut view =
        mapping.topics.look_up(kafka).await.map_err(Error::kafka("cannot describe the topics"))?;
    if mapping.once {
        if let Some((topic, error)) = view.missing.pop_first() {
            return Err(Error::Topic(topic, error));
        }
        if view.topics.is_empty() {
            return Err(Error::NoTopic(mapping.topics.text()));
        }
    }
    let destination = match mapping.destination.clone() {
        Some(destination) => Some(Arc::new(DestinationProducer::open(destination).await?)),
        None => None,
    };
    let goals =
        if mapping.once { goals(kafka, &mapping.group, &view).await? } else { Goals::default() };
    let (consumer, changes) = consumer::open(kafka, &mapping).await?;
    let cluster = Cluster { kafka: kafka.clone(), consumer: Arc::clone(&consumer), view };
    let run = Run::new(mapping, observer, cluster, destination, goals);
    let result = run.until(stop, changes).await;
    // All settled offsets are committed. If the member cannot leave, its session times out.
    let _ = consumer.close().await;
    result
}

/// Where a run with `once` over these topics is done: at the current ends of partitions with records,
/// and of empty ones at which the group is not: its offset is lost, which must be told.
async fn goals(kafka: &Kafka, group: &str, view: &View) -> Result<Goals, Error> {
    let partitions: Vec<_> = view.partitions().collect();
    let mut ends = ends::ends(kafka, &partitions).await?;
    let options = ListConsumerGroupOffsetsOptions::default().partitions(partitions);
    let committed = committed::list(kafka, group, options).await;
    let committed = committed.map_err(Error::kafka("cannot read the group's offsets"))?;
    let others = committed.keys().filter(|it| !ends.contains_key(it)).map(log::client_partition);
    for (topic_partition, end) in ends::all_ends(kafka, &others.collect::<Vec<_>>()).await? {
        if committed[&topic_partition].offset != end {
            ends.insert(topic_partition, end);
        }
    }
    Ok(Goals::new(&view.topics, ends))
}

/// The connection of a run to its cluster.
struct Cluster {
    kafka: Kafka,
    consumer: Arc<Consumer>,
    /// The topics at the start of the run.
    view: View,
}

impl Run {
    /// A run that has read nothing yet. Its functions are starting.
    fn new(
        mapping: Mapping,
        observer: Arc<dyn Observer>,
        cluster: Cluster,
        destination: Option<Arc<DestinationProducer>>,
        goals: Goals,
    ) -> Self {
        let (bootstrap, filters) = (mapping.bootstrap.clone(), mapping.filters.clone());
        let (limits, error_controls) = (mapping.limits, mapping.error_controls);
        let Cluster { kafka, consumer, view } = cluster;
        let start_finder = StartOffsetFinder {
            kafka: kafka.clone(),
            consumer: Arc::clone(&consumer),
            group: mapping.group.clone(),
            position: mapping.starting_position,
            out_of_range: mapping.out_of_range,
        };
        let mut run = Self {
            assignment: Assignment::new(limits, error_controls, filters, bootstrap, goals),
            committer: Committer::new(Arc::clone(&consumer)),
            watch: TopicWatch::new(view, mapping.metadata_max_age),
            start_finder,
            start_requests: JoinSet::new(),
            without_start: BTreeMap::new(),
            turn: 0,
            ends: Ends::default(),
            function_counts: Arc::new(FunctionCounts::default()),
            idle: Vec::new(),
            tasks: JoinSet::new(),
            starting: 0,
            destination,
            deliveries: JoinSet::new(),
            revoked: Vec::new(),
            summary: Summary::default(),
            first_record: None,
            durations: Histogram::default(),
            reported_at: None,
            last_success: None,
            failing_since: None,
            other_members: OtherMembers::default(),
            rebalancing: false,
            has_joined: false,
            stopping: false,
            stop_requested: watch::Sender::new(false),
            item_failures_noticed: false,
            mapping,
            observer,
            kafka,
            consumer,
        };
        run.report_missing();
        run.start_functions();
        run
    }
}
