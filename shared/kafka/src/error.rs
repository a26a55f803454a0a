//! Why a message is not known to be written, sorted by what the caller does next.

use std::fmt;

use krafka::error::{ErrorCode, KrafkaError};

use crate::hint::explained;

/// Why a message is not known to be written. Each carries one sentence that names the topic
/// and the brokers, never a message's content and never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// The topic does not exist. The next call asks again, so creating it is enough.
    TopicMissing(String),
    /// The message is larger than the topic or the broker accepts. A smaller one may pass.
    TooLarge(String),
    /// The message will never be accepted as it is: a timestamp outside what the topic allows, no
    /// key on a compacted topic, more than the 10,000 headers the client can send.
    Refused(String),
    /// The cluster does not accept us: credentials, certificate or access rights.
    Unauthorized(String),
    /// Everything else, timeouts included. Whether the message was written is not known.
    Unavailable(String),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::TopicMissing(text)
        | Self::TooLarge(text)
        | Self::Refused(text)
        | Self::Unauthorized(text)
        | Self::Unavailable(text)) = self;
        f.write_str(text)
    }
}

impl std::error::Error for SendError {}

impl SendError {
    /// Whether the connection may be used again: the broker has answered, and the answer concerns
    /// the message.
    pub(crate) fn concerns_the_message(&self) -> bool {
        matches!(self, Self::TopicMissing(_) | Self::TooLarge(_) | Self::Refused(_))
    }

    pub(crate) fn connecting(error: &KrafkaError, servers: &str) -> Self {
        let text = format!(
            "cannot connect to kafka at {servers}: {}",
            sluice_tls::explain(&explained(error))
        );
        if is_unauthorized(error) { Self::Unauthorized(text) } else { Self::Unavailable(text) }
    }

    /// The error of starting an idempotent producer, the only step that needs a right on the
    /// cluster.
    pub(crate) fn starting(error: &KrafkaError, servers: &str) -> Self {
        match error {
            KrafkaError::Broker { code: ErrorCode::ClusterAuthorizationFailed, .. } => {
                Self::Unauthorized(format!(
                    "kafka at {servers} does not allow idempotent writes: grant \
                     IdempotentWrite on the cluster (MSK: kafka-cluster:WriteDataIdempotently)"
                ))
            }
            _ => Self::connecting(error, servers),
        }
    }

    pub(crate) fn looking_up(error: &KrafkaError, topic: &str, servers: &str) -> Self {
        match error {
            KrafkaError::Broker { code: ErrorCode::UnknownTopicOrPartition, .. } => {
                Self::TopicMissing(format!(
                    "topic {topic} does not exist at {servers}: create it or correct its name"
                ))
            }
            KrafkaError::Broker { code: ErrorCode::InvalidTopic, .. } => {
                Self::misnamed(topic, servers)
            }
            _ => Self::writing(error, topic, servers, true),
        }
    }

    pub(crate) fn misnamed(topic: &str, servers: &str) -> Self {
        Self::TopicMissing(format!(
            "no topic at {servers} can have the name `{topic}`: a name has at most 249 characters \
             of a-z A-Z 0-9 . _ -"
        ))
    }

    /// What the client's error about one message of `topic` means. A batch is refused as a whole:
    /// only a message that was sent alone is known to be at fault.
    #[must_use]
    pub fn writing(error: &KrafkaError, topic: &str, servers: &str, has_key: bool) -> Self {
        let text = format!("cannot write to topic {topic} at {servers}: {error}");
        match error {
            _ if is_unauthorized(error) => Self::Unauthorized(text),
            KrafkaError::Broker { code, .. } => match code {
                ErrorCode::MessageTooLarge | ErrorCode::RecordListTooLarge => {
                    Self::too_large(topic, servers)
                }
                ErrorCode::InvalidTimestamp => Self::Refused(format!(
                    "topic {topic} at {servers} refuses a message's timestamp: see its \
                     message.timestamp.before.max.ms and message.timestamp.after.max.ms"
                )),
                // Brokers do not say more to the client; without a key this is the usual reason.
                ErrorCode::InvalidRecord if !has_key => Self::Refused(format!(
                    "topic {topic} at {servers} refuses a message without a key: with \
                     cleanup.policy=compact every message needs a key, so set its cleanup.policy \
                     to delete"
                )),
                ErrorCode::InvalidRecord => Self::Refused(text),
                _ => Self::Unavailable(text),
            },
            _ => Self::Unavailable(text),
        }
    }

    pub(crate) fn invalid(error: &KrafkaError, topic: &str, servers: &str) -> Self {
        Self::Refused(format!("a message for topic {topic} at {servers} cannot be sent: {error}"))
    }

    pub(crate) fn too_large(topic: &str, servers: &str) -> Self {
        Self::TooLarge(format!(
            "a message is larger than topic {topic} at {servers} accepts: raise its \
             max.message.bytes"
        ))
    }

    pub(crate) fn timed_out(what: &str, servers: &str) -> Self {
        Self::Unavailable(format!("kafka at {servers} did not {what} before the deadline"))
    }
}

fn is_unauthorized(error: &KrafkaError) -> bool {
    match error {
        KrafkaError::Auth { .. } => true,
        KrafkaError::Broker { code, .. } => matches!(
            code,
            ErrorCode::TopicAuthorizationFailed
                | ErrorCode::ClusterAuthorizationFailed
                | ErrorCode::SaslAuthenticationFailed
                | ErrorCode::UnsupportedSaslMechanism
                | ErrorCode::IllegalSaslState
        ),
        _ => false,
    }
}
