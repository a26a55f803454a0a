//! The offsets of a source, or of any source connector of Kafka Connect, in their compacted topic: how they are read,
//! and how they are changed while nobody else changes them.
//!
//! Not here: what an offset means, which `sluice_source::model::offset` knows.

use std::time::Duration;

use bytes::Bytes;
use sluice_kafka::{Access, Connected, Tasks, TransactionError, Transactions, read_compacted};
use sluice_source::model::offset;
use tokio::time::Instant;

use crate::error::Error;

mod plan;
mod stored;

pub use plan::{Change, import, reset, set};
pub use sluice_source::model::offset::topic;
pub use stored::{Read, StoredOffset, is_name};

/// How long reading the topic may take. A transaction that somebody left open in it ends after a minute.
const READ: Duration = Duration::from_secs(90);

/// The offsets of `connector` in `topic`, ordered by their partition; `None` if there is no such topic.
///
/// # Errors
///
/// The cluster cannot be reached, or the topic is not compacted or cannot be read to its end.
pub async fn list(
    access: &Access,
    topic: &str,
    connector: &str,
) -> Result<Option<Vec<StoredOffset>>, Error> {
    let read = read_compacted(access, topic, Instant::now() + READ).await;
    let read = read.map_err(|error| Error::SourceOffsets(error.to_string()))?;
    Ok(read.map(|pairs| stored::of(connector, pairs)))
}

/// The offsets of one source, taken over from its instances: an invocation that runs ends as superseded, and what it
/// sends from now on is refused. The next invocation takes over in the same way.
#[derive(Debug)]
pub struct TakenOver {
    transactions: Transactions,
    topic: String,
    /// What was committed before.
    pub stored: Vec<StoredOffset>,
}

/// Takes the offsets of `connector` over. A topic that is missing is created.
///
/// # Errors
///
/// As for [`list`]; or the login may not use the connector's transactional id.
pub async fn take_over(access: &Access, topic: &str, connector: &str) -> Result<TakenOver, Error> {
    let tasks = Tasks {
        count: 1,
        id: &|task| offset::transactional_id(connector, task),
        key: &offset::tasks_key(connector),
        read: offset::tasks,
    };
    let connected = Connected::open(access).await.map_err(TransactionError::Failed);
    let connected = connected.map_err(failed)?;
    let taken = connected.take_over_all(&tasks, &[], topic, Instant::now() + READ).await;
    let sluice_kafka::TakenOver { producers, values, .. } = taken.map_err(failed)?;
    let stored = stored::of(connector, values);
    let [transactions] = producers.try_into().expect("one task has one producer");
    Ok(TakenOver { transactions, topic: topic.to_owned(), stored })
}

impl TakenOver {
    /// Writes all changes in one transaction.
    ///
    /// # Errors
    ///
    /// An invocation of the source has begun meanwhile and nothing is changed; or the cluster does not answer.
    pub async fn write(mut self, changes: &[Change]) -> Result<(), Error> {
        for Change { key, to, .. } in changes {
            let (key, value) = (Bytes::from(key.clone()), to.clone().map(Bytes::from));
            let sent =
                self.transactions.send(&self.topic, Some(key), value, Vec::new(), None).await;
            sent.map_err(failed)?;
        }
        self.transactions.commit().await.map_err(failed)?;
        self.transactions.close().await;
        Ok(())
    }
}

fn failed(error: TransactionError) -> Error {
    Error::SourceOffsets(match error {
        TransactionError::Superseded => {
            "an invocation of the source has begun meanwhile, and nothing is changed: pause its schedule, and try again"
                .to_owned()
        }
        TransactionError::Failed(error) => error.to_string(),
    })
}
