//! One open connection to a cluster: looks topics up, writes messages, and closes.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use krafka::admin::DescribeTopicsOptions;
use krafka::producer::{Acks, DeliveryHandle, Producer};
use krafka::{CloseOptions, Kafka, KrafkaError};
use tokio::time::{Instant, timeout_at};

use crate::{Access, Message, SendError};

/// How long a TCP connection may take. Kafka's own 10 s would use up a short deadline and leave no
/// time for the next broker of the list.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
/// How long an answer may take before the request is sent again on a new connection, and how long a
/// leader waits for its replicas.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How many bytes of one partition are sent in one request. With Kafka's 16 KiB a thousand messages
/// would cost dozens of round trips; brokers accept 1 MiB by default.
const BATCH_BYTES: usize = 128 * 1024;

/// How many bytes may be queued at once, which is also the largest size of a message. This is
/// Kafka's own default (`buffer.memory`), and far above any event's 6 MB.
const BUFFER_BYTES: usize = 32 * 1024 * 1024;

/// An open connection with its producer.
#[derive(Debug)]
pub(crate) struct Connection {
    servers: String,
    kafka: Kafka,
    producer: Producer,
    /// Topics that the cluster has. If one is deleted later, its messages wait until their deadline
    /// once; the error closes the connection, and the next one looks the topic up again.
    known: HashSet<String>,
}

impl Connection {
    pub(crate) async fn open(access: &Access) -> Result<Self, SendError> {
        let servers = access.servers().to_owned();
        let builder = access.builder().connect_timeout(CONNECT_TIMEOUT);
        let kafka = access.connect_with(builder.request_timeout(REQUEST_TIMEOUT)).await?;
        let producer = kafka
            .producer()
            .acks(Acks::All)
            .idempotent(true)
            .batch_size(BATCH_BYTES)
            .buffer_memory(BUFFER_BYTES)
            // Waiting for more messages is useless: the messages of a call are queued together.
            .linger(Duration::ZERO)
            .metrics_push(false)
            .build()
            .await
            .map_err(|error| SendError::starting(&error, &servers))?;
        Ok(Self { servers, kafka, producer, known: HashSet::new() })
    }

    /// Closes the connection and drops queued messages, instead of sending them later without a
    /// result.
    pub(crate) async fn close(self) {
        let at_once = CloseOptions::new().timeout(Duration::ZERO);
        // The only error is that messages were queued; the calls that sent them know.
        let _ = self.producer.close_with(at_once).await;
    }

    /// Asks the cluster whether the topic exists: the client itself would wait for a missing topic
    /// until the deadline.
    pub(crate) async fn look_up(
        &mut self,
        topic: &str,
        deadline: Instant,
    ) -> Result<(), SendError> {
        let left = deadline.saturating_duration_since(Instant::now());
        let options = DescribeTopicsOptions::default().timeout(left);
        let Ok(mut answers) = self.kafka.admin().describe_topics([topic], options).await else {
            // The call fails only for a name that no topic can have.
            return Err(SendError::misnamed(topic, &self.servers));
        };
        match answers.remove(topic) {
            Some(Ok(_)) => {
                self.known.insert(topic.to_owned());
                Ok(())
            }
            Some(Err(error)) => Err(SendError::looking_up(&error, topic, &self.servers)),
            None => Err(SendError::timed_out("answer", &self.servers)),
        }
    }

    /// Returns one result for each message. All are queued before the first is waited for.
    pub(crate) async fn deliver(
        &mut self,
        messages: &[Message],
        deadline: Instant,
    ) -> Vec<Result<(), SendError>> {
        let missing = self.look_up_all(messages, deadline).await;
        let mut queued = Vec::with_capacity(messages.len());
        for message in messages {
            queued.push(match missing.get(message.topic.as_str()) {
                Some(error) => Err(error.clone()),
                None => self.enqueue(message, deadline).await,
            });
        }
        let mut results = Vec::with_capacity(messages.len());
        for (message, handle) in messages.iter().zip(queued) {
            results.push(self.acknowledged(message, handle, deadline).await);
        }
        if messages.len() > 1 {
            self.deliver_refused_alone(messages, &mut results, deadline).await;
        }
        results
    }

    /// The topics to which no message can be sent, and why.
    async fn look_up_all<'m>(
        &mut self,
        messages: &'m [Message],
        deadline: Instant,
    ) -> HashMap<&'m str, SendError> {
        let mut missing = HashMap::new();
        for Message { topic, .. } in messages {
            if !self.known.contains(topic)
                && !missing.contains_key(topic.as_str())
                && let Err(error) = self.look_up(topic, deadline).await
            {
                missing.insert(topic.as_str(), error);
            }
        }
        missing
    }

    /// Sends refused messages again, one by one: a batch is refused as a whole, so only a message
    /// that is refused alone is at fault.
    async fn deliver_refused_alone(
        &self,
        messages: &[Message],
        results: &mut [Result<(), SendError>],
        deadline: Instant,
    ) {
        for (message, result) in messages.iter().zip(results) {
            if matches!(result, Err(SendError::TooLarge(_) | SendError::Refused(_))) {
                let handle = self.enqueue(message, deadline).await;
                *result = self.acknowledged(message, handle, deadline).await;
            }
        }
    }

    async fn enqueue(
        &self,
        message: &Message,
        deadline: Instant,
    ) -> Result<DeliveryHandle, SendError> {
        let record = message.record();
        if let Err(error) = record.validate() {
            return Err(SendError::invalid(&error, &message.topic, &self.servers));
        }
        if record.estimated_size() > BUFFER_BYTES {
            return Err(SendError::too_large(&message.topic, &self.servers));
        }
        match timeout_at(deadline, self.producer.enqueue(record)).await {
            Ok(queued) => queued.map_err(|error| self.failed(&error, message)),
            Err(_) => Err(self.unacknowledged(message)),
        }
    }

    async fn acknowledged(
        &self,
        message: &Message,
        handle: Result<DeliveryHandle, SendError>,
        deadline: Instant,
    ) -> Result<(), SendError> {
        match timeout_at(deadline, handle?).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(self.failed(&error, message)),
            Err(_) => Err(self.unacknowledged(message)),
        }
    }

    fn failed(&self, error: &KrafkaError, message: &Message) -> SendError {
        SendError::writing(error, &message.topic, &self.servers, message.key.is_some())
    }

    fn unacknowledged(&self, message: &Message) -> SendError {
        let what = format!("acknowledge a message for topic {}", message.topic);
        SendError::timed_out(&what, &self.servers)
    }
}
