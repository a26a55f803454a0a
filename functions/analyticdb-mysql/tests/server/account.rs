//! The servers that accounts are on, and logins with them.

use mysql_async::Opts;
use mysql_async::prelude::Queryable;
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::sink::Sink;

use crate::support::{Options, admin, configure, service};

pub(crate) const PASSWORD: &str = "hunter2";

/// One of the real servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    MariaDb,
    MySql,
}

pub(crate) const SERVERS: [Server; 2] = [Server::MariaDb, Server::MySql];

impl Server {
    fn variable(self) -> &'static str {
        match self {
            Server::MariaDb => "TEST_MARIADB",
            Server::MySql => "TEST_MYSQL",
        }
    }

    /// The file with the authority that vouches for it.
    pub(crate) fn authority(self) -> String {
        service(&format!("{}_CA", self.variable()))
    }

    pub(crate) fn port(self) -> u16 {
        Opts::from_url(&service(self.variable())).expect("an address").tcp_port()
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
        let mut admin = admin(self.variable()).await;
        for statement in statements {
            let statement = statement.as_ref();
            let done = admin.query_drop(statement).await;
            done.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        admin.disconnect().await.expect("it was connected");
    }

    /// Makes an account again that may use the database; the clauses are those of CREATE USER.
    pub(crate) async fn account(self, name: &str, clauses: &str) {
        self.sql([
            format!("DROP USER IF EXISTS '{name}'@'127.0.0.1'"),
            format!("CREATE USER '{name}'@'127.0.0.1' {clauses}"),
            format!("GRANT ALL ON sluice.* TO '{name}'@'127.0.0.1'"),
        ])
        .await;
    }
}

/// Has a sink begin, and hang up.
pub(crate) async fn begin_with(options: Options<'_>) -> Result<(), SinkError> {
    let mut sink = configure(options).unwrap_or_else(|why| panic!("{options:?}: {why}"));
    sink.begin().await
}

/// The same with nothing but an address.
pub(crate) async fn begin(url: &str) -> Result<(), SinkError> {
    begin_with(&[("connection.url", url)]).await
}
