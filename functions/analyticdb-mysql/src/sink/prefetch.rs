//! Sends the first queries of an invocation in advance, while its first records are read: they begin a
//! transaction and describe the table, if exactly one table was written to so far. If the result does not
//! fit, everything is rolled back and queried again.

use std::fmt;

use mysql_async::{Conn, DriverError, Error};
use sluice_bridge::model::table::TableName;
use tokio::task::yield_now;

use crate::catalog::question::{Answer, Question};
use crate::connection::background::Work;

/// Queries that are running, and the connection that they use.
pub(crate) struct Foresight {
    table: TableName,
    /// `None` if the connection does not answer or is lost.
    work: Work<Option<(Conn, Option<Answer>)>>,
}

/// The results. The transaction has begun.
pub(crate) struct Found {
    pub(crate) table: TableName,
    pub(crate) answer: Answer,
}

impl Foresight {
    /// Sends the queries and does not wait for the results.
    pub(crate) async fn ask(mut conn: Conn, table: TableName, question: Question) -> Self {
        let work = Work::begin(async move {
            match question.ask_first(&mut conn).await {
                Err(Error::Driver(DriverError::ConnectionClosed)) => None,
                answer => Some((conn, answer.ok())),
            }
        });
        // Lets the task run.
        yield_now().await;
        Self { table, work }
    }

    /// The connection, and the results if the description fits; without them, the transaction cannot be used.
    /// `None` if the task panicked or the connection cannot be used.
    pub(crate) async fn answer(self) -> Option<(Conn, Option<Found>)> {
        let (conn, answer) = self.work.end().await.ok()??;
        let table = self.table;
        Some((conn, answer.map(|answer| Found { table, answer })))
    }
}

/// Not derived, because the connection's `Debug` text contains the password.
impl fmt::Debug for Foresight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Foresight").field("table", &self.table).finish_non_exhaustive()
    }
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found").field("table", &self.table).finish_non_exhaustive()
    }
}
