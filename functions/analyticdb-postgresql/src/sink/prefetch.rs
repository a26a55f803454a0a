//! What an invocation will most likely ask first, asked while its event is still being decoded: a
//! transaction, its savepoint, and what the one table looks like that was written to so far. Where
//! anything comes out otherwise, all of it is undone and asked again in its place.

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
use crate::connection::session::ALIVE_WITHIN;

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// The id of the transaction begun, if it was asked for.
    pub(crate) transaction: Option<i64>,
    pub(crate) table: Table,
}

/// Questions under way.
pub(crate) struct Foresight {
    /// Whether a transaction is begun.
    begun: LocalBoxFuture<'static, bool>,
    /// What came of the other questions.
    rest: LocalBoxFuture<'static, Option<Found>>,
}

/// What became of the questions.
pub(crate) enum Answer {
    /// All is as it was.
    Found(Found),
    /// Something is not as it was, and the transaction is of no use.
    Other,
    /// Nothing comes over the connection: it is of no use.
    Silence,
}

/// What to ask.
pub(crate) struct Question {
    pub(crate) client: Arc<Client>,
    pub(crate) profile: Profile,
    /// The statements that begin a transaction.
    pub(crate) begin: String,
    /// What sets the savepoint for the first batch.
    pub(crate) savepoint: &'static str,
    pub(crate) table: TableName,
    pub(crate) unix_places: u8,
}

impl Foresight {
    /// Sends the questions and does not wait for answers.
    pub(crate) async fn ask(question: Question) -> Self {
        let client = Arc::clone(&question.client);
        let begin = question.begin.clone();
        let mut begun = async move { client.batch_execute(&begin).await.is_ok() }.boxed_local();
        let mut rest = answers(question).boxed_local();
        // What is polled first is sent first.
        let early = ((&mut begun).now_or_never(), (&mut rest).now_or_never());
        // The connection is a task of its own, and has its turn here.
        yield_now().await;
        match early {
            (None, None) => Self { begun, rest },
            _ => Self {
                begun: future::ready(false).boxed_local(),
                rest: future::ready(None).boxed_local(),
            },
        }
    }

    /// The answers. The time counts from now on: while the event was decoded, nothing was read from
    /// the connection.
    pub(crate) async fn answer(self) -> Answer {
        match timeout(ALIVE_WITHIN, self.begun).await {
            Err(_) => Answer::Silence,
            Ok(false) => Answer::Other,
            Ok(true) => self.rest.await.map_or(Answer::Other, Answer::Found),
        }
    }
}

async fn answers(question: Question) -> Option<Found> {
    let Question { client, profile, savepoint, table, unix_places, .. } = question;
    let id = commit::transaction_id(&client, profile);
    let read = catalog::read(&client, savepoint, &table, unix_places, profile.on_conflict);
    let (id, read) = future::join(id, read).await;
    Some(Found { transaction: id.ok()?, table: read.ok().flatten()? })
}

impl fmt::Debug for Foresight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Foresight")
    }
}
