//! The smallest interface of a reliable producer: it takes messages and returns one result for
//! each. A test can use a scripted producer instead.

use std::future::Future;

use bytes::Bytes;
use krafka::producer::Record;
use tokio::time::Instant;

use crate::SendError;

/// One message to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The topic. The partition follows from the key as in Kafka's own clients (murmur2), so
    /// messages with the same key stay in one partition; messages without a key are spread.
    pub topic: String,
    /// The key; `None` without one. An empty key is a key.
    pub key: Option<Bytes>,
    /// The value; `None` for a tombstone. An empty value is a value.
    pub value: Option<Bytes>,
    /// The headers, in this order; names may repeat, a value may be null.
    pub headers: Vec<(String, Option<Bytes>)>,
    /// Milliseconds since 1970; `None` for the time of sending. A topic with
    /// `message.timestamp.type=LogAppendTime` overrides it.
    pub timestamp: Option<i64>,
}

/// What the client counts beside the topic's name and does not send: three bytes of 64 for the head of a batch, which is 61
/// ("Record Batch" in Kafka's documentation of its message format), and five for a message's time and its place in the
/// batch, which are one byte each if it is alone.
const COUNTED: usize = 8;

impl Message {
    /// How many bytes its batch has if it is alone in it and nothing is compressed: what a broker compares with
    /// `max.message.bytes`.
    #[must_use]
    pub fn size(&self) -> usize {
        self.record().estimated_size().saturating_sub(self.topic.len() + COUNTED)
    }

    pub(crate) fn record(&self) -> Record {
        let mut record = Record::new(&self.topic, Bytes::new());
        record.key.clone_from(&self.key);
        record.value.clone_from(&self.value);
        record.headers.clone_from(&self.headers);
        record.timestamp = self.timestamp;
        record
    }
}

/// Writes messages and waits until they are acknowledged.
///
/// The caller promises a deadline in the future; both methods return by then. Futures need
/// not be `Send`: one invocation runs on one thread.
pub trait Producer {
    /// Asks the cluster whether the topic exists.
    ///
    /// # Errors
    /// [`SendError::TopicMissing`] at once if it does not exist; otherwise the reason why the
    /// cluster did not answer.
    fn check_topic(
        &mut self,
        topic: &str,
        deadline: Instant,
    ) -> impl Future<Output = Result<(), SendError>>;

    /// Writes the messages: one result for each, in their order.
    ///
    /// `Ok` means that all in-sync replicas have acknowledged the message. `Err` means that it is
    /// not known to be written. Only after [`SendError::Unavailable`] it may have been written, so
    /// sending it again may duplicate it. Every topic is looked up before its first message, and
    /// messages to a missing topic fail without waiting.
    fn send(
        &mut self,
        messages: &[Message],
        deadline: Instant,
    ) -> impl Future<Output = Vec<Result<(), SendError>>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_alone_has_the_size_of_its_batch() {
        let message = Message {
            topic: "orders".to_owned(),
            key: None,
            value: Some(Bytes::from_static(b"0123456789")),
            headers: Vec::new(),
            timestamp: None,
        };
        // Its length, attributes, time, place, no key, the value with its length, and no headers.
        assert_eq!(message.size(), 61 + 1 + 1 + 1 + 1 + 1 + 11 + 1);
    }
}
