//! The transactional producers of one instance that works in several tasks, and how a newer instance takes over from all
//! of them.
//!
//! Each producer has an id of its own. A newer instance may have fewer tasks, and give the work of one to another; so
//! nobody may still be at work under any id when it begins. A record in a compacted topic tells how many there were.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::future::try_join_all;
use tokio::time::Instant;

use crate::compacted::{Found, Until};
use crate::transactions::{Connected, Transactions};
use crate::{SendError, TransactionError};

/// The tasks of an instance.
pub struct Tasks<'a> {
    /// How many there are, at least one.
    pub count: usize,
    /// The id of each, counted from 0.
    pub id: &'a dyn Fn(usize) -> String,
    /// The key of the record that tells how many an earlier instance had.
    pub key: &'a [u8],
    /// Reads its value.
    pub read: fn(Option<&[u8]>) -> Result<usize, String>,
}

/// What is taken over.
#[derive(Debug)]
pub struct TakenOver {
    /// A producer of each task.
    pub producers: Vec<Transactions>,
    /// The committed values of the compacted topic, by key.
    pub values: HashMap<Bytes, Bytes>,
    /// How many tasks an earlier instance had.
    pub before: usize,
}

impl Connected {
    /// Takes over from every task of any earlier instance, and reads the compacted topic behind what they have committed.
    /// A topic that is missing is created. `topics` are those to which messages will be sent.
    ///
    /// Two instances that begin at the same time may each take over a part. The one that is not superseded as task 0 is
    /// the newer one: with several tasks, before or now, task 0 must commit something before any other begins.
    ///
    /// # Errors
    /// As of [`take_over`](Self::take_over) and [`Transactions::read_compacted`].
    pub async fn take_over_all(
        self,
        tasks: &Tasks<'_>,
        topics: &[&str],
        topic: &str,
        deadline: Instant,
    ) -> Result<TakenOver, TransactionError> {
        let known = self.known(topics).await;
        let producer = |task| {
            let (connected, known) = (self.clone(), known.clone());
            async move { connected.producer(&(tasks.id)(task), known).await }
        };
        // The first one before any other: its order is that of the instances.
        let mut producers = vec![producer(0).await?];
        producers.extend(try_join_all((1..tasks.count).map(producer)).await?);
        let (mut taken, mut until) = (tasks.count, Until::Stalled(deadline));
        loop {
            let Found { values, is_whole } = producers[0].read(topic, until).await?;
            let before = tasks.before(&values, topic)?;
            if before > taken {
                // They may have committed more until now, or keep the end from being read.
                for other in try_join_all((taken..before).map(producer)).await? {
                    other.close().await;
                }
                taken = before;
            } else if is_whole {
                return Ok(TakenOver { producers, values, before });
            } else {
                until = Until::End(deadline);
            }
        }
    }
}

impl Tasks<'_> {
    fn before(
        &self,
        values: &HashMap<Bytes, Bytes>,
        topic: &str,
    ) -> Result<usize, TransactionError> {
        (self.read)(values.get(self.key).map(AsRef::as_ref)).map_err(|why| {
            TransactionError::Failed(SendError::Refused(format!("in topic {topic} {why}")))
        })
    }
}
