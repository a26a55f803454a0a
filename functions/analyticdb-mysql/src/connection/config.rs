//! All options of this connector, and those of its connection: the server, its dialect and the timeouts.

use sluice_bridge::options::{Opt, Settings};
use sluice_mysql::{CONNECTION_URL, Server};
use sluice_runtime::IAM_AUTH;
use sluice_sql::options::{CONNECTION_PASSWORD, CONNECTION_USER};

use crate::connection::profile::{DIALECT_NAME, Dialect};
use crate::connection::timeouts::{self, Timeouts};
use crate::types::zone::DB_TIMEZONE;

/// All options of this connector.
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

/// The server and the options of the connection.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) server: Server,
    pub(crate) dialect: Dialect,
    pub(crate) timeouts: Timeouts,
}

impl Connection {
    /// Reads the options, and reports every problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Option<Self> {
        let server = Server::from_settings(settings);
        let dialect = Dialect::from_settings(settings);
        let timeouts = Timeouts::from_settings(settings, dialect);
        Some(Self { server: server?, dialect, timeouts })
    }
}

#[cfg(test)]
mod tests;
