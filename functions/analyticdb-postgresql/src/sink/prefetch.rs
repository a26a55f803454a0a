//! Sends the first queries of an invocation in advance, while its event is decoded: they begin a transaction,
//! set a savepoint and describe the table, if exactly one table was written to so far. If the result does not
//! fit, everything is rolled back and queried again.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{self, LocalBoxFuture};
use sluice_bridge::model::table::{Table, TableName};
use tokio::task::yield_now;
use tokio::time::timeout;
use tokio_postgres::Client;

use crate::catalog;
use crate::connection::commit;
use crate::connection::profile::Profile;
use crate::connection::session::ALIVE_TIMEOUT;

/// The results.
#[derive(Debug)]
pub(crate) struct Prefetched {
    /// The id of the transaction, if the profile asks for it.
    pub(crate) transaction: Option<i64>,
    pub(crate) table: Table,
}

/// Queries that are running.
pub(crate) struct Prefetch {
    /// Whether the transaction has begun.
    begun: LocalBoxFuture<'static, bool>,
    /// The results of the other queries.
    rest: LocalBoxFuture<'static, Option<Prefetched>>,
}

/// The outcome of the queries.
pub(crate) enum PrefetchOutcome {
    /// The table is as expected.
    Ready(Prefetched),
    /// A query failed, so the transaction cannot be used.
    Failed,
    /// The connection does not answer, so it cannot be used.
    NoAnswer,
}

/// The queries to send.
pub(crate) struct PrefetchQueries {
    pub(crate) client: Arc<Client>,
    pub(crate) profile: Profile,
    /// The statements that begin a transaction.
    pub(crate) begin: String,
    /// The statement that sets the savepoint for the first batch.
    pub(crate) savepoint: &'static str,
    pub(crate) table: TableName,
    pub(crate) unix_places: u8,
}

impl Prefetch {
    /// Sends the queries and does not wait for the results.
    pub(crate) async fn start(queries: PrefetchQueries) -> Self {
        let client = Arc::clone(&queries.client);
        let begin = queries.begin.clone();
        let mut begun = async move { client.batch_execute(&begin).await.is_ok() }.boxed_local();
        let mut rest = run(queries).boxed_local();
        // The future that is polled first is sent first.
        let early = ((&mut begun).now_or_never(), (&mut rest).now_or_never());
        // The connection is a separate task, which runs now.
        yield_now().await;
        match early {
            (None, None) => Self { begun, rest },
            _ => Self {
                begun: future::ready(false).boxed_local(),
                rest: future::ready(None).boxed_local(),
            },
        }
    }

    /// The results. The time limit starts now, because nothing was read from the connection while the event
    /// was decoded.
    pub(crate) async fn finish(self) -> PrefetchOutcome {
        match timeout(ALIVE_TIMEOUT, self.begun).await {
            Err(_) => PrefetchOutcome::NoAnswer,
            Ok(false) => PrefetchOutcome::Failed,
            Ok(true) => self.rest.await.map_or(PrefetchOutcome::Failed, PrefetchOutcome::Ready),
        }
    }
}

async fn run(queries: PrefetchQueries) -> Option<Prefetched> {
    let PrefetchQueries { client, profile, savepoint, table, unix_places, .. } = queries;
    let id = commit::transaction_id(&client, profile);
    let read = catalog::read(&client, savepoint, &table, unix_places, profile.on_conflict);
    let (id, read) = future::join(id, read).await;
    Some(Prefetched { transaction: id.ok()?, table: read.ok().flatten()? })
}

impl fmt::Debug for Prefetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prefetch")
    }
}
