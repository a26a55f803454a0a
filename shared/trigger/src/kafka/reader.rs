//! Reads a range of offsets of one partition, without a group and without commits.

use std::time::{Duration, Instant};

use krafka::consumer::{AutoOffsetReset, Consumer, ConsumerRecord, IsolationLevel};
use krafka::{Kafka, KrafkaError};

use crate::error::Error;

/// How long the broker may take to return records of a partition.
const PATIENCE: Duration = Duration::from_secs(30);
const WAIT: Duration = Duration::from_millis(200);

/// A reader of one partition.
pub(crate) struct Reader {
    consumer: Consumer,
    topic: String,
    partition: i32,
    end: i64,
}

impl Reader {
    pub(crate) async fn open(
        kafka: &Kafka,
        (topic, partition): (&str, i32),
        start: i64,
        end: i64,
    ) -> Result<Self, Error> {
        let consumer = kafka
            .consumer_without_group()
            .auto_offset_reset(AutoOffsetReset::Earliest)
            .isolation_level(IsolationLevel::ReadCommitted)
            .fetch_max_wait(WAIT)
            .metrics_push(false)
            .build()
            .await
            .map_err(failed)?;
        consumer.assign(topic, vec![partition]).await.map_err(failed)?;
        consumer.seek(topic, partition, start).await.map_err(failed)?;
        Ok(Self { consumer, topic: topic.to_owned(), partition, end })
    }

    /// The next records; empty at the end of the range.
    pub(crate) async fn next(&self) -> Result<Vec<ConsumerRecord>, Error> {
        let start = Instant::now();
        // Control records of transactions have offsets too, but the consumer never returns them.
        while self
            .consumer
            .position(&self.topic, self.partition)
            .await
            .is_none_or(|at| at < self.end)
        {
            let mut records = self.consumer.poll(WAIT).await.map_err(failed)?;
            records.retain(|record| record.offset < self.end);
            if !records.is_empty() {
                return Ok(records);
            }
            if start.elapsed() > PATIENCE {
                return Err(failed(KrafkaError::timeout("the partition returns no records")));
            }
        }
        Ok(Vec::new())
    }

    pub(crate) async fn close(self) {
        // An error does not matter: nothing else is read.
        let _ = self.consumer.close().await;
    }
}

fn failed(source: KrafkaError) -> Error {
    Error::Kafka { doing: "cannot read the topic", source }
}
