//! Why a step of a transaction failed: a newer instance is told from everything else.

use std::fmt;
use std::time::Duration;

use krafka::KrafkaError;
use krafka::error::ErrorCode;
use tokio::time::Instant;

use crate::SendError;

/// How long the coordinator keeps the transaction of an instance that is gone. Until then readers of committed
/// messages wait, unless a newer instance takes over.
pub const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(60);

/// Why a step of a transaction failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransactionError {
    /// A newer instance with the same id has taken over. Nothing of the open transaction will become visible.
    Superseded,
    /// Everything else. Whether a commit happened is not known; the next instance finds out.
    Failed(SendError),
}

impl fmt::Display for TransactionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Superseded => f.write_str("a newer instance has taken over"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TransactionError {}

/// The error of starting a producer with this id.
pub(crate) fn starting(error: &KrafkaError, id: &str, servers: &str) -> TransactionError {
    told(error, None, |error| match error {
        KrafkaError::Broker { code: ErrorCode::TransactionalIdAuthorizationFailed, .. } => {
            SendError::Unauthorized(format!(
                "kafka at {servers} does not allow the transactional id {id}: grant Write and Describe on it \
                 (MSK: kafka-cluster:AlterTransactionalId and DescribeTransactionalId)"
            ))
        }
        _ => SendError::starting(error, servers),
    })
}

/// A transaction fails for one of its messages, which only the text of its error names.
pub(crate) fn failed(error: &KrafkaError, what: &str, servers: &str) -> SendError {
    let text = format!("cannot {what} a transaction at {servers}: {error}");
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["MessageTooLarge", "RecordListTooLarge"]) {
        SendError::TooLarge(format!(
            "{text}; a message is larger than its topic accepts (max.message.bytes), and which one is not known: grant \
             DescribeConfigs on the topic"
        ))
    } else if says(&["TopicAuthorizationFailed"]) {
        SendError::Refused(format!("{text}; grant Write and Describe on the topic"))
    } else if says(&["InvalidTimestamp", "InvalidRecord"]) {
        SendError::Refused(text)
    } else if says(&["AuthorizationFailed"]) {
        SendError::Unauthorized(text)
    } else {
        SendError::Unavailable(text)
    }
}

/// Tells a newer instance from everything else. A send of the older one fails as "must be aborted", and only the text
/// says that its epoch is over. The coordinator ends the epoch of a transaction that takes too long in the same way.
pub(crate) fn told(
    error: &KrafkaError,
    begun: Option<Instant>,
    otherwise: impl FnOnce(&KrafkaError) -> SendError,
) -> TransactionError {
    const OVER: [&str; 2] = ["InvalidProducerEpoch", "ProducerFenced"];
    let is_over = match error {
        KrafkaError::Fenced { .. } => true,
        KrafkaError::Broker { code, .. } => {
            matches!(code, ErrorCode::ProducerFenced | ErrorCode::InvalidProducerEpoch)
        }
        KrafkaError::TransactionAbortable { message } => {
            OVER.iter().any(|word| message.contains(word))
        }
        _ => false,
    };
    match begun.is_some_and(|begun| begun.elapsed() >= TRANSACTION_TIMEOUT) {
        true if is_over => TransactionError::Failed(SendError::Unavailable(format!(
            "a transaction took longer than {} s, and the broker has undone it",
            TRANSACTION_TIMEOUT.as_secs()
        ))),
        false if is_over => TransactionError::Superseded,
        _ => TransactionError::Failed(otherwise(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_epoch_that_is_over_is_no_failure() {
        let begun = Instant::now();
        let told = |error: KrafkaError| {
            told(&error, Some(begun), |e| SendError::Unavailable(e.to_string()))
        };
        let over = "must be aborted: a send failed: InvalidProducerEpoch";
        for error in [
            KrafkaError::fenced("x"),
            KrafkaError::broker(ErrorCode::ProducerFenced, "x"),
            KrafkaError::broker(ErrorCode::InvalidProducerEpoch, "x"),
            KrafkaError::transaction_abortable(over),
        ] {
            assert_eq!(told(error), TransactionError::Superseded);
        }
        let other = told(KrafkaError::transaction_abortable("must be aborted: MessageTooLarge"));
        assert!(matches!(other, TransactionError::Failed(_)), "{other}");
        tokio::time::advance(TRANSACTION_TIMEOUT).await;
        let slow = told(KrafkaError::fenced("x")).to_string();
        assert!(slow.contains("took longer than 60 s"), "{slow}");
    }

    #[test]
    fn a_message_that_is_too_large_is_known_by_the_text() {
        let text = "a send in this transaction failed (produce to t-0 failed with MessageTooLarge)";
        let told = failed(&KrafkaError::transaction_abortable(text), "commit", "b:9092");
        assert!(matches!(&told, SendError::TooLarge(text) if text.contains("DescribeConfigs")));
        let told = failed(&KrafkaError::timeout("EndTxn"), "commit", "b:9092");
        assert!(matches!(told, SendError::Unavailable(_)));
    }
}
