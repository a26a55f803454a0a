//! What an invocation will most likely ask first, asked while its first records are read: a
//! transaction, and what the one table looks like that was written to so far. Where anything comes
//! out otherwise, all of it is undone and asked again in its place.

use std::fmt;

use mysql_async::{Conn, DriverError, Error};
use sluice_bridge::model::table::TableName;
use tokio::task::yield_now;

use crate::catalog::question::{Answer, Question};
use sluice_mysql::Work;

/// Questions under way, with the connection they go by.
pub(crate) struct Foresight {
    table: TableName,
    /// Nothing where the connection is silent or lost.
    work: Work<Option<(Conn, Option<Answer>)>>,
}

/// What was found, in a transaction that is begun.
pub(crate) struct Found {
    pub(crate) table: TableName,
    pub(crate) answer: Answer,
}

impl Foresight {
    /// Sends the questions and does not wait for answers.
    pub(crate) async fn ask(mut conn: Conn, table: TableName, question: Question) -> Self {
        let work = Work::begin(async move {
            match question.ask_first(&mut conn).await {
                Err(Error::Driver(DriverError::ConnectionClosed)) => None,
                answer => Some((conn, answer.ok())),
            }
        });
        // The task has its turn here.
        yield_now().await;
        Self { table, work }
    }

    /// The connection, and the answers if all is as it was; otherwise the transaction is of no use.
    /// Nothing where the task broke down or the connection is of no use.
    pub(crate) async fn answer(self) -> Option<(Conn, Option<Found>)> {
        let (conn, answer) = self.work.end().await.ok()??;
        let table = self.table;
        Some((conn, answer.map(|answer| Found { table, answer })))
    }
}

/// A connection's own would tell the password.
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
