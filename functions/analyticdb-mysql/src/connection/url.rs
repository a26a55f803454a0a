//! Reads the database's address from a MySQL URL or a JDBC URL.

use std::net::Ipv6Addr;

use sluice_sql::{percent, url};

use crate::connection::url_options::Parameters;

/// The content of a URL. It has no `Debug`, because it contains a password.
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

/// MySQL's default port.
const PORT: u16 = 3306;

/// Reads a URL.
///
/// # Errors
/// One problem each. Every text continues a sentence that starts with the option's name, and never contains a
/// part of a password.
pub(crate) fn parse(url: &str) -> Result<Address, Vec<String>> {
    let Parts { is_mariadb, login, host_and_port, database, query } =
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
    let (host, port) = note(split_host(host_and_port), &mut problems).unwrap_or_default();
    let database = read(Some(database), &mut problems).unwrap_or_default();
    if database.is_empty() {
        problems.push("has no database: write it as /DATABASE after the host".to_owned());
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

/// The parts of a URL, not decoded.
struct Parts<'u> {
    is_mariadb: bool,
    /// The part before `@`.
    login: Option<&'u str>,
    /// Host and port.
    host_and_port: &'u str,
    /// The part after `/`.
    database: &'u str,
    /// The part after `?`.
    query: &'u str,
}

const MUST_START: &str = "must start with mysql://, mariadb://, jdbc:mysql:// or jdbc:mariadb://";

/// Splits a URL, if there is only one way to do so.
fn split(url: &str) -> Result<Parts<'_>, &'static str> {
    let url::Parts { scheme, address, query, .. } =
        url::split(url, &["mysql", "mariadb"], MUST_START)?;
    let (authority, database) = address.split_once('/').unwrap_or((address, ""));
    if database.contains('@') {
        return Err("has a / in the user name or password: write it as %2F");
    }
    if database.contains('/') {
        return Err("has a / in the database name: write it as %2F");
    }
    let (login, host_and_port) = match authority.split_once('@') {
        Some((login, host_and_port)) => (Some(login), host_and_port),
        None => (None, authority),
    };
    Ok(Parts { is_mariadb: scheme == "mariadb", login, host_and_port, database, query })
}

fn split_host(host_and_port: &str) -> Result<(String, u16), String> {
    if host_and_port.contains([',', '(']) {
        return Err(
            "has several hosts, or a host in parentheses: write HOST:PORT of the server that accepts writes"
                .to_owned(),
        );
    }
    let (host, port) = match host_and_port
        .strip_prefix('[')
        .and_then(|host_and_port| host_and_port.split_once(']'))
    {
        Some((host, port)) => {
            let port = port.strip_prefix(':').or(port.is_empty().then_some(""));
            let host = host.parse::<Ipv6Addr>().ok().map(|host| host.to_string());
            (host, port.ok_or("has unexpected characters between host and port")?)
        }
        None => {
            let (host, port) = host_and_port.split_once(':').unwrap_or((host_and_port, ""));
            let is_column_name = |c: char| c.is_alphanumeric() || ['-', '.', '_'].contains(&c);
            (host.chars().all(is_column_name).then(|| host.to_owned()), port)
        }
    };
    let host = host.ok_or(
        "has an invalid host: write a name, an IPv4 address, or an IPv6 address in brackets such as [::1]",
    )?;
    if host.is_empty() {
        return Err("has no host".to_owned());
    }
    let port = if port.is_empty() { Some(PORT) } else { port.parse().ok() };
    match port {
        None | Some(0) => Err("has an invalid port: write a number from 1 to 65535".to_owned()),
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
