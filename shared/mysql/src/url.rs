//! The database's address as people have it: a MySQL URL, or one pasted from JDBC.

use std::net::Ipv6Addr;

use sluice_sql::{percent, url};

use crate::url_options::Parameters;

/// What a URL says. It has no `Debug`, for it holds a password.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) database: String,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) parameters: Parameters,
}

/// What MySQL listens on unless told otherwise.
const PORT: u16 = 3306;

/// Reads a URL.
///
/// # Errors
/// The rests of sentences that begin with the option's name, one for each problem; never a piece
/// of a password.
pub(crate) fn parse(url: &str) -> Result<Address, Vec<String>> {
    let Parts { is_mariadb, login, place, database, query } =
        split(url).map_err(|why| vec![why.to_owned()])?;
    let mut problems = Vec::new();
    let (user, password) = match login {
        None => (None, None),
        Some(login) => {
            let (user, password) = match login.split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (login, None),
            };
            (read(Some(user), &mut problems), read(password, &mut problems))
        }
    };
    let (host, port) = note(host_and_port(place), &mut problems).unwrap_or_default();
    let database = read(Some(database), &mut problems).unwrap_or_default();
    if database.is_empty() {
        problems.push("names no database: it ends with /DATABASE".to_owned());
    }
    let parameters = Parameters::read(query, is_mariadb, &mut problems);
    let user = parameters.user.clone().or(user).filter(|user| !user.is_empty());
    let password = parameters.password.clone().or(password).filter(|password| !password.is_empty());
    match problems.is_empty() {
        true => Ok(Address { host, port, database, user, password, parameters }),
        false => {
            problems.dedup();
            Err(problems)
        }
    }
}

/// The pieces between the marks.
struct Parts<'u> {
    is_mariadb: bool,
    /// Before the `@`.
    login: Option<&'u str>,
    /// Host and port.
    place: &'u str,
    /// Behind the `/`.
    database: &'u str,
    /// Behind the `?`.
    query: &'u str,
}

const MUST_START: &str = "must start with mysql://, mariadb://, jdbc:mysql:// or jdbc:mariadb://";

/// Cuts a URL into pieces, if that can be done in one way only.
fn split(url: &str) -> Result<Parts<'_>, &'static str> {
    let url::Parts { scheme, address, query, .. } =
        url::split(url, &["mysql", "mariadb"], MUST_START)?;
    let (authority, database) = address.split_once('/').unwrap_or((address, ""));
    if database.contains('@') {
        return Err("has a / in its user or password: write it as %2F");
    }
    if database.contains('/') {
        return Err("has a / in its database: write it as %2F");
    }
    let (login, place) = match authority.split_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, authority),
    };
    Ok(Parts { is_mariadb: scheme == "mariadb", login, place, database, query })
}

fn host_and_port(place: &str) -> Result<(String, u16), String> {
    if place.contains([',', '(']) {
        return Err(
            "names several hosts, or one in parentheses: write HOST:PORT of one, the writer's"
                .to_owned(),
        );
    }
    let (host, port) = match place.strip_prefix('[').and_then(|place| place.split_once(']')) {
        Some((host, port)) => {
            let port = port.strip_prefix(':').or(port.is_empty().then_some(""));
            let host = host.parse::<Ipv6Addr>().ok().map(|host| host.to_string());
            (host, port.ok_or("has something between its host and its port")?)
        }
        None => {
            let (host, port) = place.split_once(':').unwrap_or((place, ""));
            let is_name = |c: char| c.is_alphanumeric() || ['-', '.', '_'].contains(&c);
            (host.chars().all(is_name).then(|| host.to_owned()), port)
        }
    };
    let host = host.ok_or(
        "names a host that is no name and no address (one with colons stands in brackets: [::1])",
    )?;
    if host.is_empty() {
        return Err("names no host".to_owned());
    }
    let port = if port.is_empty() { Some(PORT) } else { port.parse().ok() };
    match port {
        None | Some(0) => Err("names a port that is none: it is a number up to 65535".to_owned()),
        Some(port) => Ok((host, port)),
    }
}

fn read(text: Option<&str>, problems: &mut Vec<String>) -> Option<String> {
    text.and_then(|text| note(percent::decode(text), problems))
}

fn note<T>(result: Result<T, String>, problems: &mut Vec<String>) -> Option<T> {
    result.map_err(|why| problems.push(why)).ok()
}

#[cfg(test)]
mod tests;
