//! The servers that accounts are on, and logins with them.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};
use sluice_bridge::failure::SinkError;
use sluice_bridge::options::Settings;

use crate::config::{Connection, OPTIONS};

/// `(option, value)` pairs.
pub(crate) type Options<'a> = &'a [(&'a str, &'a str)];

pub(crate) const PASSWORD: &str = "hunter2";

/// One of the real servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    MariaDb,
    MySql,
}

pub(crate) const SERVERS: [Server; 2] = [Server::MariaDb, Server::MySql];

/// An environment variable of the test services.
pub(crate) fn service(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/test.sh"))
}

impl Server {
    fn url(self) -> String {
        match self {
            Server::MariaDb => service("TEST_MARIADB"),
            Server::MySql => service("TEST_MYSQL"),
        }
    }

    /// The file with the authority that vouches for it.
    pub(crate) fn authority(self) -> String {
        match self {
            Server::MariaDb => service("TEST_MARIADB_CA"),
            Server::MySql => service("TEST_MYSQL_CA"),
        }
    }

    pub(crate) fn port(self) -> u16 {
        Opts::from_url(&self.url()).expect("an address").tcp_port()
    }

    /// `host:port/database`, the host spelled in some way.
    pub(crate) fn at(self, host: &str) -> String {
        format!("{host}:{}/sluice", self.port())
    }

    /// `host:port/database`
    pub(crate) fn place(self) -> String {
        self.at("127.0.0.1")
    }

    /// Statements of somebody who may do everything.
    pub(crate) async fn sql<S: AsRef<str>>(self, statements: impl IntoIterator<Item = S>) {
        let mut admin = Conn::from_url(self.url()).await.expect("the server answers");
        for statement in statements {
            let statement = statement.as_ref();
            let done = admin.query_drop(statement).await;
            done.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        admin.disconnect().await.expect("it was connected");
    }

    /// Makes an account anew that may use the database; the clauses are those of CREATE USER.
    pub(crate) async fn account(self, name: &str, clauses: &str) {
        self.sql([
            format!("DROP USER IF EXISTS '{name}'@'127.0.0.1'"),
            format!("CREATE USER '{name}'@'127.0.0.1' {clauses}"),
            format!("GRANT ALL ON sluice.* TO '{name}'@'127.0.0.1'"),
        ])
        .await;
    }
}

/// What the options come to, or what is wrong with them.
pub(crate) fn configure(options: Options<'_>) -> Result<Connection, String> {
    let pairs = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut settings = Settings::new(OPTIONS, pairs);
    let connection = Connection::from_settings(&mut settings);
    settings.check().map_err(|problems| problems.to_string())?;
    connection.ok_or_else(|| "no connection and no problem".to_owned())
}

/// Logs in, and hangs up.
pub(crate) async fn begin_with(options: Options<'_>) -> Result<(), SinkError> {
    let connection = configure(options).unwrap_or_else(|why| panic!("{options:?}: {why}"));
    let mut conn = super::super::connect(&connection).await?;
    assert!(super::super::is_alive(&mut conn).await, "{options:?}");
    conn.disconnect().await.expect("it was connected");
    Ok(())
}

/// The same with nothing but an address.
pub(crate) async fn begin(url: &str) -> Result<(), SinkError> {
    begin_with(&[("connection.url", url)]).await
}
