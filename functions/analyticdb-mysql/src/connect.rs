//! A login, and whether the connection it made is still good. What is said on it comes later.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Error, SslOpts};
use sluice_bridge::failure::SinkError;
use tokio::time::timeout;

use crate::config::Connection;
use crate::login;
use crate::tls::Mode;

const ALIVE_WITHIN: Duration = Duration::from_secs(2);

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
    let connected = match Conn::new(login.clone()).await {
        Err(Error::Driver(DriverError::NoClientSslFlagFromServer))
            if connection.tls().mode == Mode::Preferred =>
        {
            Conn::new(login.ssl_opts(None::<SslOpts>)).await
        }
        connected => connected,
    };
    connected.map_err(|error| login::classify(connection, &error))
}

/// Whether a connection kept from an earlier invocation answers; a frozen one may have died since.
pub(crate) async fn is_alive(conn: &mut Conn) -> bool {
    matches!(timeout(ALIVE_WITHIN, conn.ping()).await, Ok(Ok(())))
}
