//! The options of a connection that every connector of an SQL database has.
//!
//! Not here: what a database's URL may say, and how its client logs in.

use std::time::Duration;

use sluice_bridge::options::{Opt, Settings};

/// `connection.user`
pub const CONNECTION_USER: Opt = Opt::new("connection.user", "The user; wins over the URL's.");
/// `connection.password`
pub const CONNECTION_PASSWORD: Opt = Opt::new(
    "connection.password",
    "The password; wins over the URL's. Best a reference such as `${secretsmanager:ID:FIELD}`, `${ssm:NAME}` or `${file:PATH:KEY}`: one that the database refuses is read again once, so that a rotated password heals itself.",
);

/// How long a login may take where the URL does not say it.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// `connection.url`; `doc` says what may stand in it.
#[must_use]
pub const fn connection_url(doc: &'static str) -> Opt {
    Opt::new("connection.url", doc)
}

/// `dialect.name`; `doc` names the dialects.
#[must_use]
pub const fn dialect_name(doc: &'static str) -> Opt {
    Opt::new("dialect.name", doc).or("auto")
}

/// `lock.timeout.ms`; `doc` says what the server makes of it.
#[must_use]
pub const fn lock_timeout(doc: &'static str) -> Opt {
    Opt::new("lock.timeout.ms", doc).or("10000")
}

/// `statement.timeout.ms`; `doc` says what the server makes of it.
#[must_use]
pub const fn statement_timeout(doc: &'static str) -> Opt {
    Opt::new("statement.timeout.ms", doc).or("0")
}

/// Reads one of the two timeouts, noting its problem.
pub fn milliseconds(settings: &mut Settings, option: &Opt) -> u32 {
    settings.parsed(option, "a whole number of milliseconds")
}

/// Reads `connection.url`, noting every problem; the problems of `parse` are the rests of sentences that begin
/// with the option's name.
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

/// Notes that nothing names a user, if so.
pub fn require_user(settings: &mut Settings, is_named: bool) {
    if !is_named {
        settings.problem("connection.user is required: connection.url names no user");
    }
}

/// Notes a password that stands where a token takes its place.
pub fn refuse_password(settings: &mut Settings, is_given: bool) {
    if is_given {
        settings.problem("connection.iam.auth makes the password: none may be given");
    }
}
