//! A login, and whether the connection it made is still good. What is said on it comes later.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Error, OptsBuilder, SslOpts};
use sluice_bridge::model::failure::SinkError;
use tokio::time::timeout;

use crate::connection::background::Work;
use crate::connection::config::Connection;
use crate::connection::login;
use crate::connection::tls::Mode;

/// How long a connection from an earlier invocation may take to answer what no server waits with. After
/// that it is given up for another, which costs no more than a login.
pub(crate) const ALIVE_WITHIN: Duration = Duration::from_secs(2);

/// Connects, and says nothing. The `Debug` of what is handed out tells the password.
///
/// # Errors
/// Whose fault it is that it cannot, with the server's address and never the password.
pub(crate) async fn connect(connection: &Connection) -> Result<Conn, SinkError> {
    let connecting = timeout(connection.connect_timeout(), log_in(connection));
    connecting.await.unwrap_or_else(|_| {
        let seconds = connection.connect_timeout().as_secs_f32();
        let address = connection.address();
        Err(SinkError::transient(format!("cannot connect to {address}: no answer in {seconds} s")))
    })
}

/// Where TLS is preferred and no more, a server without it is spoken to in the clear; any other
/// failure of TLS is one.
async fn log_in(connection: &Connection) -> Result<Conn, SinkError> {
    let login = connection.login()?;
    let connected = match attempt(connection, login.clone()).await? {
        Err(Error::Driver(DriverError::NoClientSslFlagFromServer))
            if connection.tls().mode == Mode::Preferred =>
        {
            attempt(connection, login.ssl_opts(None::<SslOpts>)).await?
        }
        connected => connected,
    };
    connected.map_err(|error| login::classify(connection, &error))
}

/// Logs in by a task of its own: the client panics where it cannot encrypt a password for the server's
/// RSA key, and that must end nothing but the login.
async fn attempt(
    connection: &Connection,
    login: OptsBuilder,
) -> Result<Result<Conn, Error>, SinkError> {
    Work::begin(Conn::new(login)).end().await.map_err(|_| login::broke_down(connection))
}

/// Whether a connection kept from an earlier invocation answers; a frozen one may have died since.
pub(crate) async fn is_alive(conn: &mut Conn) -> bool {
    matches!(timeout(ALIVE_WITHIN, conn.ping()).await, Ok(Ok(())))
}
