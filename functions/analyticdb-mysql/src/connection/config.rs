//! The `connection.*` options: reads a MySQL or JDBC URL and builds the client's options.

use std::fmt;
use std::time::Duration;

use mysql_async::{Opts, OptsBuilder};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::{Opt, Settings};
use sluice_runtime::{IAM_AUTH, login_token};
use sluice_sql::options::{
    self, CONNECT_TIMEOUT, CONNECTION_PASSWORD, CONNECTION_USER, connection_url,
};

use crate::connection::profile::{DIALECT_NAME, Dialect};
use crate::connection::timeouts::{self, Timeouts};
use crate::connection::tls::{SslMode, Tls};
use crate::connection::url::{self, Address};
use crate::types::zone::DB_TIMEZONE;

/// `connection.url`
pub(crate) const CONNECTION_URL: Opt = connection_url(
    "`mysql://host:port/database?ssl-mode=…&ssl-ca=…`, or `mariadb://…`; a JDBC URL (`jdbc:mysql://…`, `jdbc:mariadb://…`) works too. `ssl-mode` is `DISABLED`, `PREFERRED` (the default), `REQUIRED`, `VERIFY_CA` or `VERIFY_IDENTITY`; `ssl-ca` names a PEM file of certificates to trust; by default the bundled web roots.",
);

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

/// The TCP keepalive interval.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// The protocol's maximum packet size. The server's own limit is smaller, and is applied when statements are
/// built.
const MAX_PACKET: usize = 1 << 30;
/// How many prepared statements the client keeps: one for each frequent set of columns.
const PREPARED: usize = 16;
/// The server's default, in seconds. The client uses it only for connection pools, which this connector does
/// not have.
const WAIT_TIMEOUT: usize = 28_800;

/// The database's address, the credentials and the connection options.
#[derive(Clone)]
pub(crate) struct Connection {
    address: Address,
    /// Whether an IAM token replaces the password.
    iam_auth: bool,
    pub(crate) dialect: Dialect,
    pub(crate) timeouts: Timeouts,
}

/// Not derived, because the struct contains a password.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("address", &self.address())
            .field("database", &self.address.database)
            .field("user", &self.address.user)
            .field("tls", &self.address.parameters.tls)
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// Reads the options, and reports every problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Option<Self> {
        let address = options::read_url(settings, &CONNECTION_URL, url::parse);
        let iam_auth = settings.flag(&IAM_AUTH);
        let dialect = Dialect::from_settings(settings);
        let timeouts = Timeouts::from_settings(settings, dialect);
        let mut address = address?;
        if let Some(user) = settings.text(&CONNECTION_USER) {
            address.user = Some(user.to_owned());
        }
        if let Some(password) = settings.text(&CONNECTION_PASSWORD) {
            address.password = Some(password.to_owned());
        }
        options::require_user(settings, address.user.is_some());
        if iam_auth {
            check_iam(settings, &address);
        }
        Some(Self { address, iam_auth, dialect, timeouts })
    }

    /// `host:port`, for messages and for the token's signature.
    pub(crate) fn address(&self) -> String {
        let Address { host, port, .. } = &self.address;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    pub(crate) fn tls(&self) -> &Tls {
        &self.address.parameters.tls
    }

    /// The length of the password in bytes; 0 without a password.
    pub(crate) fn password_bytes(&self) -> usize {
        self.address.password.as_ref().map_or(0, String::len)
    }

    /// The maximum duration of a login.
    pub(crate) fn connect_timeout(&self) -> Duration {
        self.address.parameters.connect_timeout.unwrap_or(CONNECT_TIMEOUT)
    }

    /// The client's options for a login now, with or without encryption as the URL says. They do not depend
    /// on the server's settings, on files, or on environment variables.
    ///
    /// # Errors
    /// `Fatal` if a TLS file cannot be used, or if the function has no credentials to sign a token.
    pub(crate) fn login(&self) -> Result<OptsBuilder, SinkError> {
        let Address { host, port, database, user, password, parameters } = &self.address;
        let password = if self.iam_auth {
            Some(login_token(&self.address(), user.as_deref().unwrap_or_default())?)
        } else {
            password.clone()
        };
        Ok(OptsBuilder::from_opts(Opts::default())
            .ip_or_hostname(host)
            .tcp_port(*port)
            .db_name(Some(database))
            .user(user.as_ref())
            .pass(password)
            .enable_cleartext_plugin(self.iam_auth || parameters.clear_text)
            .ssl_opts(parameters.tls.client()?)
            .tcp_keepalive(Some(KEEPALIVE))
            .prefer_socket(false)
            .stmt_cache_size(PREPARED)
            // An UPDATE that changes nothing also counts the row that it found.
            .client_found_rows(true)
            .max_allowed_packet(Some(MAX_PACKET))
            .wait_timeout(Some(WAIT_TIMEOUT)))
    }
}

/// A token needs encryption, because anyone who reads it can log in while it is valid.
fn check_iam(settings: &mut Settings, address: &Address) {
    if address.parameters.tls.mode < SslMode::Required {
        settings.problem(
            "connection.iam.auth needs ssl-mode=REQUIRED, VERIFY_CA or VERIFY_IDENTITY in connection.url",
        );
    }
    options::refuse_password(settings, address.password.is_some());
}

#[cfg(test)]
mod tests;
