//! Logs in, and tests whether a connection is still alive. No statement is sent here.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Error, OptsBuilder, SslOpts};
use sluice_bridge::model::failure::SinkError;
use tokio::time::timeout;

use crate::background::BackgroundTask;
use crate::login;
use crate::server::Server;
use crate::tls::SslMode;

/// How long a connection from an earlier invocation may take to answer. After that, a new connection is
/// opened, which costs no more than a login.
pub const ALIVE_TIMEOUT: Duration = Duration::from_secs(2);

/// Connects and sends no statement. The `Debug` text of the returned connection contains the password.
///
/// # Errors
/// The login fails. The error has the server's address and never the password.
pub async fn connect(server: &Server) -> Result<Conn, SinkError> {
    let connecting = timeout(server.connect_timeout(), log_in(server));
    connecting.await.unwrap_or_else(|_| {
        let seconds = server.connect_timeout().as_secs_f32();
        let address = server.address();
        Err(SinkError::transient(format!(
            "cannot connect to {address}: the server does not answer within {seconds} s"
        )))
    })
}

/// With `ssl-mode=PREFERRED`, a server without TLS is used without encryption. Any other TLS error is a
/// failure.
async fn log_in(server: &Server) -> Result<Conn, SinkError> {
    let login = server.login()?;
    let connected = match attempt(server, login.clone()).await? {
        Err(Error::Driver(DriverError::NoClientSslFlagFromServer))
            if server.tls().mode == SslMode::Preferred =>
        {
            attempt(server, login.ssl_opts(None::<SslOpts>)).await?
        }
        connected => connected,
    };
    connected.map_err(|error| login::classify(server, &error))
}

/// Logs in on a separate task. The client panics if it cannot encrypt a password for the server's RSA key,
/// and only the login must fail then.
async fn attempt(server: &Server, login: OptsBuilder) -> Result<Result<Conn, Error>, SinkError> {
    BackgroundTask::spawn(Conn::new(login)).join().await.map_err(|_| login::panicked(server))
}

/// Whether a connection from an earlier invocation still answers. It may have closed while the execution
/// environment was frozen.
pub async fn is_alive(conn: &mut Conn) -> bool {
    matches!(timeout(ALIVE_TIMEOUT, conn.ping()).await, Ok(Ok(())))
}
