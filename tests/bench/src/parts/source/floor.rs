//! What the brokers alone need until one record is committed: a client that connects, takes over from an instance of the same
//! id, and commits a record with an offset. Nothing else happens, and no process starts.

use std::error::Error;
use std::time::{Duration, Instant};

use krafka::Kafka;
use krafka::producer::Record;

/// An id of its own, which an earlier instance has used too.
const ID: &str = "sluice-bench-floor";

/// How long it takes.
///
/// # Errors
/// A broker does not answer.
pub(super) async fn run(
    broker: &str,
    topic: &str,
    offsets: &str,
) -> Result<Duration, Box<dyn Error + Sync + Send>> {
    let start = Instant::now();
    let kafka = Kafka::builder(broker).connect().await?;
    let producer = kafka.producer().metrics_push(false).build_transactional(ID).await?;
    producer.begin()?;
    drop(producer.enqueue(Record::new(topic, "{}")).await?);
    let mut offset = Record::new(offsets, "{}");
    offset.key = Some(ID.into());
    drop(producer.enqueue(offset).await?);
    producer.commit().await?;
    let took = start.elapsed();
    producer.close().await?;
    Ok(took)
}
