//! A connection, what its server can do, and how transactions begin and end on it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future;
use sluice_bridge::model::failure::SinkError;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::connection::config::Connection;
use crate::connection::profile::Profile;
use crate::connection::tls;
use crate::fault;

/// How long a connection from an earlier invocation may take to answer that a transaction is begun.
/// After that it is given up for another, which costs no more than a login.
pub(crate) const ALIVE_WITHIN: Duration = Duration::from_secs(2);
const POLITE: Duration = Duration::from_secs(1);

/// AnalyticDB's own advice for fast inserts; every transaction says it again, for a pooler may
/// have changed the connection behind our back.
const OTHER_PLANNER: &str = "SET LOCAL optimizer = off";

/// A connection and what is known of its server.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Arc<Client>,
    pub(crate) profile: Profile,
}

impl Session {
    /// Connects and begins a transaction.
    ///
    /// # Errors
    /// Nothing was begun.
    pub(crate) async fn open(connection: &Connection) -> Result<Self, SinkError> {
        let client = connect(connection).await?;
        // The question travels with the beginning.
        let (begun, profile) = future::join(
            client.batch_execute(&connection.begin),
            Profile::detect(&client, connection.dialect),
        )
        .await;
        begun.map_err(|error| fault::classify_outside_rows(&error))?;
        let profile = profile?;
        if profile.distributed {
            let set = client.batch_execute(OTHER_PLANNER).await;
            set.map_err(|error| fault::classify_outside_rows(&error))?;
        }
        Ok(Self { client, profile })
    }

    /// Begins another transaction.
    ///
    /// # Errors
    /// Nothing was begun.
    pub(crate) async fn begin(&self, connection: &Connection) -> Result<(), SinkError> {
        let begun = self.client.batch_execute(&self.beginning(connection)).await;
        begun.map_err(|error| fault::classify_outside_rows(&error))
    }

    /// The statements that begin a transaction.
    pub(crate) fn beginning(&self, connection: &Connection) -> String {
        match self.profile.distributed {
            true => format!("{}; {OTHER_PLANNER}", connection.begin),
            false => connection.begin.clone(),
        }
    }

    /// Begins on a connection kept from an earlier invocation; `false` where it has died since, or
    /// is silent. However short the time since it was used last, it may have died without notice.
    pub(crate) async fn revive(&self, connection: &Connection) -> bool {
        let begun = timeout(ALIVE_WITHIN, self.begin(connection));
        !self.client.is_closed() && matches!(begun.await, Ok(Ok(())))
    }

    /// Rolls back and keeps the connection, if that can be done in a while.
    pub(crate) async fn roll_back(self) -> Option<Self> {
        let undone = timeout(POLITE, self.client.batch_execute("ROLLBACK")).await;
        matches!(undone, Ok(Ok(()))).then_some(self)
    }

    /// Asks the server to stop whatever is still running, and hangs up.
    pub(crate) async fn cancel(self, connection: &Connection) {
        let token = self.client.cancel_token();
        if let Ok(config) = tls::client_config(&connection.tls) {
            let _ = timeout(POLITE, token.cancel_query(MakeRustlsConnect::new(config))).await;
        }
    }
}

/// Connects, and begins nothing.
///
/// # Errors
/// Whose fault it is that it cannot.
pub(crate) async fn connect(connection: &Connection) -> Result<Arc<Client>, SinkError> {
    let tls = MakeRustlsConnect::new(tls::client_config(&connection.tls)?);
    let connected = connection.login()?.connect(tls).await;
    let (client, driver) = connected.map_err(|error| {
        fault::classify_login(&format!("cannot connect to {}", connection.address()), &error)
    })?;
    // It ends with the client, and its errors reach whoever waits for an answer.
    tokio::spawn(async move { driver.await.ok() });
    Ok(Arc::new(client))
}
