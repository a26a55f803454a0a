//! The narrowest producer that can be relied on: messages go in, and one answer for each
//! comes out. A script can stand in for it in tests.

use std::future::Future;

use bytes::Bytes;
use tokio::time::Instant;

use crate::SendError;

/// One message to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The topic it goes to. The partition follows from the key as in Kafka's own clients
    /// (murmur2), so messages of one key stay in one partition; without a key it is spread.
    pub topic: String,
    /// `None` is no key, which differs from an empty one.
    pub key: Option<Bytes>,
    /// `None` is a tombstone, which differs from an empty value.
    pub value: Option<Bytes>,
    /// In this order; names may repeat, a value may be null.
    pub headers: Vec<(String, Option<Bytes>)>,
    /// Milliseconds since 1970; `None` is the moment of sending. A topic that stamps on
    /// arrival (`message.timestamp.type=LogAppendTime`) overrides it.
    pub timestamp: Option<i64>,
}

/// Writes messages and waits until they are safe.
///
/// The caller promises a deadline in the future; both methods return by then. Futures need
/// not be `Send`: one invocation runs on one thread.
pub trait Producer {
    /// Asks the cluster whether the topic exists.
    ///
    /// # Errors
    /// [`SendError::TopicMissing`] at once if it does not; otherwise what kept the cluster
    /// from answering.
    fn check_topic(
        &mut self,
        topic: &str,
        deadline: Instant,
    ) -> impl Future<Output = Result<(), SendError>>;

    /// Writes the messages: one result for each, in their order.
    ///
    /// `Ok` means acknowledged by all in-sync replicas. `Err` means it is not known to be
    /// written; only [`SendError::Unavailable`] leaves open whether it was, so sending it
    /// again may double it. Every topic is looked up before its first message, and messages
    /// to a missing one fail without waiting.
    fn send(
        &mut self,
        messages: &[Message],
        deadline: Instant,
    ) -> impl Future<Output = Vec<Result<(), SendError>>>;
}
