//! The `connection.*` options: reads a libpq or JDBC URL and builds the client's options.

use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::rules::NAME;
use sluice_bridge::options::{Opt, Settings};
use sluice_runtime::{IAM_AUTH, login_token};
use sluice_sql::options::{
    self, CONNECT_TIMEOUT, CONNECTION_PASSWORD, CONNECTION_USER, connection_url,
};
use sluice_tls::Tls;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::connection::profile::{DIALECT_NAME, Dialect};
use crate::connection::timeouts;
use crate::connection::tls::{self, Files};
use crate::connection::url::{self, Address};

/// `connection.url`
pub(crate) const CONNECTION_URL: Opt = connection_url(
    "`postgresql://host:port/database?sslmode=…&sslrootcert=…`; a JDBC URL (`jdbc:postgresql://…`) works too. `sslmode` is `disable`, `prefer` (the default), `require`, `verify-ca` or `verify-full`; `sslrootcert` names a PEM file of certificates to trust, by default the bundled web roots; `sslcert` and `sslkey` name the client's certificate and key.",
);

/// All options of this connector.
pub(crate) const OPTIONS: &[&Opt] = &[
    &CONNECTION_URL,
    &CONNECTION_USER,
    &CONNECTION_PASSWORD,
    &tls::ROOT,
    &tls::CERTIFICATE,
    &tls::KEY,
    &IAM_AUTH,
    &DIALECT_NAME,
    &timeouts::LOCK_TIMEOUT,
    &timeouts::STATEMENT_TIMEOUT,
];

/// The database's address, the credentials and the connection options.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// Address and credentials. Its `Debug` text hides the password.
    pub(crate) client: Config,
    pub(crate) tls: Tls,
    /// Whether an IAM token replaces the password.
    iam_auth: bool,
    pub(crate) dialect: Dialect,
    /// The statements that begin every transaction.
    pub(crate) begin: String,
}

impl Connection {
    /// Reads the options, and reports every problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Option<Self> {
        let parse = |url: &str| url::parse(url).map_err(|why| vec![why]);
        let address = options::read_url(settings, &CONNECTION_URL, parse)?;
        let Address { mut client, ssl_mode, files } = address;
        let tls = match encryption(settings, &mut client, &ssl_mode, files) {
            Ok(tls) => tls,
            Err(why) => {
                settings.problem(format!("connection.url {why}"));
                return None;
            }
        };
        if let Some(user) = settings.text(&CONNECTION_USER) {
            client.user(user);
        }
        if let Some(password) = settings.text(&CONNECTION_PASSWORD) {
            client.password(password);
        }
        if client.get_application_name().is_none() {
            let name = settings.text(&NAME).unwrap_or("sluice");
            client.application_name(name);
        }
        if client.get_connect_timeout().is_none() {
            client.connect_timeout(CONNECT_TIMEOUT);
        }
        options::require_user(settings, client.get_user().is_some());
        let iam_auth = settings.flag(&IAM_AUTH);
        if iam_auth {
            check_iam(settings, &client);
        }
        let dialect = Dialect::from_settings(settings);
        let begin = timeouts::begin_statements(settings, client.get_options().unwrap_or_default());
        Some(Self { client, tls, iam_auth, dialect, begin })
    }
}

/// The TLS settings of the URL and the options together.
fn encryption(
    settings: &mut Settings,
    client: &mut Config,
    mode: &str,
    files: Files,
) -> Result<Tls, String> {
    let files = files.or_options(settings);
    let (mode, trust) = url::trust(mode, &files)?;
    client.ssl_mode(mode);
    files.into_tls(trust)
}

/// A token is for one host. It needs encryption, because anyone who reads it can log in while it is valid.
fn check_iam(settings: &mut Settings, client: &Config) {
    if client.get_ssl_mode() != SslMode::Require {
        settings.problem("connection.iam.auth needs sslmode=require, verify-ca or verify-full");
    }
    options::refuse_password(settings, client.get_password().is_some());
    if !matches!(client.get_hosts(), [Host::Tcp(_)]) {
        settings.problem("connection.iam.auth needs a connection.url with one host");
    }
}

impl Connection {
    /// The client's options for a login now.
    ///
    /// # Errors
    /// `Fatal` if the function has no credentials to sign a token.
    pub(crate) fn login(&self) -> Result<Config, SinkError> {
        let mut client = self.client.clone();
        if self.iam_auth {
            let user = self.client.get_user().unwrap_or_default();
            client.password(login_token(&self.address(), user)?);
        }
        Ok(client)
    }

    /// `host:port`, for messages; several in the order in which they are tried.
    pub(crate) fn address(&self) -> String {
        let ports = self.client.get_ports();
        let port = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        let hosts = self.client.get_hosts().iter().enumerate();
        let shown = hosts.map(|(index, host)| match host {
            Host::Tcp(name) => format!("{name}:{}", port(index)),
            Host::Unix(path) => path.display().to_string(),
        });
        shown.collect::<Vec<_>>().join(", ")
    }
}
