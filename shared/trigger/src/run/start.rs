//! The start and the end of a run.

use std::sync::Arc;

use krafka::Kafka;

use super::consumer;
use super::{Cluster, Run};
use crate::destination::Postbox;
use crate::error::Error;
use crate::kafka::ends;
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
        mapping.topics.look(kafka).await.map_err(Error::kafka("cannot describe the topics"))?;
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
    // All settled offsets are committed. If the member cannot leave, its session times out.
    let _ = consumer.close().await;
    result
}
