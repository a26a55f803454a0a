//! A connection with its server's capabilities, and how transactions begin and end on it.

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

/// How long a connection from an earlier invocation may take to begin a transaction. After that, a new
/// connection is opened, which costs no more than a login.
pub(crate) const ALIVE_TIMEOUT: Duration = Duration::from_secs(2);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// AnalyticDB recommends this for fast inserts. Every transaction sets it again, because a pooler may have
/// changed the connection.
const POSTGRES_PLANNER: &str = "SET LOCAL optimizer = off";

/// A connection and its server's capabilities.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: Arc<Client>,
    pub(crate) profile: Profile,
}

impl Session {
    /// Connects and begins a transaction.
    ///
    /// # Errors
    /// No transaction is open.
    pub(crate) async fn open(connection: &Connection) -> Result<Self, SinkError> {
        let client = connect(connection).await?;
        // The query is sent together with the begin.
        let (begun, profile) = future::join(
            client.batch_execute(&connection.begin),
            Profile::detect(&client, connection.dialect),
        )
        .await;
        begun.map_err(|error| fault::classify_outside_rows(&error))?;
        let profile = profile?;
        if profile.distributed {
            let set = client.batch_execute(POSTGRES_PLANNER).await;
            set.map_err(|error| fault::classify_outside_rows(&error))?;
        }
        Ok(Self { client, profile })
    }

    /// Begins another transaction.
    ///
    /// # Errors
    /// No transaction is open.
    pub(crate) async fn begin(&self, connection: &Connection) -> Result<(), SinkError> {
        let begun = self.client.batch_execute(&self.begin_statements(connection)).await;
        begun.map_err(|error| fault::classify_outside_rows(&error))
    }

    /// The statements that begin a transaction.
    pub(crate) fn begin_statements(&self, connection: &Connection) -> String {
        match self.profile.distributed {
            true => format!("{}; {POSTGRES_PLANNER}", connection.begin),
            false => connection.begin.clone(),
        }
    }

    /// Begins a transaction on a connection from an earlier invocation. Returns `false` if the connection is
    /// closed or does not answer. It may have closed without notice, however short the time since its last
    /// use.
    pub(crate) async fn reuse(&self, connection: &Connection) -> bool {
        let begun = timeout(ALIVE_TIMEOUT, self.begin(connection));
        !self.client.is_closed() && matches!(begun.await, Ok(Ok(())))
    }

    /// Rolls back and keeps the connection, if the server answers in time.
    pub(crate) async fn roll_back(self) -> Option<Self> {
        let undone = timeout(CLOSE_TIMEOUT, self.client.batch_execute("ROLLBACK")).await;
        matches!(undone, Ok(Ok(()))).then_some(self)
    }

    /// Tells the server to stop the running statement, and closes the connection.
    pub(crate) async fn cancel(self, connection: &Connection) {
        let token = self.client.cancel_token();
        if let Ok(config) = tls::client_config(&connection.tls) {
            let _ =
                timeout(CLOSE_TIMEOUT, token.cancel_query(MakeRustlsConnect::new(config))).await;
        }
    }
}

/// Connects, without a transaction.
///
/// # Errors
/// The login fails.
pub(crate) async fn connect(connection: &Connection) -> Result<Arc<Client>, SinkError> {
    let tls = MakeRustlsConnect::new(tls::client_config(&connection.tls)?);
    let connected = connection.login()?.connect(tls).await;
    let (client, driver) = connected.map_err(|error| {
        fault::classify_login(&format!("cannot connect to {}", connection.address()), &error)
    })?;
    // The task ends when the client is dropped. Its errors are returned to the calls that wait for a result.
    tokio::spawn(async move { driver.await.ok() });
    Ok(Arc::new(client))
}
