//! Messages that become visible together, or not at all: a transactional producer, and how a newer one takes over.
//!
//! Not here: what a message means, and when to commit.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use krafka::admin::DescribeTransactionsOptions;
use krafka::error::ErrorCode;
use krafka::producer::{Acks, DeliveryHandle, Record, TransactionState, TransactionalProducer};
use krafka::{CloseOptions, Kafka, KrafkaError};
use tokio::time::{Instant, sleep, timeout};

use crate::compacted::{Compacted, Found, Until};
use crate::topics::Topics;
use crate::transaction_error::{TRANSACTION_TIMEOUT, TransactionError, failed, starting, told};
use crate::{Access, SendError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a message may stay unacknowledged. A transaction in which one fails is undone.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the coordinator is asked again.
const MAX_BLOCK: Duration = Duration::from_secs(20);
/// The first pause before a request is sent again. After each commit the coordinator needs a few milliseconds until it
/// takes messages of the next transaction; Kafka's own client waits 20 ms then.
const RETRY_BACKOFF: Duration = Duration::from_millis(10);
/// Brokers accept 1 MiB in a batch by default.
const BATCH_BYTES: usize = 512 * 1024;
/// How much of a batch holds no message.
const BATCH_HEAD: usize = 64;
/// How much may be queued: enough for all partitions of a few topics. The largest message must fit too; if it is not known
/// how large that may be, more may be queued.
const BUFFER_BYTES: usize = 8 * 1024 * 1024;
const MOST_BUFFER_BYTES: usize = 32 * 1024 * 1024;
/// How much of the queue a message may need beside its own bytes: its topic and the head of its batch.
const MESSAGE_HEAD: usize = 1024;
/// How long a message may take to fail after the producer has.
const FATAL_WAIT: Duration = Duration::from_secs(1);
/// How long a newer instance may take to end the transaction of the older one, once it has begun to.
const ENDING_WAIT: Duration = Duration::from_secs(1);
const ENDING_PAUSE: Duration = Duration::from_millis(20);
/// The states of a transaction that is committed, as the coordinator writes them.
const COMMITTED: [&str; 2] = ["PrepareCommit", "CompleteCommit"];
/// Long enough to gather a batch from rows that come without a pause.
const LINGER: Duration = Duration::from_millis(5);

/// A connection to a cluster, before anything is taken over. Its clones share it.
#[derive(Debug, Clone)]
pub struct Connected {
    kafka: Kafka,
    servers: String,
}

/// One instance of a transactional producer.
pub struct Transactions {
    kafka: Kafka,
    producer: TransactionalProducer,
    servers: String,
    topics: Topics,
    /// The bytes of the largest message that can be queued.
    most: usize,
    /// Since when a transaction is open.
    begun: Option<Instant>,
    /// The acknowledgement of the last message, which a commit waits for itself.
    last: Option<DeliveryHandle>,
}

impl Connected {
    /// Connects.
    ///
    /// # Errors
    /// The cluster cannot be reached.
    pub async fn open(access: &Access) -> Result<Self, SendError> {
        let servers = access.servers().to_owned();
        let builder = access.builder().connect_timeout(CONNECT_TIMEOUT);
        let kafka = access.connect_with(builder.request_timeout(REQUEST_TIMEOUT)).await?;
        Ok(Self { kafka, servers })
    }

    /// Asks for topics to which messages will be sent, and takes over from any earlier instance with this id, whose open
    /// transaction is undone.
    ///
    /// # Errors
    /// The cluster does not answer or refuses the id.
    pub async fn take_over(
        self,
        id: &str,
        topics: &[&str],
    ) -> Result<Transactions, TransactionError> {
        let known = self.known(topics).await;
        self.producer(id, known).await
    }

    /// What is known of topics.
    pub(crate) async fn known(&self, topics: &[&str]) -> Topics {
        let mut known = Topics::default();
        known.ask(&self.kafka, topics).await;
        known
    }

    /// A producer that sends to topics of which this is known.
    pub(crate) async fn producer(
        self,
        id: &str,
        known: Topics,
    ) -> Result<Transactions, TransactionError> {
        let Self { kafka, servers } = self;
        let (batch, buffer) = sizes(&known);
        let producer = kafka
            .producer()
            .acks(Acks::All)
            .idempotent(true)
            .batch_size(batch)
            .buffer_memory(buffer)
            .linger(LINGER)
            .delivery_timeout(DELIVERY_TIMEOUT)
            .retry_backoff(RETRY_BACKOFF)
            .max_block(MAX_BLOCK)
            .transaction_timeout(TRANSACTION_TIMEOUT)
            .metrics_push(false)
            .build_transactional(id)
            .await
            .map_err(|error| starting(&error, id, &servers))?;
        let most = buffer - MESSAGE_HEAD;
        Ok(Transactions { kafka, producer, servers, topics: known, most, begun: None, last: None })
    }
}

/// The bytes of a batch and of what may be queued. In a transaction the client does not divide a batch that a topic refuses.
fn sizes(topics: &Topics) -> (usize, usize) {
    let least = topics.limits().min().unwrap_or(usize::MAX);
    let most = topics.limits().max().filter(|_| topics.are_known()).unwrap_or(usize::MAX);
    let batch = least.saturating_sub(BATCH_HEAD).clamp(1, BATCH_BYTES);
    (batch, most.saturating_mul(2).clamp(BUFFER_BYTES, MOST_BUFFER_BYTES))
}

impl Transactions {
    /// Connects, and takes over from any earlier instance with this id, whose open transaction is undone.
    ///
    /// # Errors
    /// The cluster cannot be reached or refuses the id.
    pub async fn open(access: &Access, id: &str) -> Result<Self, TransactionError> {
        let connected = Connected::open(access).await.map_err(TransactionError::Failed)?;
        connected.take_over(id, &[]).await
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
        self.read(topic, Until::End(deadline)).await.map(|found| found.values)
    }

    /// The same, perhaps only up to an open transaction.
    pub(crate) async fn read(
        &mut self,
        topic: &str,
        until: Until,
    ) -> Result<Found, TransactionError> {
        let compacted = Compacted { kafka: &self.kafka, topic, servers: &self.servers };
        let read = compacted.read(until).await.map_err(TransactionError::Failed)?;
        self.topics.add(topic);
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
        if !self.topics.has(topic) {
            let looked_up = self.topics.look_up(&self.kafka, topic, &self.servers).await;
            looked_up.map_err(TransactionError::Failed)?;
        }
        let mut record = Record::new(topic, Bytes::new());
        (record.key, record.value) = (key, value);
        (record.headers, record.timestamp) = (headers, timestamp);
        let failed = |error: &KrafkaError| failed(error, "write in", &self.servers);
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
            if is_unclear(&error) && self.is_ended_by_another().await {
                error = KrafkaError::fenced("the transaction was ended by another instance");
            }
            return Err(told(&error, self.begun, |error| failed(error, "commit", &self.servers)));
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

    /// Whether somebody else has undone the transaction, or does within [`ENDING_WAIT`]: only the epoch shows it.
    async fn is_ended_by_another(&self) -> bool {
        let id = self.producer.transactional_id();
        let until = Instant::now() + ENDING_WAIT;
        loop {
            let options = DescribeTransactionsOptions::default();
            let described = self.kafka.admin().describe_transactions([id], options).await;
            let Some(it) = described.ok().and_then(|mut all| all.remove(id)?.ok()) else {
                return false;
            };
            let ours = self.producer.producer_epoch();
            if it.producer_id != self.producer.producer_id() || it.producer_epoch > ours {
                // A commit raises the epoch by one (KIP-890), and this one may have happened.
                let is_committed = COMMITTED.contains(&it.state.as_str());
                return !(is_committed && it.producer_epoch == ours + 1);
            }
            if Instant::now() >= until {
                return false;
            }
            sleep(ENDING_PAUSE).await;
        }
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
        let failed = |error: &KrafkaError| failed(error, "abort", &self.servers);
        aborted.map_err(|error| told(&error, self.begun, failed))?;
        self.begun = None;
        Ok(())
    }

    /// Closes the connection. What is queued is not sent.
    pub async fn close(self) {
        let at_once = CloseOptions::new().timeout(Duration::ZERO);
        // The only error is that messages were queued.
        let _ = self.producer.close_with(at_once).await;
    }

    /// How many bytes a message may have whatever its topic accepts: it must fit into the client's queue.
    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many bytes a message may have alone (`max.message.bytes` of its topic), as [`Message::size`](crate::Message::size) counts them;
    /// `None` if that is not known.
    #[must_use]
    pub fn limit(&self, topic: &str) -> Option<usize> {
        self.topics.limit(topic)
    }
}

/// Whether the answer to a commit leaves open who ended the transaction. While a newer instance takes over, a coordinator of
/// Kafka 4 reads the commit as one that is repeated (KIP-890) and answers that the transaction is undone already; or the
/// commit meets the change of the epoch under way, for which it has no answer but its unknown error.
fn is_unclear(error: &KrafkaError) -> bool {
    use ErrorCode::{InvalidTxnState, UnknownServerError};
    matches!(error, KrafkaError::Broker { code: InvalidTxnState | UnknownServerError, .. })
}

/// It may hold credentials.
impl fmt::Debug for Transactions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transactions").field("servers", &self.servers).finish_non_exhaustive()
    }
}
