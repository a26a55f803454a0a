//! The connection options that every connector of an SQL database has.
//!
//! Not here: the parameters of a database's URL, and how its client logs in.

use std::time::Duration;

use sluice_bridge::options::{Opt, Settings};

/// `connection.user`
pub const CONNECTION_USER: Opt =
    Opt::new("connection.user", "The user. It takes precedence over the URL's.");
/// `connection.password`
pub const CONNECTION_PASSWORD: Opt = Opt::new(
    "connection.password",
    "The password. It takes precedence over the URL's. Use a reference such as `${secretsmanager:ID:FIELD}`, `${ssm:NAME}` or `${file:PATH:KEY}`: if the database refuses the password, it is read again once, so that a rotated password is found.",
);

/// The maximum duration of a login if the URL does not set one.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// `connection.url`; `doc` describes the URL.
#[must_use]
pub const fn connection_url(doc: &'static str) -> Opt {
    Opt::new("connection.url", doc)
}

/// `dialect.name`; `doc` lists the dialects.
#[must_use]
pub const fn dialect_name(doc: &'static str) -> Opt {
    Opt::new("dialect.name", doc).or("auto")
}

/// `lock.timeout.ms`; `doc` describes the server's limit.
#[must_use]
pub const fn lock_timeout(doc: &'static str) -> Opt {
    Opt::new("lock.timeout.ms", doc).or("10000")
}

/// `statement.timeout.ms`; `doc` describes the server's limit.
#[must_use]
pub const fn statement_timeout(doc: &'static str) -> Opt {
    Opt::new("statement.timeout.ms", doc).or("0")
}

/// Reads one of the two timeouts, and reports a problem with it.
pub fn milliseconds(settings: &mut Settings, option: &Opt) -> u32 {
    settings.parsed(option, "a whole number of milliseconds")
}

/// Reads `connection.url`, and reports every problem. `parse` returns problems that continue a sentence which
/// starts with the option's name.
pub fn read_url<T>(
    settings: &mut Settings,
    option: &'static Opt,
    parse: impl FnOnce(&str) -> Result<T, Vec<String>>,
) -> Option<T> {
    let url = settings.required(option);
    if url.is_empty() {
        return None;
    }
    match parse(&url) {
        Ok(parsed) => Some(parsed),
        Err(problems) => {
            for why in problems {
                settings.problem(format!("{} {why}", option.name));
            }
            None
        }
    }
}

/// Reports the problem that no user is configured, if so.
pub fn require_user(settings: &mut Settings, is_named: bool) {
    if !is_named {
        settings.problem("connection.user is required because connection.url has no user");
    }
}

/// Reports the problem that a password is configured although a token replaces it.
pub fn refuse_password(settings: &mut Settings, is_given: bool) {
    if is_given {
        settings.problem("connection.iam.auth generates the password: remove connection.password and the URL's password");
    }
}
