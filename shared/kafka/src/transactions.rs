//! Messages that become visible together, or not at all: a transactional producer, and how a newer one takes over.
//!
//! Not here: what a message means, and when to commit.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use krafka::admin::{DescribeTopicsOptions, DescribeTransactionsOptions};
use krafka::error::ErrorCode;
use krafka::producer::{Acks, DeliveryHandle, Record, TransactionState, TransactionalProducer};
use krafka::{CloseOptions, Kafka, KrafkaError};
use tokio::time::{Instant, timeout};

use crate::compacted::Compacted;
use crate::{Access, SendError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a message may stay unacknowledged. A transaction in which one fails is undone.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the coordinator is asked again.
const MAX_BLOCK: Duration = Duration::from_secs(20);
/// How long the coordinator keeps the transaction of an instance that is gone. Until then readers of committed
/// messages wait, unless a newer instance takes over.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(60);
/// Brokers accept 1 MiB in a batch by default.
const BATCH_BYTES: usize = 512 * 1024;
const BUFFER_BYTES: usize = 32 * 1024 * 1024;
/// How long a message may take to fail after the producer has.
const FATAL_WAIT: Duration = Duration::from_secs(1);
/// Long enough to gather a batch from rows that come without a pause.
const LINGER: Duration = Duration::from_millis(5);

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

/// One instance of a transactional producer.
pub struct Transactions {
    kafka: Kafka,
    producer: TransactionalProducer,
    servers: String,
    known: HashSet<String>,
    /// Since when a transaction is open.
    begun: Option<Instant>,
    /// The acknowledgement of the last message, which a commit waits for itself.
    last: Option<DeliveryHandle>,
}

impl Transactions {
    /// Connects, and takes over from any earlier instance with this id, whose open transaction is undone.
    ///
    /// # Errors
    /// The cluster cannot be reached or refuses the id.
    pub async fn open(access: &Access, id: &str) -> Result<Self, TransactionError> {
        let servers = access.servers().to_owned();
        let builder = access.builder().connect_timeout(CONNECT_TIMEOUT);
        let kafka = access.connect_with(builder.request_timeout(REQUEST_TIMEOUT)).await;
        let kafka = kafka.map_err(TransactionError::Failed)?;
        let producer = kafka
            .producer()
            .acks(Acks::All)
            .idempotent(true)
            .batch_size(BATCH_BYTES)
            .buffer_memory(BUFFER_BYTES)
            .linger(LINGER)
            .delivery_timeout(DELIVERY_TIMEOUT)
            .max_block(MAX_BLOCK)
            .transaction_timeout(TRANSACTION_TIMEOUT)
            .metrics_push(false)
            .build_transactional(id)
            .await
            .map_err(|error| told(&error, None, |error| starting(error, id, &servers)))?;
        Ok(Self { kafka, producer, servers, known: HashSet::new(), begun: None, last: None })
    }

    /// The committed values of a compacted topic, by key. A topic that is missing is created, with one partition.
    ///
    /// # Errors
    /// Its end was not reached by `deadline`, also because somebody else's transaction is open in it; or it is not
    /// compacted.
    pub async fn read_compacted(
        &mut self,
        topic: &str,
        deadline: Instant,
    ) -> Result<HashMap<Bytes, Bytes>, TransactionError> {
        let compacted = Compacted { kafka: &self.kafka, topic, servers: &self.servers };
        let read = compacted.read(deadline).await.map_err(TransactionError::Failed)?;
        self.known.insert(topic.to_owned());
        Ok(read)
    }

    /// Queues a message in the open transaction; the first one begins it.
    ///
    /// # Errors
    /// The topic is missing, or something failed earlier in this transaction, which must then be undone.
    pub async fn send(
        &mut self,
        topic: &str,
        key: Option<Bytes>,
        value: Option<Bytes>,
        headers: Vec<(String, Option<Bytes>)>,
        timestamp: Option<i64>,
    ) -> Result<(), TransactionError> {
        if !self.known.contains(topic) {
            self.look_up(topic).await.map_err(TransactionError::Failed)?;
        }
        let mut record = Record::new(topic, Bytes::new());
        (record.key, record.value) = (key, value);
        (record.headers, record.timestamp) = (headers, timestamp);
        let has_key = record.key.is_some();
        let failed = |error: &KrafkaError| SendError::writing(error, topic, &self.servers, has_key);
        if self.producer.state() == TransactionState::Ready {
            self.producer.begin().map_err(|error| told(&error, None, failed))?;
            self.begun = Some(Instant::now());
        }
        // The commit waits for what was queued, and fails if any of it did.
        let queued = self.producer.enqueue(record).await;
        self.last = Some(queued.map_err(|error| told(&error, self.begun, failed))?);
        Ok(())
    }

    /// Commits what was sent; nothing if nothing was.
    ///
    /// # Errors
    /// The transaction is undone or its outcome is unknown: only a new instance can tell.
    pub async fn commit(&mut self) -> Result<(), TransactionError> {
        // A coordinator refuses to commit a transaction that it never heard of.
        if self.producer.state() == TransactionState::Ready {
            return Ok(());
        }
        let mut committed = self.producer.commit().await;
        if committed.is_err() && self.producer.state() == TransactionState::CommitUnknown {
            committed = self.producer.commit().await;
        }
        if let Err(error) = committed {
            let mut error = self.fatal_cause().await.unwrap_or(error);
            if self.is_ended_by_another(&error).await {
                error = KrafkaError::fenced("the transaction was ended by another instance");
            }
            return Err(told(&error, self.begun, |error| self.failed(error, "commit")));
        }
        self.begun = None;
        Ok(())
    }

    /// Why a message in flight has made the state of the producer fatal: a commit then only says that it is.
    async fn fatal_cause(&mut self) -> Option<KrafkaError> {
        if self.producer.state() != TransactionState::Fatal {
            return None;
        }
        timeout(FATAL_WAIT, self.last.take()?).await.ok()?.err()
    }

    /// Whether somebody else has ended the transaction. While a newer instance takes over, a coordinator of Kafka 4
    /// reads the commit as one that is repeated (KIP-890), and answers that the transaction is already undone: only
    /// the epoch shows by whom.
    async fn is_ended_by_another(&self, error: &KrafkaError) -> bool {
        if !matches!(error, KrafkaError::Broker { code: ErrorCode::InvalidTxnState, .. }) {
            return false;
        }
        let (id, options) =
            (self.producer.transactional_id(), DescribeTransactionsOptions::default());
        let described = self.kafka.admin().describe_transactions([id], options).await;
        let described = described.ok().and_then(|mut all| all.remove(id)?.ok());
        described.is_some_and(|it| {
            it.producer_id != self.producer.producer_id()
                || it.producer_epoch > self.producer.producer_epoch()
        })
    }

    /// Undoes the open transaction, if there is one.
    ///
    /// # Errors
    /// It is not undone; a newer instance undoes it, or the coordinator does a minute later.
    pub async fn abort(&mut self) -> Result<(), TransactionError> {
        if self.producer.state() == TransactionState::Ready {
            return Ok(());
        }
        let aborted = self.producer.abort().await;
        aborted.map_err(|error| told(&error, self.begun, |error| self.failed(error, "abort")))?;
        self.begun = None;
        Ok(())
    }

    /// Closes the connection. What is queued is not sent.
    pub async fn close(self) {
        let at_once = CloseOptions::new().timeout(Duration::ZERO);
        // The only error is that messages were queued.
        let _ = self.producer.close_with(at_once).await;
    }

    /// The client itself would wait for a missing topic until its timeout.
    async fn look_up(&mut self, topic: &str) -> Result<(), SendError> {
        let options = DescribeTopicsOptions::default();
        let described = self.kafka.admin().describe_topics([topic], options).await;
        let mut described = described.map_err(|_| SendError::misnamed(topic, &self.servers))?;
        match described.remove(topic) {
            Some(Ok(_)) => {
                self.known.insert(topic.to_owned());
                Ok(())
            }
            Some(Err(error)) => Err(SendError::looking_up(&error, topic, &self.servers)),
            None => Err(SendError::timed_out("answer", &self.servers)),
        }
    }

    /// A transaction fails for one of its messages, which only the text of its error names.
    fn failed(&self, error: &KrafkaError, what: &str) -> SendError {
        let text = format!("cannot {what} a transaction at {}: {error}", self.servers);
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(&["MessageTooLarge", "RecordListTooLarge"]) {
            SendError::TooLarge(text)
        } else if says(&["InvalidTimestamp", "InvalidRecord"]) {
            SendError::Refused(text)
        } else if says(&["AuthorizationFailed"]) {
            SendError::Unauthorized(text)
        } else {
            SendError::Unavailable(text)
        }
    }
}

/// It may hold credentials.
impl fmt::Debug for Transactions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transactions").field("servers", &self.servers).finish_non_exhaustive()
    }
}

fn starting(error: &KrafkaError, id: &str, servers: &str) -> SendError {
    match error {
        KrafkaError::Broker { code: ErrorCode::TransactionalIdAuthorizationFailed, .. } => {
            SendError::Unauthorized(format!(
                "kafka at {servers} does not allow the transactional id {id}: grant Write and Describe on it \
                 (MSK: kafka-cluster:AlterTransactionalId and DescribeTransactionalId)"
            ))
        }
        _ => SendError::starting(error, servers),
    }
}

/// Tells a newer instance from everything else. A send of the older one fails as "must be aborted", and only the text
/// says that its epoch is over. The coordinator ends the epoch of a transaction that takes too long in the same way.
fn told(
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
mod tests;
