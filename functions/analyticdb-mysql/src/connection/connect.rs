//! Logs in, and tests whether a connection is still alive. No statement is sent here.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Error, OptsBuilder, SslOpts};
use sluice_bridge::model::failure::SinkError;
use tokio::time::timeout;

use crate::connection::background::BackgroundTask;
use crate::connection::config::Connection;
use crate::connection::login;
use crate::connection::tls::SslMode;

/// How long a connection from an earlier invocation may take to answer. After that, a new connection is
/// opened, which costs no more than a login.
pub(crate) const ALIVE_TIMEOUT: Duration = Duration::from_secs(2);

/// Connects and sends no statement. The `Debug` text of the returned connection contains the password.
///
/// # Errors
/// The login fails. The error has the server's address and never the password.
pub(crate) async fn connect(connection: &Connection) -> Result<Conn, SinkError> {
    let connecting = timeout(connection.connect_timeout(), log_in(connection));
    connecting.await.unwrap_or_else(|_| {
        let seconds = connection.connect_timeout().as_secs_f32();
        let address = connection.address();
        Err(SinkError::transient(format!(
            "cannot connect to {address}: the server does not answer within {seconds} s"
        )))
    })
}

/// With `ssl-mode=PREFERRED`, a server without TLS is used without encryption. Any other TLS error is a
/// failure.
async fn log_in(connection: &Connection) -> Result<Conn, SinkError> {
    let login = connection.login()?;
    let connected = match attempt(connection, login.clone()).await? {
        Err(Error::Driver(DriverError::NoClientSslFlagFromServer))
            if connection.tls().mode == SslMode::Preferred =>
        {
            attempt(connection, login.ssl_opts(None::<SslOpts>)).await?
        }
        connected => connected,
    };
    connected.map_err(|error| login::classify(connection, &error))
}

/// Logs in on a separate task. The client panics if it cannot encrypt a password for the server's RSA key,
/// and only the login must fail then.
async fn attempt(
    connection: &Connection,
    login: OptsBuilder,
) -> Result<Result<Conn, Error>, SinkError> {
    BackgroundTask::spawn(Conn::new(login)).join().await.map_err(|_| login::panicked(connection))
}

/// Whether a connection from an earlier invocation still answers. It may have closed while the execution
/// environment was frozen.
pub(crate) async fn is_alive(conn: &mut Conn) -> bool {
    matches!(timeout(ALIVE_TIMEOUT, conn.ping()).await, Ok(Ok(())))
}
