//! Where the server is and how to log in: `connection.*`, a MySQL URL or a pasted JDBC one, into what the client needs.

use std::fmt;
use std::time::Duration;

use mysql_async::{Opts, OptsBuilder};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::{Opt, Settings};
use sluice_runtime::{IAM_AUTH, login_token};
use sluice_sql::options::{
    self, CONNECT_TIMEOUT, CONNECTION_PASSWORD, CONNECTION_USER, connection_url,
};

use crate::tls::{Mode, Tls};
use crate::url::{self, Address};

/// `connection.url`
pub const CONNECTION_URL: Opt = connection_url(
    "`mysql://host:port/database?ssl-mode=…&ssl-ca=…`, or `mariadb://…`; a pasted `jdbc:mysql://…` or `jdbc:mariadb://…` is understood. `ssl-mode` is `DISABLED`, `PREFERRED` (the default), `REQUIRED`, `VERIFY_CA` or `VERIFY_IDENTITY`; `ssl-ca` names a PEM file, the bundled web roots by default.",
);

/// After this silence the system asks whether the server is still there.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// The protocol's longest packet. What a server takes is less, and minded where statements are made.
const MAX_PACKET: usize = 1 << 30;
/// Statements that stay prepared: one for each set of columns that is met again and again.
const PREPARED: usize = 16;
/// The server's own default, in seconds. The client keeps it for pools, of which there is none.
const WAIT_TIMEOUT: usize = 28_800;

/// Where the database is and how to log in.
#[derive(Clone)]
pub struct Server {
    address: Address,
    /// Whether a token takes the password's place.
    iam_auth: bool,
}

/// It holds a password.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address())
            .field("database", &self.address.database)
            .field("user", &self.address.user)
            .field("tls", &self.address.parameters.tls)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Reads [`CONNECTION_URL`], user, password and [`IAM_AUTH`], noting every problem.
    pub fn from_settings(settings: &mut Settings) -> Option<Self> {
        let address = options::read_url(settings, &CONNECTION_URL, url::parse);
        let iam_auth = settings.flag(&IAM_AUTH);
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
        Some(Self { address, iam_auth })
    }

    /// The database that the URL names.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.address.database
    }

    /// `host:port`, for people and for a token's signature.
    #[must_use]
    pub fn address(&self) -> String {
        let Address { host, port, .. } = &self.address;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    pub(crate) fn tls(&self) -> &Tls {
        &self.address.parameters.tls
    }

    /// How long the password is; 0 without one.
    pub(crate) fn password_bytes(&self) -> usize {
        self.address.password.as_ref().map_or(0, String::len)
    }

    /// How long a login may take.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        self.address.parameters.connect_timeout.unwrap_or(CONNECT_TIMEOUT)
    }

    /// What to log in with now, encrypted or not as the address asks for. Nothing in it depends on
    /// what the server is set to, nor on a file or variable that happens to be there.
    ///
    /// # Errors
    /// `Fatal` where a file of TLS cannot be used, or the function has no credentials to sign with.
    pub fn login(&self) -> Result<OptsBuilder, SinkError> {
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
            // An UPDATE that changes nothing has found its row all the same.
            .client_found_rows(true)
            .max_allowed_packet(Some(MAX_PACKET))
            .wait_timeout(Some(WAIT_TIMEOUT)))
    }
}

/// Whoever reads a token may log in for as long as it is good.
fn check_iam(settings: &mut Settings, address: &Address) {
    if address.parameters.tls.mode < Mode::Required {
        settings.problem(
            "connection.iam.auth needs ssl-mode=REQUIRED, VERIFY_CA or VERIFY_IDENTITY in connection.url",
        );
    }
    options::refuse_password(settings, address.password.is_some());
}
