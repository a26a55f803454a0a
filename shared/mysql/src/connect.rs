//! A login, and whether the connection it made is still good. What is said on it comes later.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Error, OptsBuilder, SslOpts};
use sluice_bridge::model::failure::SinkError;
use tokio::time::timeout;

use crate::background::Work;
use crate::login;
use crate::server::Server;
use crate::tls::Mode;

/// How long a connection from an earlier invocation may take to answer what no server waits with. After
/// that it is given up for another, which costs no more than a login.
pub const ALIVE_WITHIN: Duration = Duration::from_secs(2);

/// Connects, and says nothing. The `Debug` of what is handed out tells the password.
///
/// # Errors
/// Whose fault it is that it cannot, with the server's address and never the password.
pub async fn connect(server: &Server) -> Result<Conn, SinkError> {
    let connecting = timeout(server.connect_timeout(), log_in(server));
    connecting.await.unwrap_or_else(|_| {
        let seconds = server.connect_timeout().as_secs_f32();
        let address = server.address();
        Err(SinkError::transient(format!("cannot connect to {address}: no answer in {seconds} s")))
    })
}

/// Where TLS is preferred and no more, a server without it is spoken to in the clear; any other
/// failure of TLS is one.
async fn log_in(server: &Server) -> Result<Conn, SinkError> {
    let login = server.login()?;
    let connected = match attempt(server, login.clone()).await? {
        Err(Error::Driver(DriverError::NoClientSslFlagFromServer))
            if server.tls().mode == Mode::Preferred =>
        {
            attempt(server, login.ssl_opts(None::<SslOpts>)).await?
        }
        connected => connected,
    };
    connected.map_err(|error| login::classify(server, &error))
}

/// Logs in by a task of its own: the client panics where it cannot encrypt a password for the server's
/// RSA key, and that must end nothing but the login.
async fn attempt(server: &Server, login: OptsBuilder) -> Result<Result<Conn, Error>, SinkError> {
    Work::begin(Conn::new(login)).end().await.map_err(|_| login::broke_down(server))
}

/// Whether a connection kept from an earlier invocation answers; a frozen one may have died since.
pub async fn is_alive(conn: &mut Conn) -> bool {
    matches!(timeout(ALIVE_WITHIN, conn.ping()).await, Ok(Ok(())))
}
