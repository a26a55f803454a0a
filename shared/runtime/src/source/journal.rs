//! Kafka as the journal of a source: records and offsets in transactions.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use sluice_bridge::model::failure::SinkError;
use sluice_dead_letter::{Row, fitting, row_headers};
use sluice_kafka::{
    Access, Connected, Message, SendError, TRANSACTION_TIMEOUT, TakenOver, Tasks, TransactionError,
    Transactions,
};
use sluice_registry::SchemaRegistry;
use sluice_source::encoding::{Part, Schema};
use sluice_source::error::{Next, SourceError};
use sluice_source::journal::{Journal, Opened};
use sluice_source::model::offset;
use sluice_source::options::letter::Letter;
use sluice_source::options::mode::Rules;
use sluice_source::source::SourceRecord;
use tokio::time::Instant;

/// More bytes than a batch has beside the key and the value of its only record.
const OVERHEAD: usize = 128;

/// Where schemas are.
#[derive(Clone)]
pub(crate) struct Schemas {
    pub(crate) registry: Rc<SchemaRegistry>,
    /// Whether they are registered, and not only looked up.
    pub(crate) registers: bool,
}

impl Schemas {
    /// The id of a schema; one that is not there is registered if it `registers`.
    pub(crate) async fn id(
        &self,
        subject: &str,
        schema: &Schema,
        registers: bool,
    ) -> Result<u32, SinkError> {
        self.registry.id(subject, (schema.kind, schema.text.as_str()), registers).await
    }
}

/// Why a schema has no id. A login that is right, but not for this subject, is no reason to stop other tables.
pub(crate) fn refused(error: SinkError) -> SourceError {
    let is_forbidden = error.cause.code.as_deref() == Some("403");
    let error = SourceError::from(error);
    let next = if is_forbidden { Next::Stop } else { error.next };
    SourceError { next, ..error }
}

/// Why a record is not accepted: by its topic, of which `limit` is what is known, or by the client, which takes `most`
/// bytes.
pub(crate) fn excess(
    topic: &str,
    record: &SourceRecord,
    limit: Option<usize>,
    most: usize,
) -> Option<String> {
    let is_of_topic = limit.is_some_and(|limit| limit <= most);
    let limit = limit.map_or(most, |limit| limit.min(most));
    let SourceRecord { key, value, timestamp } = record;
    if key.as_ref().map_or(0, Bytes::len) + value.len() + OVERHEAD <= limit {
        return None;
    }
    let message = Message {
        topic: topic.to_owned(),
        key: key.clone(),
        value: Some(value.clone()),
        headers: Vec::new(),
        timestamp: *timestamp,
    };
    let size = message.size();
    (size > limit).then(|| {
        if is_of_topic {
            format!(
                "its record has {size} bytes, and topic {topic} accepts {limit} (max.message.bytes)"
            )
        } else {
            format!("its record has {size} bytes, and this function sends at most {limit}")
        }
    })
}

/// One instance of a connector's transactional producer, from its opening on.
pub(crate) struct KafkaJournal {
    access: Access,
    connector: String,
    /// The topic of the offsets.
    topic: String,
    schemas: Schemas,
    /// By when the offsets must be read.
    deadline: Instant,
    connected: Option<Connected>,
    open: Option<Transactions>,
}

impl KafkaJournal {
    pub(crate) fn new(access: Access, schemas: Schemas, rules: &Rules, deadline: Instant) -> Self {
        let (connector, topic) = (rules.connector.clone(), rules.offsets_topic.clone());
        Self { access, connector, topic, schemas, deadline, connected: None, open: None }
    }

    /// The same journal, without a connection.
    fn closed(&self) -> Self {
        Self {
            access: self.access.clone(),
            connector: self.connector.clone(),
            topic: self.topic.clone(),
            schemas: self.schemas.clone(),
            deadline: self.deadline,
            connected: None,
            open: None,
        }
    }

    fn opened(&mut self) -> Result<&mut Transactions, SourceError> {
        self.open.as_mut().ok_or_else(closed)
    }
}

fn closed() -> SourceError {
    SourceError::retry("the connection to kafka is closed")
}

impl Journal for KafkaJournal {
    async fn connect(&mut self) -> Result<(), SourceError> {
        let connected = Connected::open(&self.access).await;
        self.connected = Some(connected.map_err(|error| unsent(&error))?);
        Ok(())
    }

    async fn open(&mut self, topics: &[&str], tasks: usize) -> Result<Opened<Self>, SourceError> {
        let connected = self.connected.take().ok_or_else(closed)?;
        let connector = self.connector.as_str();
        let all = Tasks {
            count: tasks,
            id: &|task| offset::transactional_id(connector, task),
            key: &offset::tasks_key(connector),
            read: offset::tasks,
        };
        let taken = connected.take_over_all(&all, topics, &self.topic, self.deadline).await;
        let TakenOver { producers, values, before } = taken.map_err(failed)?;
        let mut producers = producers.into_iter();
        self.open = producers.next();
        if tasks.max(before) > 1 {
            // Whoever commits this is the newest instance, and the other tasks are its own.
            let key = offset::tasks_key(&self.connector);
            self.commit(&key, Some(&offset::tasks_value(tasks))).await?;
        }
        let beside = producers.map(|open| Self { open: Some(open), ..self.closed() }).collect();
        let pair = |(key, value): (Bytes, Bytes)| (key.to_vec(), value.to_vec());
        Ok(Opened { offsets: values.into_iter().map(pair).collect(), beside })
    }

    async fn schema(
        &mut self,
        topic: &str,
        part: Part,
        schema: Schema,
    ) -> Result<u32, SourceError> {
        let subject = part.subject(topic);
        self.schemas.id(&subject, &schema, self.schemas.registers).await.map_err(refused)
    }

    fn excess(&self, topic: &str, record: &SourceRecord) -> Option<String> {
        let transactions = self.open.as_ref()?;
        excess(topic, record, transactions.limit(topic), transactions.most())
    }

    fn longest(&self) -> Duration {
        TRANSACTION_TIMEOUT
    }

    async fn send(
        &mut self,
        topic: &str,
        records: &mut Vec<SourceRecord>,
    ) -> Result<(), SourceError> {
        let transactions = self.opened()?;
        for SourceRecord { key, value, timestamp } in records.drain(..) {
            transactions
                .send(topic, key, Some(value), Vec::new(), timestamp)
                .await
                .map_err(failed)?;
        }
        Ok(())
    }

    async fn send_letters(
        &mut self,
        topic: &str,
        letters: &mut Vec<Letter>,
    ) -> Result<(), SourceError> {
        let connector = self.connector.clone();
        let transactions = self.opened()?;
        for letter in letters.drain(..) {
            // A row that is too large for its own topic is assumed to be too large for this one.
            let is_whole = letter.row.column.is_none();
            let of_row = || transactions.limit(&letter.topic).filter(|_| is_whole);
            let most = transactions.most();
            let limit = transactions.limit(topic).or_else(of_row).map_or(most, |it| it.min(most));
            let Message { topic, key, value, headers, .. } =
                fitting(message(&connector, topic, letter), Some(limit));
            transactions.send(&topic, key, value, headers, None).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn commit(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), SourceError> {
        let topic = self.topic.clone();
        let transactions = self.opened()?;
        let (key, value) = (Bytes::copy_from_slice(key), value.map(Bytes::copy_from_slice));
        transactions.send(&topic, Some(key), value, Vec::new(), None).await.map_err(failed)?;
        transactions.commit().await.map_err(failed)
    }

    async fn abort(&mut self) -> Result<(), SourceError> {
        match &mut self.open {
            Some(transactions) => transactions.abort().await.map_err(failed),
            None => Ok(()),
        }
    }
}

fn message(connector: &str, topic: &str, letter: Letter) -> Message {
    let Letter { table, topic: target, row } = letter;
    let headers = row_headers(&Row {
        connector,
        table: &table,
        topic: &target,
        column: row.column.as_deref(),
        reason: &row.reason,
    });
    let (topic, value) = (topic.to_owned(), Some(row.value));
    Message { topic, key: row.key, value, headers, timestamp: None }
}

fn failed(error: TransactionError) -> SourceError {
    match error {
        TransactionError::Superseded => SourceError::give_way(),
        TransactionError::Failed(error) => unsent(&error),
    }
}

pub(crate) fn unsent(error: &SendError) -> SourceError {
    let next = match error {
        SendError::Unavailable(_) => Next::Retry,
        SendError::Unauthorized(_) => Next::LogIn,
        SendError::TopicMissing(_) | SendError::TooLarge(_) | SendError::Refused(_) => Next::Stop,
    };
    SourceError { next, message: error.to_string() }
}
