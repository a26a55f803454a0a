//! The kinds of databases: where each is, how it is addressed, and how it spells names.

use std::error::Error;

use clap::ValueEnum;
use sluice_tests::database::session::Session;

/// Whatever goes wrong on the way; the run ends with its text.
pub(crate) type Failed = Box<dyn Error + Send + Sync>;

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// MySQL.
    Mysql,
    /// MariaDB.
    Mariadb,
    /// PostgreSQL.
    Postgres,
}

/// Where a server is: the parts of its URL.
#[derive(Debug)]
pub(crate) struct Address {
    scheme: String,
    user: String,
    password: String,
    /// The host.
    pub(crate) host: String,
    /// The port.
    pub(crate) port: String,
    database: String,
}

impl Kind {
    /// Its name on the command line, in the data files and in the page's headings, lower case.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mysql => "mysql",
            Self::Mariadb => "mariadb",
            Self::Postgres => "postgres",
        }
    }

    /// The function that writes into it.
    pub(crate) fn connector(self) -> &'static str {
        if self == Self::Postgres { "analyticdb-postgresql" } else { "analyticdb-mysql" }
    }

    /// Text with names in double quotes, as this database encloses names.
    pub(crate) fn spell(self, sql: &str) -> String {
        if self == Self::Postgres { sql.to_owned() } else { sql.replace('"', "`") }
    }

    /// The server that is a source, or one that takes copies, as `scripts/services.sh env` tells.
    pub(crate) fn address(self, source: bool) -> Result<Address, Failed> {
        let suffix = if source { "_SOURCE" } else { "" };
        let name = format!("TEST_{}{suffix}", self.name().to_uppercase());
        let url = std::env::var(&name).map_err(|_| format!("{name} is not set"))?;
        Address::read(&url).ok_or_else(|| format!("{name} is no URL with user and password").into())
    }

    /// Drops the database of this name, makes an empty one, and opens a session in it.
    pub(crate) async fn create(self, source: bool, name: &str) -> Result<Session, Failed> {
        let address = self.address(source)?;
        let server = Session::open(&address.url(&address.database)).await?;
        if self == Self::Postgres {
            server.run(DROP_SLOTS).await?;
            server.run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
            server.run(&format!("CREATE DATABASE {name}")).await?;
        } else {
            server.run(&format!("DROP DATABASE IF EXISTS {name}")).await?;
            server.run(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")).await?;
        }
        let session = Session::open(&address.url(name)).await?;
        for statement in self.session_settings() {
            session.run(statement).await?;
        }
        Ok(session)
    }

    /// What makes both sides print their values alike, and lets a source hold zero dates.
    fn session_settings(self) -> &'static [&'static str] {
        match self {
            Self::Postgres => &[
                "SET timezone = 'UTC'",
                "SET intervalstyle = 'iso_8601'",
                "SET extra_float_digits = 1",
            ],
            _ => &["SET time_zone = '+00:00'", "SET sql_mode = 'STRICT_ALL_TABLES'"],
        }
    }
}

/// Slots of earlier runs hold their databases and their logs.
const DROP_SLOTS: &str = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots \
                          WHERE NOT active";

impl Address {
    fn read(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (login, rest) = rest.rsplit_once('@')?;
        let (user, password) = login.split_once(':')?;
        let (place, database) = rest.split_once('/')?;
        let (host, port) = place.split_once(':')?;
        let own = |text: &str| text.to_owned();
        Some(Self {
            scheme: own(scheme),
            user: own(user),
            password: own(password),
            host: own(host),
            port: own(port),
            database: own(database),
        })
    }

    /// The URL of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        let Self { scheme, user, password, host, port, .. } = self;
        format!("{scheme}://{user}:{password}@{host}:{port}/{database}")
    }
}
