//! Requests that are sent before they are needed, while the event is decoded: they begin the transaction and describe the
//! table, if this process has written to one table so far. If one fails, the server is asked again when it is needed.

use std::sync::Arc;
use std::time::Duration;

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::model::table::{Table, TableName};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::timeout;

use crate::catalog;
use crate::endpoint::client::Endpoint;
use crate::endpoint::session::Session;

/// How long an invocation that has no work waits until its transaction is rolled back.
const END: Duration = Duration::from_millis(500);
/// How often the tasks run before the event is decoded: a request passes three of them until it is on the wire.
const STEPS: usize = 4;

/// The requests that are on their way, each until its answer is taken.
pub(super) struct Prefetch {
    begun: Option<JoinHandle<Result<Session, SinkError>>>,
    table: TableName,
    described: Option<JoinHandle<Result<Option<Table>, SinkError>>>,
}

impl Prefetch {
    /// Sends the requests that an invocation for this table will need.
    pub(super) async fn start(server: &Arc<Endpoint>, table: TableName, unix_places: u8) -> Self {
        let (endpoint, other) = (Arc::clone(server), Arc::clone(server));
        let name = table.clone();
        let begun = tokio::spawn(async move {
            let mut session = Session::new(&endpoint);
            endpoint.begin(&mut session).await.map(|()| session)
        });
        let described =
            tokio::spawn(async move { catalog::read(&other, &name, unix_places).await });
        let started = Self { begun: Some(begun), table, described: Some(described) };
        for _ in 0..STEPS {
            yield_now().await;
        }
        started
    }

    /// The session with the transaction.
    pub(super) async fn begun(&mut self) -> Option<Session> {
        self.begun.take()?.await.ok()?.ok()
    }

    /// Ends a transaction that is not needed, as far as the server answers soon. One that stays is never committed.
    pub(super) async fn end(mut self, endpoint: &Endpoint) {
        let ended = async {
            if let Some(mut session) = self.begun().await {
                drop(endpoint.query(&mut session, "ROLLBACK").await);
            }
        };
        drop(timeout(END, ended).await);
    }

    /// The description, once: later ones must show what has changed meanwhile.
    pub(super) async fn described(&mut self, table: &TableName) -> Option<Table> {
        let described = self.described.take().filter(|_| self.table == *table)?;
        described.await.ok()?.ok()?
    }
}

impl Drop for Prefetch {
    fn drop(&mut self) {
        let begun = self.begun.take().map(|it| it.abort_handle());
        let described = self.described.take().map(|it| it.abort_handle());
        begun.into_iter().chain(described).for_each(|task| task.abort());
    }
}
