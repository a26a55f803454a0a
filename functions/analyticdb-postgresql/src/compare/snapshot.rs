//! A connection that reads from a snapshot, and how it ends: the server must stop a query whose result is not
//! needed any more.

use std::sync::Arc;
use std::time::Duration;

use sluice_bridge::model::failure::SinkError;
use sluice_tls::Tls;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::connection::config::Connection;
use crate::connection::tls;

const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection in a transaction. If it is dropped before its end, the server is told to stop.
pub(super) struct Snapshot {
    pub(super) client: Arc<Client>,
    tls: Tls,
    is_over: bool,
}

impl Snapshot {
    pub(super) fn new(client: Arc<Client>, connection: &Connection) -> Self {
        Self { client, tls: connection.tls.clone(), is_over: false }
    }

    /// Ends the transaction. Nothing was written in it.
    pub(super) async fn end<T>(mut self, outcome: Result<T, SinkError>) -> Result<T, SinkError> {
        self.is_over = true;
        let _ = timeout(CLOSE_TIMEOUT, self.client.batch_execute("ROLLBACK")).await;
        outcome
    }

    /// Stops a statement whose remaining rows are not needed.
    pub(super) async fn stop(mut self) {
        self.is_over = true;
        cancel(Arc::clone(&self.client), self.tls.clone()).await;
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if !self.is_over && !self.client.is_closed() {
            tokio::spawn(cancel(Arc::clone(&self.client), self.tls.clone()));
        }
    }
}

async fn cancel(client: Arc<Client>, tls: Tls) {
    if let Ok(config) = tls::client_config(&tls) {
        let token = client.cancel_token();
        let _ = timeout(CLOSE_TIMEOUT, token.cancel_query(MakeRustlsConnect::new(config))).await;
    }
}
