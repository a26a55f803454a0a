//! Sends the first queries of an invocation in advance, while its first records are read: they begin a
//! transaction and describe the table, if exactly one table was written to so far. If the result does not
//! fit, everything is rolled back and queried again.

use std::fmt;

use mysql_async::{Conn, DriverError, Error};
use sluice_bridge::model::table::TableName;
use tokio::task::yield_now;

use crate::catalog::query::{CatalogQuery, CatalogRows};
use crate::connection::background::BackgroundTask;

/// Queries that are running, and the connection that they use.
pub(crate) struct Prefetch {
    table: TableName,
    /// `None` if the connection does not answer or is lost.
    task: BackgroundTask<Option<(Conn, Option<CatalogRows>)>>,
}

/// The results. The transaction has begun.
pub(crate) struct Prefetched {
    pub(crate) table: TableName,
    pub(crate) rows: CatalogRows,
}

impl Prefetch {
    /// Sends the queries and does not wait for the results.
    pub(crate) async fn start(mut conn: Conn, table: TableName, query: CatalogQuery) -> Self {
        let task = BackgroundTask::spawn(async move {
            match query.run_in_new_transaction(&mut conn).await {
                Err(Error::Driver(DriverError::ConnectionClosed)) => None,
                rows => Some((conn, rows.ok())),
            }
        });
        // Lets the task run.
        yield_now().await;
        Self { table, task }
    }

    /// The connection, and the results if the description fits; without them, the transaction cannot be used.
    /// `None` if the task panicked or the connection cannot be used.
    pub(crate) async fn finish(self) -> Option<(Conn, Option<Prefetched>)> {
        let (conn, rows) = self.task.join().await.ok()??;
        let table = self.table;
        Some((conn, rows.map(|rows| Prefetched { table, rows })))
    }
}

/// Not derived, because the connection's `Debug` text contains the password.
impl fmt::Debug for Prefetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prefetch").field("table", &self.table).finish_non_exhaustive()
    }
}

impl fmt::Debug for Prefetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prefetched").field("table", &self.table).finish_non_exhaustive()
    }
}
