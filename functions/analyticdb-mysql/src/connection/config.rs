//! The options of a connection: where the server is, what it is, and how long it may keep us waiting.

use sluice_bridge::options::{Opt, Settings};
use sluice_mysql::{CONNECTION_URL, Server};
use sluice_runtime::IAM_AUTH;
use sluice_sql::options::{CONNECTION_PASSWORD, CONNECTION_USER};

use crate::connection::profile::{DIALECT_NAME, Dialect};
use crate::connection::timeouts::{self, Waiting};
use crate::types::zone::DB_TIMEZONE;

/// Every option of this connector.
pub(crate) const OPTIONS: &[&Opt] = &[
    &CONNECTION_URL,
    &CONNECTION_USER,
    &CONNECTION_PASSWORD,
    &IAM_AUTH,
    &DIALECT_NAME,
    &timeouts::LOCK_TIMEOUT,
    &timeouts::STATEMENT_TIMEOUT,
    &DB_TIMEZONE,
];

/// Where the database is and how to talk to it.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) server: Server,
    pub(crate) dialect: Dialect,
    pub(crate) waiting: Waiting,
}

impl Connection {
    /// Reads the options, noting every problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Option<Self> {
        let server = Server::from_settings(settings);
        let dialect = Dialect::from_settings(settings);
        let waiting = Waiting::from_settings(settings, dialect);
        Some(Self { server: server?, dialect, waiting })
    }
}

#[cfg(test)]
mod tests;
