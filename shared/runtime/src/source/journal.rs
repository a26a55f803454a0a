//! Kafka as the journal of a source: records and offsets in transactions.

use std::collections::HashMap;

use bytes::Bytes;
use sluice_dead_letter::{Row, row_headers};
use sluice_kafka::{Access, SendError, TransactionError, Transactions};
use sluice_source::error::{Next, SourceError};
use sluice_source::journal::Journal;
use sluice_source::letter::Letter;
use sluice_source::offset;
use sluice_source::source::SourceRecord;
use tokio::time::Instant;

/// One instance of a connector's transactional producer, from its opening on.
pub(crate) struct KafkaJournal {
    access: Access,
    connector: String,
    /// The topic of the offsets.
    topic: String,
    /// By when the offsets must be read.
    deadline: Instant,
    open: Option<Transactions>,
}

impl KafkaJournal {
    pub(crate) fn new(access: Access, connector: &str, topic: &str, deadline: Instant) -> Self {
        let (connector, topic) = (connector.to_owned(), topic.to_owned());
        Self { access, connector, topic, deadline, open: None }
    }

    fn opened(&mut self) -> Result<&mut Transactions, SourceError> {
        self.open.as_mut().ok_or_else(|| SourceError::retry("the connection to kafka is closed"))
    }
}

impl Journal for KafkaJournal {
    async fn open(&mut self) -> Result<HashMap<Vec<u8>, Vec<u8>>, SourceError> {
        let id = offset::transactional_id(&self.connector);
        let mut transactions = Transactions::open(&self.access, &id).await.map_err(failed)?;
        let read = transactions.read_compacted(&self.topic, self.deadline).await;
        let read = read.map_err(failed)?;
        self.open = Some(transactions);
        Ok(read.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect())
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
        for Letter { table, topic: target, row } in letters.drain(..) {
            let headers = row_headers(&Row {
                connector: &connector,
                table: &table,
                topic: &target,
                column: &row.column,
                reason: &row.reason,
            });
            let sent = transactions.send(topic, row.key, Some(row.value), headers, None).await;
            sent.map_err(failed)?;
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

fn failed(error: TransactionError) -> SourceError {
    let error = match error {
        TransactionError::Superseded => return SourceError::give_way(),
        TransactionError::Failed(error) => error,
    };
    let next = match error {
        SendError::Unavailable(_) => Next::Retry,
        SendError::Unauthorized(_) => Next::LogIn,
        SendError::TopicMissing(_) | SendError::TooLarge(_) | SendError::Refused(_) => Next::Stop,
    };
    SourceError { next, message: error.to_string() }
}
