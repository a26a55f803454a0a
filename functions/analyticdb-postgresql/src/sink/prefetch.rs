//! What an invocation will most likely ask first, asked while its event is still being decoded: a
//! transaction, its savepoint, and what the one table looks like that was written to so far. Where
//! anything comes out otherwise, all of it is undone and asked again in its place.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{self, LocalBoxFuture};
use sluice_bridge::table::{Table, TableName};
use tokio::task::yield_now;
use tokio_postgres::Client;

use crate::catalog;
use crate::connection::commit;
use crate::connection::profile::Profile;
use crate::types::column::Shape;

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// The id of the transaction begun, if it was asked for.
    pub(crate) transaction: Option<i64>,
    pub(crate) table: Table,
    pub(crate) shape: Shape,
}

/// Questions under way.
pub(crate) struct Foresight(LocalBoxFuture<'static, Option<Found>>);

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
        let mut answers = answers(question).boxed_local();
        let early = (&mut answers).now_or_never();
        // The connection is a task of its own, and has its turn here.
        yield_now().await;
        match early {
            Some(_) => Self(future::ready(None).boxed_local()),
            None => Self(answers),
        }
    }

    /// The answers; `None` where anything is not as it was, and the transaction is of no use.
    pub(crate) async fn answer(self) -> Option<Found> {
        self.0.await
    }
}

async fn answers(question: Question) -> Option<Found> {
    let Question { client, profile, begin, savepoint, table, unix_places } = question;
    let id = commit::transaction_id(&client, profile);
    let read = catalog::read(&client, savepoint, &table, unix_places);
    let (begun, id, read) = future::join3(client.batch_execute(&begin), id, read).await;
    let (table, shape) = begun.ok().and(read.ok().flatten())?;
    Some(Found { transaction: id.ok()?, table, shape })
}

impl fmt::Debug for Foresight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Foresight")
    }
}
